//! What was found out.

/// What was found out about a store.
#[derive(Clone, Debug)]
pub struct Report {
    store: String,
    checks: Vec<Check>,
}

impl Report {
    pub(super) fn new(store: String, checks: Vec<Check>) -> Self {
        Self { store, checks }
    }

    /// The store, by its own name.
    pub fn store(&self) -> &str {
        &self.store
    }

    /// All that was tried.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// What the store is good for.
    pub fn carries(&self) -> Carries {
        let failed = |need| {
            let mut checks = self.checks.iter().filter(|check| check.need == need);
            checks.any(|check| matches!(check.outcome, Outcome::Fails(_)))
        };
        match (failed(Need::Always), failed(Need::ConcurrentWriters)) {
            (true, _) => Carries::Nothing,
            (false, true) => Carries::SingleWriter,
            (false, false) => Carries::ConcurrentWriters,
        }
    }
}

/// One thing that was tried.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    /// What it is called.
    pub name: &'static str,
    /// Who needs it.
    pub need: Need,
    /// What Lode relies on it for.
    pub purpose: &'static str,
    /// What was found.
    pub outcome: Outcome,
}

/// Who needs a guarantee.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Need {
    /// Everybody.
    Always,
    /// Whoever has more than one writer.
    ConcurrentWriters,
    /// Nobody: it is only good to know.
    Nothing,
}

/// What was found.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// It holds; in what way.
    Holds(String),
    /// It does not hold; why.
    Fails(String),
    /// There is nothing to hold; why.
    NotApplicable(String),
}

impl From<super::Found> for Outcome {
    fn from(found: super::Found) -> Self {
        found.unwrap_or_else(Self::Fails)
    }
}

/// What a store is good for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Carries {
    /// Any number of writers at the same time.
    ConcurrentWriters,
    /// One writer at a time, and the caller has to see to that: see
    /// [`single_writer`](crate::VolumeBuilder::single_writer).
    SingleWriter,
    /// Nothing.
    Nothing,
}
