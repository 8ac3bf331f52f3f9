//! What the threads of a host share, by the names that the rest of the crate uses.
//!
//! With `--cfg lode_loom` the same names stand for loom's types, and `lode-std/loom` runs every
//! interleaving of the real handles on them. The cfg is our own because the dependencies would
//! change with loom's.

#[cfg(lode_loom)]
pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64};
#[cfg(lode_loom)]
pub(crate) use loom::sync::{Mutex, RwLock};
#[cfg(not(lode_loom))]
pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64};
#[cfg(not(lode_loom))]
pub(crate) use std::sync::{Mutex, RwLock};

/// Lets one task go on at a time, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Turnstile(Lock);

/// It may be held while something else is waited for.
#[cfg(not(lode_loom))]
type Lock = tokio::sync::Mutex<()>;
/// Each task of a model is a thread of its own, so it may as well block.
#[cfg(lode_loom)]
type Lock = Mutex<()>;

/// Somebody's turn, until it is dropped.
#[cfg(not(lode_loom))]
pub(crate) type Turn<'a> = tokio::sync::MutexGuard<'a, ()>;
#[cfg(lode_loom)]
pub(crate) type Turn<'a> = loom::sync::MutexGuard<'a, ()>;

impl Turnstile {
    pub(crate) fn new() -> Self {
        Self(Lock::new(()))
    }

    /// Waits for its turn.
    #[cfg(not(lode_loom))]
    pub(crate) async fn pass(&self) -> Turn<'_> {
        self.0.lock().await
    }

    #[cfg(lode_loom)]
    #[allow(clippy::unused_async, reason = "as the one above")]
    pub(crate) async fn pass(&self) -> Turn<'_> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
