//! A clock that is moved by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use lode_core::time;
use lode_std::{Clock, SystemClock, Timestamp};

/// A clock that is moved by hand. It begins now, for the store dates objects by the real one.
#[derive(Debug)]
pub struct ManualClock {
    seconds: AtomicI64,
}

impl ManualClock {
    pub fn new() -> Arc<Self> {
        let now = time::Clock::now(&SystemClock).unwrap();
        Arc::new(Self { seconds: AtomicI64::new(now.seconds()) })
    }

    pub fn advance(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl time::Clock for ManualClock {
    fn now(&self) -> Option<Timestamp> {
        Timestamp::new(self.seconds.load(Ordering::Relaxed), 0)
    }
}

#[async_trait]
impl Clock for ManualClock {
    async fn sleep(&self, _: Duration) {}
}
