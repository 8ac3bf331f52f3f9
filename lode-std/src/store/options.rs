//! How a store is reached: time-outs, retries, and what its provider wants to know.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use url::Url;

use super::cloud;
use super::directory::DirectoryOptions;
use super::redact::redact;
use crate::Error;

/// How a store is reached. Everything that can make a caller wait is said here.
///
/// The location's own query comes first: `s3://bucket/folder?region=eu-west-1&timeout=10s`. What
/// it does not say is taken from here, and then from the provider's usual environment variables.
/// The names in the query are those of the methods below, and else the provider's (see
/// [`set`](Self::set)).
#[derive(Clone)]
#[must_use]
pub struct StoreOptions {
    pub(super) timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) retries: usize,
    pub(super) retry_timeout: Duration,
    pub(super) requests: usize,
    /// The provider's settings, as its query names them.
    pub(super) settings: Vec<(String, String)>,
}

/// A minute for a request, 5 seconds for a connection, retries for half a minute, and 64 requests
/// at the same time.
impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(5),
            retries: 1000,
            retry_timeout: Duration::from_secs(30),
            requests: 64,
            settings: Vec::new(),
        }
    }
}

impl StoreOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a request may take, its body included.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long it may take to make a connection.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How many times a request is sent again within [`retry_timeout`](Self::retry_timeout), after
    /// growing waits of up to 5 seconds; 1,000 by default, so that the time decides. 0 sends each
    /// request once.
    ///
    /// A read, a list, an overwrite or a part of an upload is sent again whatever went wrong, if it
    /// may pass. A create-if-absent is sent again only if the connection was refused, so that the
    /// store has seen nothing of it. If it may have been applied, the commit protocol decides, which
    /// has to know of each attempt: see [`Retry::patience`](crate::Retry::patience).
    pub fn retries(mut self, retries: usize) -> Self {
        self.retries = retries;
        self
    }

    /// How long after its first attempt a request is still sent again: for how long a server may be
    /// gone without anything failing.
    pub fn retry_timeout(mut self, timeout: Duration) -> Self {
        self.retry_timeout = timeout;
        self
    }

    /// How many requests are on their way at the same time, at the most, and at least one;
    /// others wait.
    pub fn requests(mut self, requests: usize) -> Self {
        self.requests = requests.max(1);
        self
    }

    /// A setting of the provider, by the name that the `object_store` crate gives it: `region`,
    /// `endpoint`, `access_key_id` of
    /// [S3](https://docs.rs/object_store/latest/object_store/aws/enum.AmazonS3ConfigKey.html),
    /// `account_name` of
    /// [Azure](https://docs.rs/object_store/latest/object_store/azure/enum.AzureConfigKey.html),
    /// `service_account` of
    /// [GCS](https://docs.rs/object_store/latest/object_store/gcp/enum.GoogleConfigKey.html).
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_string(), value.to_string()));
        self
    }

    /// Opens the store that `location` names. See [`store::open`](super::open).
    ///
    /// Costs no request: that a bucket is there, and may be used, shows with the first one.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn open(&self, location: &str) -> Result<Arc<dyn ObjectStore>, Error> {
        match self.place(location)? {
            Place::Memory => Ok(Arc::new(InMemory::new())),
            Place::Directory(path, options) => {
                let store = options.open(&path);
                let store = store.map_err(|error| refused(location, error.to_string()))?;
                Ok(Arc::new(store))
            }
            Place::Cloud(url, options) => {
                cloud::open(&url, &options).map_err(|reason| refused(location, reason))
            }
        }
    }

    /// What a location names.
    pub(super) fn place(&self, location: &str) -> Result<Place, Error> {
        match Url::parse(location) {
            Ok(url) if url.scheme() == "memory" => Ok(Place::Memory),
            Ok(url) if url.scheme() == "file" => {
                let options = directory_options(&url).map_err(|why| refused(location, why))?;
                match url.to_file_path() {
                    Ok(path) => directory(path, options),
                    Err(()) => {
                        Err(refused(location, "a file URL has an absolute path: file:///path"))
                    }
                }
            }
            Ok(url) if location.contains("://") => {
                let mut options = self.clone();
                for (name, value) in url.query_pairs() {
                    options.take(&name, &value).map_err(|reason| refused(location, reason))?;
                }
                Ok(Place::Cloud(url, Box::new(options)))
            }
            Err(error) if location.contains("://") => Err(refused(location, error.to_string())),
            _ if location.is_empty() => {
                let reason = "it is empty: use a directory, file:///path, s3://bucket or memory:";
                Err(refused(location, reason))
            }
            _ => directory(PathBuf::from(location), DirectoryOptions::new()),
        }
    }

    /// Takes one pair of a query.
    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "timeout" => self.timeout = duration(name, value)?,
            "connect_timeout" => self.connect_timeout = duration(name, value)?,
            "retry_timeout" => self.retry_timeout = duration(name, value)?,
            "retries" => self.retries = number(name, value)?,
            "requests" => self.requests = number(name, value)?.max(1),
            _ => self.settings.push((name.to_string(), value.to_string())),
        }
        Ok(())
    }
}

/// Without the values of settings: some are secret.
impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings: Vec<_> = self.settings.iter().map(|(name, _)| name).collect();
        f.debug_struct("StoreOptions")
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("retries", &self.retries)
            .field("retry_timeout", &self.retry_timeout)
            .field("requests", &self.requests)
            .field("settings", &settings)
            .finish()
    }
}

/// Where a store is.
pub(super) enum Place {
    Memory,
    /// It exists.
    Directory(PathBuf, DirectoryOptions),
    /// With what its query says in the options.
    Cloud(Url, Box<StoreOptions>),
}

/// A location cannot be used. What may be secret of it is not repeated.
pub(super) fn refused(location: &str, reason: impl Into<String>) -> Error {
    let url = redact(location.split('?').next().unwrap_or(location));
    Error::StoreUrl { url, reason: redact(&reason.into()) }
}

fn duration(name: &str, value: &str) -> Result<Duration, String> {
    humantime::parse_duration(value).map_err(|error| format!("{name}={value}: {error}: say 30s"))
}

fn number(name: &str, value: &str) -> Result<usize, String> {
    value.parse().map_err(|_| format!("{name}={value}: it is not a number"))
}

fn directory(path: PathBuf, options: DirectoryOptions) -> Result<Place, Error> {
    match path.is_dir() {
        true => Ok(Place::Directory(path, options)),
        false => Err(Error::StoreNotFound { path }),
    }
}

/// What the query of a file URL says.
fn directory_options(url: &Url) -> Result<DirectoryOptions, String> {
    url.query_pairs().try_fold(DirectoryOptions::new(), |options, (name, value)| {
        match (&*name, &*value) {
            ("links", "follow") => Ok(options.follow_links(true)),
            ("links", "refuse") => Ok(options.follow_links(false)),
            ("links", _) => Err(format!("links={value}: say follow or refuse")),
            _ => Err(format!("there is no setting {name:?} for file://: there is links=follow")),
        }
    })
}
