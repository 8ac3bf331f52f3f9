//! Points in time, and the clock that tells them.

/// A point in time: seconds since 1970-01-01T00:00:00Z and nanoseconds within the second.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp {
    seconds: i64,
    /// Below 10^9; it counts forward, also before 1970.
    nanoseconds: u32,
}

impl Timestamp {
    /// The point `nanoseconds` after `seconds`, or `None` if `nanoseconds` is a second or more.
    pub const fn new(seconds: i64, nanoseconds: u32) -> Option<Self> {
        if nanoseconds < 1_000_000_000 { Some(Self { seconds, nanoseconds }) } else { None }
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds since [`seconds`](Self::seconds), below 10^9.
    pub const fn nanoseconds(self) -> u32 {
        self.nanoseconds
    }

    /// How many whole seconds have passed since `earlier`; 0 if it is not earlier.
    pub const fn seconds_since(self, earlier: Self) -> u64 {
        let borrow = if self.nanoseconds < earlier.nanoseconds { 1 } else { 0 };
        let seconds = self.seconds.saturating_sub(earlier.seconds).saturating_sub(borrow);
        if seconds > 0 { seconds.unsigned_abs() } else { 0 }
    }

    /// The point so many seconds earlier, or the earliest there is.
    pub const fn minus_seconds(self, seconds: u64) -> Self {
        Self { seconds: self.seconds.saturating_sub_unsigned(seconds), ..self }
    }

    /// The point so many seconds later, or the last there is.
    pub const fn plus_seconds(self, seconds: u64) -> Self {
        Self { seconds: self.seconds.saturating_add_unsigned(seconds), ..self }
    }
}

/// A point in time as somebody's clock on the wall shows it: with the offset of their zone.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ZonedTimestamp {
    /// The point in time.
    pub at: Timestamp,
    /// By how many seconds the wall clock is ahead of UTC.
    pub offset: i32,
}

/// In UTC.
impl From<Timestamp> for ZonedTimestamp {
    fn from(at: Timestamp) -> Self {
        Self { at, offset: 0 }
    }
}

/// Tells the time, as far as it is known.
pub trait Clock {
    /// The time now, or `None` where there is no clock or it has not been set.
    ///
    /// Lode decides nothing about commits by it: it only dates them.
    fn now(&self) -> Option<Timestamp>;
}

/// A clock that has no time to offer.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Option<Timestamp> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_whole_seconds_between() {
        let at = |seconds, nanoseconds| Timestamp::new(seconds, nanoseconds).unwrap();
        assert_eq!(at(10, 5).seconds_since(at(8, 5)), 2);
        assert_eq!(at(10, 4).seconds_since(at(8, 5)), 1);
        assert_eq!(at(8, 0).seconds_since(at(10, 0)), 0);
        assert_eq!(at(i64::MAX, 0).seconds_since(at(i64::MIN, 0)), i64::MAX.unsigned_abs());
        assert_eq!(Timestamp::new(0, 1_000_000_000), None);
        assert_eq!(at(10, 5).minus_seconds(12), at(-2, 5));
        assert_eq!(at(10, 5).minus_seconds(u64::MAX), at(i64::MIN, 5));
        assert_eq!(at(-2, 5).plus_seconds(12), at(10, 5));
        assert_eq!(at(10, 5).plus_seconds(u64::MAX), at(i64::MAX, 5));
    }
}
