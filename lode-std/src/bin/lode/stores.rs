//! How stores are reached: what the command line says once for all of them.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use clap::Args;
use lode_std::store::StoreOptions;
use lode_std::{Error, Retry};
use object_store::ObjectStore;

/// How many times a commit makes way for other writers before it gives up.
const CONFLICTS: u32 = 10_000;
/// How many times a request is sent again where a time was asked for: so many that the time decides.
const RESENDS: u32 = 1000;

static REACH: OnceLock<Reach> = OnceLock::new();

/// For how long a store may be gone.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Reach {
    /// How many times a request that failed is sent again, within --retry-timeout; 0 sends each
    /// once.
    #[arg(long, global = true, value_name = "NUMBER")]
    retries: Option<u32>,
    /// For how long a request that failed is sent again: for so long a server may be gone. Half a
    /// minute by default. A URL may say it as well: retry_timeout=5m.
    #[arg(long, global = true, value_name = "TIME", value_parser = humantime::parse_duration)]
    retry_timeout: Option<Duration>,
}

impl Reach {
    /// From now on stores are opened like that.
    pub(crate) fn set(self) {
        // The command line is read once.
        let _ = REACH.set(self);
    }

    fn get() -> Self {
        REACH.get().copied().unwrap_or_default()
    }
}

/// Opens a store; what its URL says comes first.
pub(crate) fn open(location: &str) -> Result<Arc<dyn ObjectStore>, Error> {
    let Reach { retries, retry_timeout } = Reach::get();
    let mut options = StoreOptions::new();
    if let Some(retries) = retries {
        options = options.retries(retries as usize);
    }
    if let Some(timeout) = retry_timeout {
        options = options.retry_timeout(timeout);
    }
    options.open(location)
}

/// What to do about other writers, and lost replies.
pub(crate) fn retry() -> Retry {
    let Reach { retries, retry_timeout } = Reach::get();
    let retry = Retry::conflicts(CONFLICTS);
    let resends = retries.or(retry_timeout.map(|_| RESENDS)).unwrap_or(retry.resends);
    Retry { resends, patience: retry_timeout.unwrap_or(retry.patience), ..retry }
}
