//! What the threads of a host share, by the names that the rest of the crate uses.
//!
//! With `--cfg lode_loom` the same names stand for loom's types, and `lode-std/loom` runs every
//! interleaving of the real handles on them. The cfg is our own because the dependencies would
//! change with loom's.

use std::pin::Pin;
#[cfg(lode_loom)]
use std::sync::{Arc, PoisonError, Weak};
use std::task::{Context, Poll};

use futures::FutureExt;

#[cfg(lode_loom)]
pub(crate) use loom::sync::atomic::AtomicU64;
#[cfg(lode_loom)]
pub(crate) use loom::sync::{Mutex, RwLock};
#[cfg(not(lode_loom))]
pub(crate) use std::sync::atomic::AtomicU64;
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

/// Work that all who hold it share: whoever is polled takes it further, and it is dropped with the
/// last of them.
pub(crate) struct Shared(SharedWork);

/// Shared work, if somebody holds it.
pub(crate) struct WeakShared(WeakWork);

pub(crate) type Work = Boxed<()>;

/// Something under way, in which somebody's turn may be.
#[cfg(not(lode_loom))]
pub(crate) type Boxed<T> = futures::future::BoxFuture<'static, T>;
/// A turn stays on its thread in a model.
#[cfg(lode_loom)]
pub(crate) type Boxed<T> = futures::future::LocalBoxFuture<'static, T>;

#[cfg(not(lode_loom))]
type SharedWork = futures::future::Shared<Work>;
#[cfg(not(lode_loom))]
type WeakWork = futures::future::WeakShared<Work>;
/// As with the turnstile: who finds another at work waits for it. `None` is at its end.
#[cfg(lode_loom)]
type SharedWork = Arc<Mutex<Option<Work>>>;
#[cfg(lode_loom)]
type WeakWork = Weak<Mutex<Option<Work>>>;

impl Shared {
    #[cfg(not(lode_loom))]
    pub(crate) fn new(work: Work) -> Self {
        Self(work.shared())
    }

    #[cfg(lode_loom)]
    pub(crate) fn new(work: Work) -> Self {
        Self(Arc::new(Mutex::new(Some(work))))
    }

    /// `None` at its end.
    #[cfg(not(lode_loom))]
    pub(crate) fn downgrade(&self) -> Option<WeakShared> {
        self.0.downgrade().map(WeakShared)
    }

    #[cfg(lode_loom)]
    pub(crate) fn downgrade(&self) -> Option<WeakShared> {
        Some(WeakShared(Arc::downgrade(&self.0)))
    }
}

impl WeakShared {
    pub(crate) fn upgrade(&self) -> Option<Shared> {
        self.0.upgrade().map(Shared)
    }
}

impl Future for Shared {
    type Output = ();

    #[cfg(not(lode_loom))]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_unpin(cx)
    }

    #[cfg(lode_loom)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut work = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let polled = work.as_mut().map_or(Poll::Ready(()), |work| work.poll_unpin(cx));
        if polled.is_ready() {
            *work = None;
        }
        polled
    }
}
