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
    ($provider:ident, $feature:literal, $module:ident :: $store:ident, $builder:ident, $key:ident :: $endpoint:ident) => {
        #[cfg(feature = $feature)]
        pub(super) mod $provider {
            use object_store::$module::{$builder, $key, $store};

            use super::*;

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
                // Who writes http:// into an endpoint means it.
                let endpoint = builder.get_config_value(&$key::$endpoint);
                if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
                    builder = builder.with_config($key::Client(http::ALLOWED), "true");
                }
                let builder = builder.with_retry(http::retry(options, retries));
                builder.build().map_err(|error| error.to_string())
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

provider!(s3, "s3", aws::AmazonS3, AmazonS3Builder, AmazonS3ConfigKey::Endpoint);
provider!(gcs, "gcs", gcp::GoogleCloudStorage, GoogleCloudStorageBuilder, GoogleConfigKey::BaseUrl);
provider!(azure, "azure", azure::MicrosoftAzure, MicrosoftAzureBuilder, AzureConfigKey::Endpoint);

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
    use crate::store::once::Once;

    /// Whether a connection may do without encryption.
    pub(in super::super) const ALLOWED: ClientConfigKey = ClientConfigKey::AllowHttp;

    pub(in super::super) fn timeouts(options: &StoreOptions) -> [(ClientConfigKey, String); 2] {
        let text = |duration| humantime::format_duration(duration).to_string();
        [
            (ClientConfigKey::Timeout, text(options.timeout)),
            (ClientConfigKey::ConnectTimeout, text(options.connect_timeout)),
        ]
    }

    pub(super) fn retry(options: &StoreOptions, retries: usize) -> RetryConfig {
        RetryConfig {
            backoff: BackoffConfig::default(),
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
        let store = LimitStore::new(Once { once, patient }, options.requests);
        Ok(match folder.as_ref() {
            "" => Arc::new(store),
            _ => Arc::new(PrefixStore::new(store, folder)),
        })
    }
}
