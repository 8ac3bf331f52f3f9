//! What an interrupted copy has left behind under the very name that a file will have.

/// What to do with an object that is there already, under the name that a file is to have.
///
/// Names of data objects are used once, for a collector may be about to delete whatever has the
/// name. Copies of a history cannot choose other names, so how old the object is decides. It is
/// the store that dates it, and the clock of the writer that says how old that is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "a shell does one of these")]
pub enum Leftover {
    /// It will do, if its bytes are those of the file: it is young enough to be committed.
    Take,
    /// Its bytes must be sent again, over it, which makes it young. No collector has it on its
    /// list yet.
    Renew,
    /// A collector may be deleting it just now: nothing may be committed that refers to it.
    Expired,
}

impl Leftover {
    /// What to do with an object of this age, both in seconds.
    pub const fn of(age: u64, grace_period: u64) -> Self {
        match () {
            () if age < grace_period / 4 => Self::Take,
            // An eighth of the grace period is left for it to be sent.
            () if age < grace_period - grace_period / 8 => Self::Renew,
            () => Self::Expired,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_taken_renewed_and_given_up_as_it_gets_older() {
        for (age, expected) in [
            (0, Leftover::Take),
            (24, Leftover::Take),
            (25, Leftover::Renew),
            (87, Leftover::Renew),
            (88, Leftover::Expired),
            (u64::MAX, Leftover::Expired),
        ] {
            assert_eq!(Leftover::of(age, 100), expected, "{age}");
        }
        assert_eq!(Leftover::of(0, 0), Leftover::Expired);
    }
}
