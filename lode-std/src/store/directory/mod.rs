//! A directory as a store, which keeps its word.
//!
//! [`DirectoryStore`] is a normal [`ObjectStore`]. The key of an object is its path below the root.
//! [`store::open`](super::open) uses it for paths and `file://` URLs.
//!
//! # The root
//!
//! The root is opened once and held, and all paths are relative to that handle. If the path of the
//! store leads elsewhere or nowhere by now, because a disk was unmounted, writes fail. The root is
//! never created. Paths cannot leave the root: they are resolved by [`cap_std`], whose `openat2`
//! with `RESOLVE_BENEATH` costs one system call for each file, and which has the equivalent for
//! macOS, Windows and old kernels. A layer of our own would have to repeat the latter.
//!
//! # Links
//!
//! A symbolic link that leads out of the store is refused with an error that names it, unless the
//! store was [opened with `links=follow`](DirectoryOptions::follow_links). Lists never go through a
//! link that they meet, deletes never delete through one, and no link is ever deleted or replaced.
//!
//! # How an object appears
//!
//! Its bytes are written to a temporary file below `.lode-tmp`, which no list shows. It gets its
//! name by `link`, or where there are no hard links by an exclusive rename; an overwrite and an
//! upload in parts by a rename. On a local disk that has neither (exFAT through FUSE) the look and
//! the rename happen under the lock of a file. Elsewhere creates are refused. Which of them a
//! store has is found out with the first create. A crash leaves temporary files in that one place,
//! where [`Uploads`](super::Uploads) finds them. The root must be one file system: where a folder
//! is another, the rename fails, and says so.
//!
//! # What is synced, and which promise needs it
//!
//! An acknowledged object survives a power cut. For that:
//!
//! - *The file*, before it gets its name: an object that is found is whole, so a commit that is
//!   seen is one. Objects that nothing relies on before they are acknowledged may carry
//!   [`Staged`]: their file is synced at the same time as the folder. If that fails, the object is
//!   removed, since a later sync of lost bytes would succeed.
//! - *The folder of the object*, after it got its name: it holds that name.
//! - *Each folder above* that names one whose entry this process has not yet synced. Whoever made
//!   the folder may have died before it was durable. What is durable is remembered by the device,
//!   inode and birth of the folder, so that one that was removed and made again is synced again.
//! - *An object that was there already*, its folders included, before "it exists" is the answer:
//!   the caller may take it for its own and acknowledge it. For the same reason a read that
//!   carries [`Relied`] syncs what it finds.
//!
//! A sync that fails fails all requests that waited for it, and nothing is remembered.
//!
//! Not synced: temporary names, and deletes, since what comes back by a power cut is an object that
//! nobody refers to; objects with [`Unsynced`], for hints that are only believed after a look.
//!
//! Syncs that do not depend on each other run at the same time, and requests that wait for the
//! same folder share one sync of it. A commit of one block, staged before, costs five: the data
//! file with its folder, the manifest's file, then the slot's folder with the folder of slots.
//!
//! # Errors
//!
//! Every error has a [`DirectoryError`] in its chain of sources, which tells a definite refusal
//! from an uncertain outcome, and below that the [`std::io::Error`]. Only "not found" and "already
//! exists" have the [`std::io::Error`] right below.

mod delete;
mod error;
mod list;
mod probe;
mod publish;
mod read;
mod root;
mod sync;
pub(crate) mod temp;
mod upload;
mod write;

use std::fmt;
use std::ops::Range;
use std::path::Path as FilePath;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use object_store::path::Path;
use object_store::{
    Attributes, CopyMode, CopyOptions, Error as StoreError, GetOptions, GetResult, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result,
};
use tokio::runtime::Handle;

pub use self::error::DirectoryError;
pub(crate) use self::probe::{Describe, Description};
use self::publish::Exclusive;
use self::root::Root;
use self::sync::Syncs;
use self::temp::TempPlace;
use self::upload::DirectoryUpload;
use self::write::{Order, Promise, Source};

/// What this store is called in errors.
const STORE: &str = "directory";
/// How many objects are deleted at the same time.
const DELETES_IN_FLIGHT: usize = 10;

/// Put into [`PutOptions::extensions`]: the object is not synced. For hints, which are only
/// believed after a look. Other stores ignore it.
#[derive(Clone, Copy, Debug)]
pub struct Unsynced;

/// Put into [`PutOptions::extensions`]: nothing relies on the object before it is acknowledged, so
/// its bytes and its name may be synced at the same time. After a power cut an object that was not
/// acknowledged may be there with other bytes. Other stores ignore it.
#[derive(Clone, Copy, Debug)]
pub struct Staged;

/// Put into [`PutOptions::extensions`]: on a full disk this write may use the room that is reserved
/// for what frees more of it. Other stores ignore it.
#[derive(Clone, Copy, Debug)]
pub struct UseReserve;

/// Put into [`GetOptions::extensions`]: what is found is relied on, so it must be durable before it
/// is returned. Costs syncs, unless this process knows that it is. Other stores ignore it.
#[derive(Clone, Copy, Debug)]
pub struct Relied;

/// A directory as a store: see the [module](self).
#[derive(Clone, Debug)]
pub struct DirectoryStore {
    inner: Arc<Inner>,
}

/// How a directory is opened as a store.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct DirectoryOptions {
    follow_links: bool,
}

#[derive(Debug)]
struct Inner {
    root: Root,
    temps: TempPlace,
    exclusive: Exclusive,
    syncs: Syncs,
}

impl DirectoryOptions {
    /// No links are followed out of the store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads and writes follow links out of the store. Lists still do not go through those that
    /// they meet, and deletes through none. All files that are written must be on the file system
    /// of the root.
    pub fn follow_links(mut self, follow: bool) -> Self {
        self.follow_links = follow;
        self
    }

    /// Opens the directory at `path`, which must be there. Writes nothing.
    ///
    /// # Errors
    ///
    /// Whatever the operating system reports.
    pub fn open(self, path: impl AsRef<FilePath>) -> std::io::Result<DirectoryStore> {
        let inner = Inner {
            root: Root::open(path.as_ref(), self.follow_links)?,
            temps: TempPlace::new()?,
            exclusive: Exclusive::default(),
            syncs: Syncs::default(),
        };
        Ok(DirectoryStore { inner: Arc::new(inner) })
    }
}

impl DirectoryStore {
    /// Opens the directory at `path` with the default [`DirectoryOptions`].
    ///
    /// # Errors
    ///
    /// Whatever the operating system reports.
    pub fn open(path: impl AsRef<FilePath>) -> std::io::Result<Self> {
        DirectoryOptions::new().open(path)
    }

    /// The path of the root, without links in it.
    pub fn path(&self) -> &FilePath {
        self.inner.root.path()
    }

    async fn write(&self, location: &Path, source: Source, promise: Promise) -> Result<PutResult> {
        let (inner, path) = (self.inner.clone(), location.clone());
        let placed = blocking(move || inner.place(&path, &source, promise)).await?;
        let placed = placed.map_err(|error| error.into_store(location.as_ref()))?;
        self.inner.settle(location, placed).await
    }

    /// Only what a file can hold can be asked for.
    fn check(&self, attributes: &Attributes, operation: &str) -> Result<()> {
        match attributes.is_empty() {
            true => Ok(()),
            false => Err(StoreError::NotImplemented {
                operation: format!("`{operation}` with attributes"),
                implementer: self.to_string(),
            }),
        }
    }
}

impl fmt::Display for DirectoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Directory({})", self.path().display())
    }
}

#[async_trait]
impl ObjectStore for DirectoryStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.check(&options.attributes, "put_opts")?;
        let is_new = match options.mode {
            PutMode::Create => true,
            PutMode::Overwrite => false,
            PutMode::Update(_) => {
                return Err(StoreError::NotImplemented {
                    operation: "`put_opts` with mode `PutMode::Update`".to_string(),
                    implementer: self.to_string(),
                });
            }
        };
        let is_unsynced = options.extensions.get::<Unsynced>().is_some();
        let is_staged = is_new && options.extensions.get::<Staged>().is_some();
        let order = match (is_unsynced, is_staged) {
            (true, _) => Order::Never,
            (false, true) => Order::WithName,
            (false, false) => Order::BeforeName,
        };
        let may_use_reserve = options.extensions.get::<UseReserve>().is_some();
        let promise = Promise { is_new, order, may_use_reserve };
        self.write(location, Source::Payload(payload), promise).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.check(&options.attributes, "put_multipart_opts")?;
        let (inner, path) = (self.inner.clone(), location.clone());
        let upload = blocking(move || DirectoryUpload::begin(inner, path)).await?;
        Ok(Box::new(upload.map_err(|error| error.into_store(location.as_ref()))?))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let (inner, path) = (self.inner.clone(), location.clone());
        let (result, pending) = blocking(move || inner.get(&path, &options)).await??;
        if let Some(pending) = pending {
            let settled = self.inner.syncs.settle(pending).await;
            let path = location.as_ref();
            settled.map_err(|error| error.into_error(path).into_store(path))?;
        }
        Ok(result)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let (inner, path, ranges) = (self.inner.clone(), location.clone(), ranges.to_vec());
        blocking(move || inner.get_ranges(&path, &ranges)).await?
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let inner = self.inner.clone();
        let deletes = locations.map(move |location| {
            let inner = inner.clone();
            async move {
                let location = location?;
                blocking(move || inner.delete(&location).map(|()| location)).await?
            }
        });
        deletes.buffered(DELETES_IN_FLIGHT).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix, None)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix, Some(offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let (inner, prefix) = (self.inner.clone(), prefix.cloned());
        blocking(move || inner.list_folder(prefix.as_ref())).await?
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let (inner, path) = (self.inner.clone(), from.clone());
        let open = move || {
            let key = check_key(&path).map_err(|error| error.into_store(path.as_ref()))?;
            inner.root.open_file(key).map_err(|error| inner.missing(&path, error))
        };
        let (file, _) = blocking(open).await??;
        let is_new = options.mode == CopyMode::Create;
        let promise = Promise { is_new, ..Promise::default() };
        self.write(to, Source::File(file), promise).await.map(drop)
    }
}

/// The key as a path below the root: it names something, and not what is reserved.
fn check_key(location: &Path) -> Result<&str, DirectoryError> {
    let first = location.parts().next();
    let problem = match first.as_ref().map(AsRef::as_ref) {
        None => "an object needs a key".to_string(),
        Some(temp::PLACE) => format!("the folder {} is reserved", temp::PLACE),
        Some(_) => return Ok(location.as_ref()),
    };
    Err(DirectoryError::refused(problem, std::io::ErrorKind::InvalidInput.into()))
}

/// Work on files blocks, so a thread for that does it.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    match Handle::try_current() {
        Ok(runtime) => Ok(runtime.spawn_blocking(work).await?),
        Err(error) => Err(StoreError::Generic { store: STORE, source: Box::new(error) }),
    }
}
