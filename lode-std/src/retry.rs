//! How patient a handle is.

use std::time::Duration;

/// What a handle does when a commit loses its slot to another writer, or a request has no
/// definite outcome.
///
/// By default a lost slot is reported at once, as [`Error::Conflict`](crate::Error::Conflict).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retry {
    /// How many times to commit again after a conflict.
    pub conflicts: u32,
    /// How many times, at the most, to send a request again that had no definite outcome.
    pub resends: u32,
    /// For how long after the first attempt to do so: for how long a store may be unable to answer
    /// without a commit failing. What never reached a store on the network is sent again by the
    /// store itself: see [`StoreOptions::retry_timeout`](crate::store::StoreOptions::retry_timeout).
    pub patience: Duration,
    /// The longest wait before the first attempt after a failure; it doubles with each further
    /// one. The actual wait is random, between nothing and that.
    pub base: Duration,
    /// What the longest wait never exceeds.
    pub cap: Duration,
}

impl Retry {
    /// No further attempt after a conflict. Requests without a definite outcome are still sent
    /// again, for half a minute, for otherwise every lost reply would leave a commit unknown.
    pub const fn none() -> Self {
        Self {
            conflicts: 0,
            resends: 32,
            patience: Duration::from_secs(30),
            base: Duration::from_millis(50),
            cap: Duration::from_secs(5),
        }
    }

    /// Up to `conflicts` further attempts after conflicts.
    pub const fn conflicts(conflicts: u32) -> Self {
        Self { conflicts, ..Self::none() }
    }

    /// How long to wait before attempt number `attempt`, counted from 1: exponential back-off
    /// with [full jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    pub(crate) fn delay(&self, attempt: u32, random: u64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        let longest = self.base.saturating_mul(1 << doublings).min(self.cap);
        let nanoseconds = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
        // The high half of the product is uniform in 0..nanoseconds.
        let random = (u128::from(nanoseconds) * u128::from(random)) >> 64;
        Duration::from_nanos(u64::try_from(random).unwrap_or(nanoseconds))
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap() {
        let retry = Retry::none();
        assert_eq!(retry.delay(1, 0), Duration::ZERO);
        let longest = |attempt| retry.delay(attempt, u64::MAX).as_millis();
        assert_eq!([longest(1), longest(2), longest(3)], [49, 99, 199]);
        assert_eq!(longest(30), 4_999);
        assert_eq!(longest(u32::MAX), 4_999);
    }
}
