//! Volumes and datasets for programs without an async runtime.
//!
//! A [`Blocking`] is a handle of Lode's together with a [`Runtime`] to wait on: what is async on
//! the handle is an ordinary call on it, by the same name; all else is there as it is.
//!
//! ```
//! use lode_std::blocking::Runtime;
//! use lode_std::{Volume, meta, store};
//!
//! # fn main() -> Result<(), lode_std::Error> {
//! let runtime = Runtime::new()?;
//! let volume = runtime.open(Volume::builder("disk-image", 1024), store::open("memory:")?)?;
//! let block = volume.stage_at(512, "written out of order")?;
//! let snapshot = volume.commit([block], meta! { "step" => "boot" })?;
//! assert_eq!(snapshot.read_at(512..519)?, "written");
//! assert_eq!(snapshot.gaps(0..1024).count(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! Threads share a handle by clones of it, as tasks do. None of this may be called within an async
//! runtime: waiting there would keep its other tasks from going on, and panics.

mod dataset;
mod io;
mod maintain;
mod volume;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use futures::Stream;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::ObjectStore;

pub use self::io::{BlockingReader, BlockingWriter};
use crate::{
    Content, Dataset, DatasetBuilder, Division, Error, Volume, VolumeBuilder, VolumeReader,
};

/// What blocking calls wait on. Clones share one; one is enough for a program.
#[derive(Clone)]
pub struct Runtime {
    runtime: Arc<tokio::runtime::Runtime>,
}

impl Runtime {
    /// A runtime with a thread of its own, on which connections are kept.
    ///
    /// # Errors
    ///
    /// [`Error::Runtime`] if the system has no resources for it.
    pub fn new() -> Result<Self, Error> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let builder = builder.worker_threads(1).thread_name("lode").enable_all();
        let runtime = builder.build().map_err(|source| Error::Runtime { source })?;
        Ok(Self { runtime: Arc::new(runtime) })
    }

    /// Opens a volume or dataset for writing. See [`VolumeBuilder::open`] and
    /// [`DatasetBuilder::open`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn open<O: Open>(
        &self,
        builder: O,
        store: Arc<dyn ObjectStore>,
    ) -> Result<Blocking<O::Handle>, Error> {
        self.wait(builder.open(store)).map(|handle| self.wrap(handle))
    }

    /// Opens a volume for reading. See [`VolumeBuilder::open_read_only`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn open_read_only(
        &self,
        builder: VolumeBuilder,
        store: Arc<dyn ObjectStore>,
    ) -> Result<Blocking<VolumeReader>, Error> {
        self.wait(builder.open_read_only(store)).map(|reader| self.wrap(reader))
    }

    /// A handle, to be used without a runtime.
    pub fn wrap<T>(&self, handle: T) -> Blocking<T> {
        Blocking { handle, runtime: self.clone() }
    }

    /// Waits for anything: what there is no call for.
    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// What a stream yields, one after the other.
    fn iterate<T>(&self, stream: impl Stream<Item = T> + Send + 'static) -> Iter<T> {
        Iter { stream: stream.boxed(), runtime: self.clone() }
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}

/// What [`Runtime::open`] opens.
#[allow(async_fn_in_trait, reason = "it is implemented here only, and waited for")]
pub trait Open: sealed::Sealed {
    /// What is opened.
    type Handle;

    /// Opens it.
    #[doc(hidden)]
    async fn open(self, store: Arc<dyn ObjectStore>) -> Result<Self::Handle, Error>;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for VolumeBuilder {}

impl Open for VolumeBuilder {
    type Handle = Volume;

    async fn open(self, store: Arc<dyn ObjectStore>) -> Result<Volume, Error> {
        Self::open(self, store).await
    }
}

impl<C: Content, D: Division<C::Item>> sealed::Sealed for DatasetBuilder<C, D> {}

impl<C: Content, D: Division<C::Item>> Open for DatasetBuilder<C, D> {
    type Handle = Dataset<C, D>;

    async fn open(self, store: Arc<dyn ObjectStore>) -> Result<Dataset<C, D>, Error> {
        Self::open(self, store).await
    }
}

/// A handle of Lode's that is used without an async runtime: a volume, a dataset, or what comes
/// out of them.
///
/// What it has of methods depends on the handle; those that need not wait come from the handle
/// itself.
#[derive(Clone, Debug)]
pub struct Blocking<T> {
    handle: T,
    runtime: Runtime,
}

impl<T> Blocking<T> {
    /// The handle, for use with a runtime again.
    pub fn into_inner(self) -> T {
        self.handle
    }

    /// Another handle on the same runtime.
    fn with<U>(&self, handle: U) -> Blocking<U> {
        self.runtime.wrap(handle)
    }
}

impl<T> Deref for Blocking<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.handle
    }
}

/// What is listed or read, one after the other; each step waits for what it needs.
pub struct Iter<T> {
    stream: BoxStream<'static, T>,
    runtime: Runtime,
}

impl<T> Iterator for Iter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.runtime.wait(self.stream.next())
    }
}

impl<T> fmt::Debug for Iter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").finish_non_exhaustive()
    }
}
