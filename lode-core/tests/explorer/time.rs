//! Time, as far as it matters: who is older than what.
//!
//! It moves in steps, at any moment, and everything ages with it. The protocol stands on one
//! inequality: data that are sent at the age of FRESH at the most, in a request that is applied
//! LATE after that at the most, are not as old as the grace period. The bounds here are the
//! smallest whole numbers for which it holds; as all comparisons are with whole numbers of steps,
//! nothing can happen between the steps that cannot happen on them.

use lode_core::time::Timestamp;

use crate::store::Ids;

/// How old an object may be when a manifest that adds it is sent. In the product: half the grace
/// period.
const FRESH: usize = 1;
/// For how long a request may be on its way. In the product: half the grace period.
pub(crate) const LATE: u8 = 1;
/// How old an object must be for a collector to sweep it.
pub(crate) const GRACE: u8 = 3;
/// How many seconds a step has.
const STEP: i64 = 3600;
/// Ages that are told apart; what is older is as old as that.
const AGES: usize = 8;

/// The objects that are there, by age.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Objects([Ids; AGES]);

impl Objects {
    pub(crate) fn all(&self) -> Ids {
        self.0.iter().fold(0, |all, ids| all | ids)
    }

    /// Creates an object, if it is absent.
    pub(crate) fn create(&mut self, id: u8) {
        if self.all() & (1 << id) == 0
            && let Some(ids) = self.0.first_mut()
        {
            *ids |= 1 << id;
        }
    }

    /// Creates an object that has been there for ever.
    pub(crate) fn create_old(&mut self, id: u8) {
        if let Some(ids) = self.0.last_mut() {
            *ids |= 1 << id;
        }
    }

    pub(crate) fn remove(&mut self, id: u8) {
        self.0.iter_mut().for_each(|ids| *ids &= !(1 << id));
    }

    /// Whether it is there, and young enough to be committed.
    pub(crate) fn is_fresh(&self, id: u8) -> bool {
        self.0.iter().take(FRESH + 1).any(|ids| ids & (1 << id) != 0)
    }

    /// Those that were last modified before this time.
    pub(crate) fn older_than(&self, time: Timestamp, now: Timestamp) -> Ids {
        let modified = |age: usize| now.minus_seconds(age as u64 * STEP.unsigned_abs());
        let old = self.0.iter().enumerate().filter(|(age, _)| modified(*age) < time);
        old.fold(0, |all, (_, ids)| all | ids)
    }

    pub(crate) fn tick(&mut self) {
        let [.., before_last, last] = &mut self.0;
        *last |= *before_last;
        *before_last = 0;
        if let Some(younger) = self.0.get_mut(..AGES - 1) {
            younger.rotate_right(1);
        }
    }
}

/// The time after so many steps.
pub(crate) fn at(steps: u8) -> Timestamp {
    Timestamp::new(i64::from(steps) * STEP, 0).expect("whole seconds")
}

/// A grace period of so many steps, in seconds: what is exactly so old is older than that, by the
/// second that a collector adds.
pub(crate) fn grace_period(steps: u8) -> u64 {
    u64::from(steps) * STEP.unsigned_abs() - 2
}
