//! Stores on the network: S3 and what speaks it, Google Cloud Storage, Azure Blob Storage.

use std::sync::Arc;

use object_store::ObjectStore;
use url::Url;

use super::StoreOptions;

/// Opens the bucket or container that a URL names, and in it the folder, if it names one.
pub(super) fn open(url: &Url, options: &StoreOptions) -> Result<Arc<dyn ObjectStore>, String> {
    match url.scheme() {
        "s3" | "s3a" => s3::open(url, options),
        "gs" => gcs::open(url, options),
        "az" | "azure" | "abfs" | "abfss" => azure::open(url, options),
        scheme => Err(unknown(scheme)),
    }
}

/// Why no store can be opened by this scheme.
pub(super) fn unknown(scheme: &str) -> String {
    format!("the scheme {scheme:?} is not known: use s3://, gs://, az://, file:// or memory:")
}

/// A module that opens stores of one provider; without the feature, one that says so. The builders
/// of the `object_store` crate are alike, but have no trait in common.
macro_rules! provider {
    ($provider:ident, $feature:literal, $module:ident :: $store:ident, $builder:ident, $key:ident [$($endpoint:ident)*] [$($name:ident)*]) => {
        #[cfg(feature = $feature)]
        pub(super) mod $provider {
            use object_store::$module::{$builder, $key, $store};

            use super::*;
            use crate::store::answers::Answers;
            use crate::store::redact::redact;

            pub(super) fn open(
                url: &Url,
                options: &StoreOptions,
            ) -> Result<Arc<dyn ObjectStore>, String> {
                let client = |retries| connect(url, options, retries);
                http::assemble(url, options, client(0)?, client(options.retries)?)
            }

            /// A client for the whole bucket.
            pub(in super::super) fn connect(
                url: &Url,
                options: &StoreOptions,
                retries: usize,
            ) -> Result<$store, String> {
                let mut bucket = url.clone();
                bucket.set_query(None);
                let mut builder = $builder::from_env().with_url(bucket);
                for (name, value) in &options.settings {
                    let key: $key = name.to_ascii_lowercase().parse().map_err(|_| {
                        format!("there is no setting {name:?} for {}://", url.scheme())
                    })?;
                    builder = builder.with_config(key, value);
                }
                for (key, value) in http::timeouts(options) {
                    builder = builder.with_config($key::Client(key), value);
                }
                for key in [$($key::$endpoint),*] {
                    let Some(endpoint) = builder.get_config_value(&key) else { continue };
                    // Who writes http:// into an endpoint means it.
                    if http::check_endpoint(&endpoint)? == http::Scheme::Plain {
                        builder = builder.with_config($key::Client(http::ALLOWED), "true");
                    }
                }
                for key in [$($key::$name),*] {
                    if let Some(value) = builder.get_config_value(&key) {
                        http::check_name(key.as_ref(), &value)?;
                    }
                }
                let builder = builder.with_retry(http::retry(options, retries));
                let builder = builder.with_http_connector(Answers::default());
                builder.build().map_err(|error| redact(&error.to_string()))
            }
        }

        #[cfg(not(feature = $feature))]
        mod $provider {
            use super::*;

            pub(super) fn open(
                url: &Url,
                _: &StoreOptions,
            ) -> Result<Arc<dyn ObjectStore>, String> {
                let scheme = url.scheme();
                Err(format!("this build has no {scheme}://: build with the feature `{}`", $feature))
            }
        }
    };
}

// The settings that are URLs, and those that become part of one.
provider!(s3, "s3", aws::AmazonS3, AmazonS3Builder, AmazonS3ConfigKey
    [Endpoint S3Endpoint StsEndpoint MetadataEndpoint] [Bucket Region DefaultRegion]);
provider!(
    gcs,
    "gcs",
    gcp::GoogleCloudStorage,
    GoogleCloudStorageBuilder,
    GoogleConfigKey[BaseUrl][Bucket]
);
provider!(azure, "azure", azure::MicrosoftAzure, MicrosoftAzureBuilder, AzureConfigKey
    [Endpoint MsiEndpoint AuthorityHost] [ContainerName AccountName AuthorityId]);

/// What is the same for every provider.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
pub(super) mod http {
    use std::sync::Arc;

    use object_store::limit::LimitStore;
    use object_store::path::Path;
    use object_store::prefix::PrefixStore;
    use object_store::{BackoffConfig, ClientConfigKey, ObjectStore, RetryConfig};
    use url::Url;

    use super::StoreOptions;
    use crate::store::once::{FIRST_WAIT, LONGEST_WAIT, Once};
    use crate::store::redact::redact;

    /// Whether a connection may do without encryption.
    pub(in super::super) const ALLOWED: ClientConfigKey = ClientConfigKey::AllowHttp;

    pub(in super::super) fn timeouts(options: &StoreOptions) -> [(ClientConfigKey, String); 2] {
        let text = |duration| humantime::format_duration(duration).to_string();
        [
            (ClientConfigKey::Timeout, text(options.timeout)),
            (ClientConfigKey::ConnectTimeout, text(options.connect_timeout)),
        ]
    }

    /// How an endpoint is spoken to.
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub(super) enum Scheme {
        Encrypted,
        Plain,
    }

    /// Checks an endpoint, for `object_store` panics where it is no URL. User and password in it
    /// would be repeated by every message about it.
    pub(super) fn check_endpoint(endpoint: &str) -> Result<Scheme, String> {
        let wrong = |reason: &str| {
            let endpoint = redact(endpoint);
            Err(format!(
                "the endpoint {endpoint:?} {reason}: write http://host:port or https://host"
            ))
        };
        if !is_plain(endpoint) {
            return wrong("has a character in it that no URL has");
        }
        let (scheme, rest) = match endpoint.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => return wrong("has no scheme"),
        };
        let scheme = match scheme.as_str() {
            "http" => Scheme::Plain,
            "https" => Scheme::Encrypted,
            _ => return wrong("has another scheme than http or https"),
        };
        match Url::parse(endpoint) {
            Ok(url) if url.has_host() && !rest.starts_with('/') => match url.username() {
                "" if url.password().is_none() => Ok(scheme),
                _ => wrong("has a user or password in it"),
            },
            _ => wrong("names no host"),
        }
    }

    /// Checks what becomes part of a URL.
    pub(super) fn check_name(name: &str, value: &str) -> Result<(), String> {
        match is_plain(value) && !value.contains(['/', '?', '#']) {
            true => Ok(()),
            false => Err(format!("{name} is {value:?}: a character of it is not allowed there")),
        }
    }

    fn is_plain(text: &str) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
        text.bytes().all(is_plain)
    }

    pub(super) fn retry(options: &StoreOptions, retries: usize) -> RetryConfig {
        RetryConfig {
            backoff: BackoffConfig {
                init_backoff: FIRST_WAIT,
                max_backoff: LONGEST_WAIT,
                ..BackoffConfig::default()
            },
            max_retries: retries,
            retry_timeout: options.retry_timeout,
        }
    }

    /// One store of two clients, for the folder that the URL names.
    pub(super) fn assemble<S: ObjectStore>(
        url: &Url,
        options: &StoreOptions,
        once: S,
        patient: S,
    ) -> Result<Arc<dyn ObjectStore>, String> {
        let folder = Path::from_url_path(url.path()).map_err(|error| error.to_string())?;
        let store = Once::new(once, patient, options.retries, options.retry_timeout);
        let store = LimitStore::new(store, options.requests);
        Ok(match folder.as_ref() {
            "" => Arc::new(store),
            _ => Arc::new(PrefixStore::new(store, folder)),
        })
    }
}
