//! The few operations that Lode asks of a store, by checked keys.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use lode_core::ErrorKind;
use lode_core::commit::Sent;
use lode_core::key::Key;
use lode_core::time::Timestamp;
use object_store::path::Path;
use object_store::{
    Error as StoreError, Extensions, GetOptions, GetRange, GetResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMode, PutOptions,
};

use super::directory::{Relied, Staged, Unsynced, UseReserve};
use super::failure::{self, Effect, Failure};
use crate::{Error, metrics};

/// A store, by checked keys, with errors that name the key and the operation.
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
    /// Whether commits are built on what is read.
    is_for_writing: bool,
}

/// What became of a create-if-absent.
pub(crate) enum Creation {
    Created,
    Exists,
    /// The store refused, and has not applied it.
    Rejected(Error),
    /// It may have been applied, or be applied later.
    Unknown(Error),
}

impl Creation {
    /// What a commit machine has to know of it, and the error.
    pub(crate) fn split(self) -> (Sent, Option<Error>) {
        match self {
            Self::Created => (Sent::Created, None),
            Self::Exists => (Sent::Exists, None),
            Self::Rejected(error) => (Sent::Rejected, Some(error)),
            Self::Unknown(error) => (Sent::Unknown, Some(error)),
        }
    }
}

impl Objects {
    pub(crate) fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, is_for_writing: false }
    }

    /// For a writer, which builds commits on what it reads and reports what it finds as done.
    pub(crate) fn for_writing(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, is_for_writing: true }
    }

    /// Creates an object unless there is one.
    pub(crate) async fn create(&self, key: &Key, bytes: Bytes) -> Creation {
        self.create_with(key, bytes, Extensions::default()).await
    }

    /// Creates an object unless there is one; in a directory on a full disk, in the room that is
    /// reserved for what frees more.
    pub(crate) async fn create_from_reserve(&self, key: &Key, bytes: Bytes) -> Creation {
        self.create_with(key, bytes, extension(UseReserve)).await
    }

    /// Creates an object unless there is one. Nothing may rely on it before it is acknowledged: a
    /// power cut may leave other bytes until then. In a directory that saves the time of a sync.
    pub(crate) async fn stage(&self, key: &Key, bytes: Bytes) -> Creation {
        self.create_with(key, bytes, extension(Staged)).await
    }

    async fn create_with(&self, key: &Key, bytes: Bytes, extensions: Extensions) -> Creation {
        let path = match parse(key, "create") {
            Ok(path) => path,
            Err(error) => return Creation::Rejected(error),
        };
        metrics::call("create");
        metrics::written(bytes.len());
        let options = PutOptions { mode: PutMode::Create, extensions, ..PutOptions::default() };
        let Err(source) = self.store.put_opts(&path, bytes.into(), options).await else {
            return Creation::Created;
        };
        match source {
            StoreError::AlreadyExists { .. } | StoreError::Precondition { .. } => Creation::Exists,
            source => match Failure::of(&source).effect {
                Effect::Refused => Creation::Rejected(self.failed("create", key, source)),
                Effect::NotSent | Effect::Unknown => {
                    Creation::Unknown(self.failed("create", key, source))
                }
            },
        }
    }

    /// Writes an object, whether there is one or not.
    pub(crate) async fn overwrite(&self, key: &Key, bytes: Bytes) -> Result<(), Error> {
        self.overwrite_with(key, bytes, Extensions::default()).await
    }

    /// Writes an object, whether there is one or not; in a directory on a full disk, in the room
    /// that is reserved for what frees more.
    pub(crate) async fn overwrite_from_reserve(
        &self,
        key: &Key,
        bytes: Bytes,
    ) -> Result<(), Error> {
        self.overwrite_with(key, bytes, extension(UseReserve)).await
    }

    /// Writes an object that is not believed without a look, whether there is one or not. In a
    /// directory it is not synced.
    pub(crate) async fn overwrite_hint(&self, key: &Key, bytes: Bytes) -> Result<(), Error> {
        self.overwrite_with(key, bytes, extension(Unsynced)).await
    }

    async fn overwrite_with(
        &self,
        key: &Key,
        bytes: Bytes,
        extensions: Extensions,
    ) -> Result<(), Error> {
        let path = parse(key, "write")?;
        metrics::call("write");
        metrics::written(bytes.len());
        let options = PutOptions { extensions, ..PutOptions::default() };
        match self.store.put_opts(&path, bytes.into(), options).await {
            Ok(_) => Ok(()),
            Err(source) => Err(self.failed("write", key, source)),
        }
    }

    /// Begins an upload in parts; the object is there when it is finished.
    pub(crate) async fn multipart(&self, key: &Key) -> Result<Box<dyn MultipartUpload>, Error> {
        let path = parse(key, "write")?;
        metrics::call("write");
        let upload = self.store.put_multipart(&path).await;
        upload.map_err(|source| self.failed("write", key, source))
    }

    /// The bytes of an object that must be there, as they come.
    pub(crate) async fn stream(
        &self,
        key: &Key,
    ) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
        let path = parse(key, "read")?;
        metrics::call("read");
        match self.store.get(&path).await {
            Ok(object) => {
                let (objects, key) = (self.clone(), key.clone());
                let bytes = object.into_stream().inspect_ok(|bytes| metrics::read(bytes.len()));
                Ok(bytes.map_err(move |source| objects.failed("read", &key, source)).boxed())
            }
            Err(source) => Err(self.not_read(key, source)),
        }
    }

    /// The whole of an object, if there is one.
    pub(crate) async fn read(&self, key: &Key) -> Result<Option<Bytes>, Error> {
        self.read_with(key, GetOptions::new()).await
    }

    /// The whole of an object, if there is one, that somebody else may have written and that a
    /// writer is going to rely on: in a directory it is durable when it is returned. A reader
    /// relies on nothing.
    pub(crate) async fn read_relied(&self, key: &Key) -> Result<Option<Bytes>, Error> {
        let options = GetOptions::new();
        match self.is_for_writing {
            true => self.read_with(key, options.with_extensions(extension(Relied))).await,
            false => self.read_with(key, options).await,
        }
    }

    async fn read_with(&self, key: &Key, options: GetOptions) -> Result<Option<Bytes>, Error> {
        match self.fetch(&parse(key, "read")?, options).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(source) if failure::is_absent(&source) => Ok(None),
            Err(source) => Err(self.failed("read", key, source)),
        }
    }

    /// The whole of an object that must be there and have this size; of one that has another,
    /// however large, nothing is read.
    pub(crate) async fn read_exact(&self, key: &Key, size: u64) -> Result<Bytes, Error> {
        let path = parse(key, "read")?;
        metrics::call("read");
        let result = match self.store.get(&path).await {
            Ok(object) if object.meta.size != size => {
                let found = object.meta.size;
                return Err(Error::Truncated { key: key.clone(), expected: size, found });
            }
            Ok(object) => whole(object).await.inspect(|bytes| metrics::read(bytes.len())),
            Err(source) => Err(source),
        };
        match result {
            Ok(bytes) if bytes.len() as u64 == size => Ok(bytes),
            Ok(bytes) => {
                let found = bytes.len() as u64;
                Err(Error::Truncated { key: key.clone(), expected: size, found })
            }
            Err(source) => Err(self.not_read(key, source)),
        }
    }

    /// The whole of an object that must be there; of one that has more than `most` bytes nothing is
    /// read, and `None` is the answer.
    pub(crate) async fn read_short(&self, key: &Key, most: u64) -> Result<Option<Bytes>, Error> {
        let result = match self.store.get(&parse(key, "read")?).await {
            Ok(object) if object.meta.size > most => return Ok(None),
            Ok(object) => whole(object).await,
            Err(source) => Err(source),
        };
        match result {
            Ok(bytes) => Ok(Some(bytes)),
            Err(source) => Err(self.not_read(key, source)),
        }
    }

    /// `length` bytes of an object that must be there, from `offset` on. One request, unless it
    /// fails.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] and [`Error::Truncated`] tell what is wrong with the object.
    pub(crate) async fn read_range(
        &self,
        key: &Key,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, Error> {
        let path = parse(key, "read")?;
        let range = GetRange::Bounded(offset..offset.saturating_add(length));
        match self.fetch(&path, GetOptions::new().with_range(Some(range))).await {
            Ok(bytes) if bytes.len() as u64 == length => Ok(bytes),
            Err(source) if failure::is_absent(&source) => Err(Error::Missing { key: key.clone() }),
            Ok(bytes) => Err(Error::Truncated {
                key: key.clone(),
                expected: offset + length,
                found: offset + bytes.len() as u64,
            }),
            Err(source) => match Box::pin(self.look_behind(key, &source)).await {
                Some(None) => Err(Error::Missing { key: key.clone() }),
                Some(Some(meta)) if meta.size < offset + length => Err(Error::Truncated {
                    key: key.clone(),
                    expected: offset + length,
                    found: meta.size,
                }),
                Some(Some(_)) | None => Err(self.failed("read", key, source)),
            },
        }
    }

    /// Up to `length` bytes of an object from `offset` on, as devices read: fewer at its end, none
    /// behind it. One request, and one more behind the end.
    #[cfg(feature = "blocking")]
    pub(crate) async fn read_up_to(
        &self,
        key: &Key,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, Error> {
        let path = parse(key, "read")?;
        // No store answers an empty range.
        let end = offset.saturating_add(length.max(1));
        let range = GetRange::Bounded(offset..end);
        match self.fetch(&path, GetOptions::new().with_range(Some(range))).await {
            Ok(bytes) if length == 0 => Ok(bytes.slice(..0)),
            Ok(bytes) => Ok(bytes),
            Err(source) if failure::is_absent(&source) => Err(Error::Missing { key: key.clone() }),
            Err(source) => match self.look_behind(key, &source).await {
                Some(None) => Err(Error::Missing { key: key.clone() }),
                Some(Some(meta)) if meta.size <= offset => Ok(Bytes::new()),
                Some(Some(_)) | None => Err(self.failed("read", key, source)),
            },
        }
    }

    /// Looks at an object of which a range could not be read, as that range may lie behind its end:
    /// stores say so in many ways. `None` if something else is wrong, or it cannot be looked at.
    async fn look_behind(&self, key: &Key, source: &StoreError) -> Option<Option<ObjectMeta>> {
        match Failure::of(source).kind {
            ErrorKind::Store | ErrorKind::InvalidInput | ErrorKind::Unsupported => {
                self.metadata(key).await.ok()
            }
            _ => None,
        }
    }

    /// One request, and the bytes that answer it.
    async fn fetch(&self, path: &Path, options: GetOptions) -> Result<Bytes, StoreError> {
        metrics::call("read");
        let bytes = whole(self.store.get_opts(path, options).await?).await;
        bytes.inspect(|bytes| metrics::read(bytes.len()))
    }

    /// Deletes an object; that it was not there is no error.
    pub(crate) async fn delete(&self, key: &Key) -> Result<(), Error> {
        let path = parse(key, "delete")?;
        metrics::call("delete");
        match self.store.delete(&path).await {
            Ok(()) => Ok(()),
            Err(source) if failure::is_absent(&source) => Ok(()),
            Err(source) => Err(self.failed("delete", key, source)),
        }
    }

    /// Deletes objects, as many with one request as the store can: those that are gone now. Why
    /// others are not is only logged.
    pub(crate) async fn delete_all(&self, keys: Vec<Key>) -> HashSet<Key> {
        let paths = keys.iter().filter_map(|key| parse(key, "delete").ok());
        let paths: Vec<_> = paths.map(Ok).collect();
        metrics::call("delete");
        let mut results = self.store.delete_stream(stream::iter(paths).boxed());
        let mut gone = HashSet::new();
        while let Some(result) = results.next().await {
            match result {
                Ok(path) => gone.extend(Key::new(path.as_ref())),
                Err(error) => {
                    let error = failure::without_secrets(error);
                    tracing::warn!(%error, "some objects could not be deleted");
                }
            }
        }
        gone
    }

    /// Size and age of an object, if there is one.
    pub(crate) async fn metadata(&self, key: &Key) -> Result<Option<ObjectMeta>, Error> {
        self.metadata_with(key, GetOptions::new()).await
    }

    /// Size and age of an object, if there is one, that the caller is going to rely on: in a
    /// directory it is durable when this returns.
    pub(crate) async fn rely_on(&self, key: &Key) -> Result<Option<ObjectMeta>, Error> {
        self.metadata_with(key, GetOptions::new().with_extensions(extension(Relied))).await
    }

    async fn metadata_with(
        &self,
        key: &Key,
        options: GetOptions,
    ) -> Result<Option<ObjectMeta>, Error> {
        let path = parse(key, "look at")?;
        metrics::call("head");
        match self.store.get_opts(&path, GetOptions { head: true, ..options }).await {
            Ok(found) => Ok(Some(found.meta)),
            Err(source) if failure::is_absent(&source) => Ok(None),
            Err(source) => Err(self.failed("look at", key, source)),
        }
    }

    /// All objects below a folder, or those whose keys come after one of them. In any order.
    pub(crate) fn list(
        &self,
        folder: &Key,
        after: Option<&Key>,
    ) -> Result<BoxStream<'static, Result<ObjectMeta, Error>>, Error> {
        let path = parse(folder, "list")?;
        metrics::call("list");
        let list = match after {
            Some(after) => self.store.list_with_offset(Some(&path), &parse(after, "list")?),
            None => self.store.list(Some(&path)),
        };
        let (objects, folder) = (self.clone(), folder.clone());
        Ok(list
            .map(move |meta| meta.map_err(|source| objects.failed("list", &folder, source)))
            .boxed())
    }

    /// The objects right in the store: of what lies in its folders, nothing. One request, whose
    /// answer is held.
    pub(crate) fn list_top(&self) -> BoxStream<'static, Result<ObjectMeta, Error>> {
        let objects = self.clone();
        let list = async move {
            metrics::call("list");
            let list = objects.store.list_with_delimiter(None).await;
            let list = list.map_err(|source| objects.not_listed(source))?;
            Ok::<_, Error>(stream::iter(list.objects.into_iter().map(Ok)))
        };
        stream::once(list).try_flatten().boxed()
    }

    /// The names of the folders right below a folder.
    pub(crate) async fn folders(&self, folder: &Key) -> Result<Vec<String>, Error> {
        let path = parse(folder, "list")?;
        metrics::call("list");
        match self.store.list_with_delimiter(Some(&path)).await {
            Ok(list) => Ok(list
                .common_prefixes
                .iter()
                .filter_map(|path| path.as_ref().rsplit('/').next().map(str::to_string))
                .collect()),
            Err(source) => Err(self.failed("list", folder, source)),
        }
    }

    /// The store has failed at this.
    pub(super) fn failed(&self, operation: &'static str, key: &Key, source: StoreError) -> Error {
        match failure::has_no_bucket(&source) {
            true => self.no_bucket(source),
            false => Error::store(operation, key, source),
        }
    }

    /// An object that must be there could not be read.
    fn not_read(&self, key: &Key, source: StoreError) -> Error {
        match failure::is_absent(&source) {
            true => Error::Missing { key: key.clone() },
            false => self.failed("read", key, source),
        }
    }

    fn not_listed(&self, source: StoreError) -> Error {
        if failure::has_no_bucket(&source) {
            return self.no_bucket(source);
        }
        let source = Box::new(failure::without_secrets(source));
        Error::List { store: self.to_string(), source }
    }

    /// It would be misleading to report that a volume was not found in a bucket that is not there.
    fn no_bucket(&self, source: StoreError) -> Error {
        let source = Box::new(failure::without_secrets(source));
        Error::BucketNotFound { store: self.to_string(), source }
    }
}

impl std::fmt::Display for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.store.fmt(f)
    }
}

/// All bytes of an answer. One that ends early is a failure of the store, and not a short object.
async fn whole(answer: GetResult) -> Result<Bytes, StoreError> {
    let expected = answer.range.end.saturating_sub(answer.range.start);
    let bytes = answer.bytes().await?;
    let found = bytes.len() as u64;
    if found == expected {
        return Ok(bytes);
    }
    let source = format!("the answer ended after {found} of {expected} bytes").into();
    Err(StoreError::Generic { store: "store", source })
}

/// When an object was last modified, by the store's clock.
pub(crate) fn modified(meta: &ObjectMeta) -> Option<Timestamp> {
    let at = meta.last_modified;
    Timestamp::new(at.timestamp(), at.timestamp_subsec_nanos())
}

/// Something that a request tells a store; those that do not know it ignore it.
fn extension<T: Clone + Send + Sync + 'static>(marker: T) -> Extensions {
    let mut extensions = Extensions::default();
    extensions.insert(marker);
    extensions
}

/// The store's own type for a key. It must not be escaped, else others would not find it.
fn parse(key: &Key, operation: &'static str) -> Result<Path, Error> {
    Path::parse(key.as_str()).map_err(|source| Error::store(operation, key, source.into()))
}
