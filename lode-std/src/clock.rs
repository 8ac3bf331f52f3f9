//! The clock of a host.

use std::fmt::Debug;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use lode_core::time::Timestamp;

/// Tells the time and waits. Give a [builder](crate::VolumeBuilder::clock) your own to run on
/// simulated time.
#[async_trait]
pub trait Clock: lode_core::time::Clock + Debug + Send + Sync {
    /// Returns after this long.
    async fn sleep(&self, duration: Duration);
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl lode_core::time::Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this adapter owns the real clock")]
    fn now(&self) -> Option<Timestamp> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Timestamp::new(i64::try_from(since.as_secs()).ok()?, since.subsec_nanos())
    }
}

#[async_trait]
impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this adapter owns the real clock")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
