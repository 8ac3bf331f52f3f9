//! Writing: a temporary file, its bytes, its name, and the syncs that the promise needs.

use std::fs::File;
use std::io::{self, Write};

use cap_std::fs::{Dir, Metadata};
use object_store::path::Path;
use object_store::{PutPayload, PutResult};

use super::error::{DirectoryError, is_definite, is_full};
use super::read::etag;
use super::root::{ATTEMPTS, Chain, Identity};
use super::sync::{Pending, SyncError};
use super::temp::TempFile;
use super::{Inner, blocking, check_key};

/// Where the bytes of an object come from.
pub(super) enum Source {
    Payload(PutPayload),
    File(File),
}

/// What is promised of a write.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Promise {
    /// The object must not be there.
    pub(super) is_new: bool,
    pub(super) order: Order,
    /// On a full disk the reserve may be used.
    pub(super) may_use_reserve: bool,
}

/// When the bytes of an object are synced.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Order {
    /// Before it gets its name, since its name is what others rely on.
    #[default]
    BeforeName,
    /// At the same time as its folder, since nothing relies on it before it is acknowledged.
    WithName,
    /// Never, and neither its name.
    Never,
}

/// An object that has got its name, or whose name is taken.
pub(super) struct Placed {
    pub(super) is_taken: bool,
    pub(super) etag: String,
    pending: Option<Pending>,
}

impl Inner {
    /// Writes an object up to the point at which it can be seen. Blocks.
    pub(super) fn place(
        &self,
        location: &Path,
        source: &Source,
        promise: Promise,
    ) -> Result<Placed, DirectoryError> {
        let key = check_key(location)?;
        self.root.check_before()?;
        let attempt = || self.write(key, location, source, promise);
        let placed = match attempt() {
            Err(error)
                if promise.may_use_reserve
                    && is_full(error.io())
                    && self.temps.release(&self.root) =>
            {
                // It is made again by the next write that finds room.
                return attempt();
            }
            placed => placed?,
        };
        self.temps.reserve(&self.root);
        Ok(placed)
    }

    fn write(
        &self,
        key: &str,
        location: &Path,
        source: &Source,
        promise: Promise,
    ) -> Result<Placed, DirectoryError> {
        let failed = |source| self.root.failed("write", key, source);
        let temp = self.temps.create(&self.root, key).map_err(failed)?;
        match source {
            Source::Payload(payload) => {
                payload.iter().try_for_each(|bytes| (&temp.file).write_all(bytes))
            }
            Source::File(file) => io::copy(&mut &*file, &mut &temp.file).map(drop),
        }
        .map_err(failed)?;
        self.publish(&temp, location, promise)
    }

    /// Gives a temporary file with all its bytes the name of an object. Blocks.
    pub(super) fn publish(
        &self,
        temp: &TempFile,
        location: &Path,
        promise: Promise,
    ) -> Result<Placed, DirectoryError> {
        let key = check_key(location)?;
        if promise.order == Order::BeforeName {
            let synced = temp.file.sync_all();
            synced.map_err(|source| self.root.failed("sync", key, source))?;
        }
        let meta = Metadata::from_file(&temp.file);
        let meta = meta.map_err(|source| self.root.failed("look at", key, source))?;
        for _ in 0..ATTEMPTS {
            let chain = self.root.make_chain(location)?;
            let Some(error) = self.name(temp, location, &chain, promise)? else {
                self.root.check_after()?;
                return self.placed(temp, &meta, chain, promise);
            };
            if error.kind() == io::ErrorKind::AlreadyExists {
                if let Some(placed) = self.taken(key, chain)? {
                    return Ok(placed);
                }
            } else if temp.dir.symlink_metadata(&temp.name).is_err() {
                let problem = format!("the temporary file of {key} was removed by somebody else");
                return Err(DirectoryError::refused(problem, error));
            }
        }
        let problem = format!("the folder of {key} is removed again and again");
        Err(DirectoryError::refused(problem, io::ErrorKind::NotFound.into()))
    }

    /// Gives a file its name in the last folder of a chain. Returns why it could not, if the name
    /// is taken, or the folder was removed meanwhile.
    fn name(
        &self,
        temp: &TempFile,
        location: &Path,
        chain: &Chain,
        promise: Promise,
    ) -> Result<Option<io::Error>, DirectoryError> {
        let (Some(folder), Some(name)) = (chain.last(), location.filename()) else {
            return Ok(Some(io::ErrorKind::NotFound.into()));
        };
        let result = match promise.is_new {
            true => self.exclusive.publish(&self.root, temp, &folder.dir, name),
            false => replace(temp, &folder.dir, name, location.as_ref())?,
        };
        match result {
            Ok(()) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(error)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && promise.is_new => {
                Ok(Some(error))
            }
            Err(error) if is_definite(&error) => {
                Err(self.root.failed("create", location.as_ref(), error))
            }
            Err(error) => {
                Err(DirectoryError::uncertain(format!("cannot create {location}"), error))
            }
        }
    }

    fn placed(
        &self,
        temp: &TempFile,
        meta: &Metadata,
        chain: Chain,
        promise: Promise,
    ) -> Result<Placed, DirectoryError> {
        let uncertain = |source| DirectoryError::uncertain("cannot sync a new object", source);
        let file = match promise.order {
            Order::WithName => Some(temp.file.try_clone().map_err(uncertain)?),
            _ => None,
        };
        let object = Identity::of(meta);
        self.syncs.is_new(object);
        let pending = Pending { file, object, chain };
        let pending = Some(pending).filter(|_| promise.order != Order::Never);
        Ok(Placed { is_taken: false, etag: etag(meta), pending })
    }

    /// The object that has the name already: it is about to be relied on, so it must be durable.
    /// `None` if it is gone by now.
    fn taken(&self, key: &str, chain: Chain) -> Result<Option<Placed>, DirectoryError> {
        let (file, meta) = match self.root.open_file(key) {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return match self.root.dir().symlink_metadata(key) {
                    Ok(meta) if meta.is_symlink() => Err(DirectoryError::link(key)),
                    Ok(_) => {
                        let problem = format!("{key} is not a regular file");
                        Err(DirectoryError::refused(problem, io::ErrorKind::IsADirectory.into()))
                    }
                    Err(_) => Ok(None),
                };
            }
            Err(error) => return Err(self.root.explain(key, error)),
        };
        let etag = etag(&meta);
        let pending = self.unless_durable(file, &meta, chain);
        Ok(Some(Placed { is_taken: true, etag, pending }))
    }

    /// What must be synced before an object that was there already may be relied on.
    pub(super) fn unless_durable(
        &self,
        file: File,
        meta: &Metadata,
        chain: Chain,
    ) -> Option<Pending> {
        let object = Identity::of(meta);
        // Elsewhere a file that is open for reading cannot be synced.
        let file = Some(file).filter(|_| cfg!(unix));
        (!self.syncs.is_durable(object)).then_some(Pending { file, object, chain })
    }

    /// Waits for the syncs of a written object.
    pub(super) async fn settle(
        self: &std::sync::Arc<Self>,
        location: &Path,
        placed: Placed,
    ) -> object_store::Result<PutResult> {
        let Placed { is_taken, etag, pending } = placed;
        if let Some(pending) = pending
            && let Err(error) = self.syncs.settle(pending).await
        {
            if let (SyncError::File(_), false) = (&error, is_taken) {
                self.withdraw(location).await;
            }
            return Err(error.into_error(location.as_ref()).into_store(location.as_ref()));
        }
        match is_taken {
            true => Err(object_store::Error::AlreadyExists {
                path: location.to_string(),
                source: Box::new(io::Error::from(io::ErrorKind::AlreadyExists)),
            }),
            false => {
                Ok(PutResult { e_tag: Some(etag), version: None, extensions: Default::default() })
            }
        }
    }

    /// Removes an object of this write whose bytes may be lost, so that others do not rely on what
    /// they still see of it.
    async fn withdraw(self: &std::sync::Arc<Self>, location: &Path) {
        let (inner, path) = (self.clone(), location.clone());
        let removed = blocking(move || inner.delete(&path)).await;
        if let Err(error) = removed.and_then(|removed| removed) {
            tracing::warn!(%location, %error, "an object whose bytes may be lost is left");
        }
    }
}

/// Puts a file in the place of another. A link is never replaced.
fn replace(
    temp: &TempFile,
    folder: &Dir,
    name: &str,
    key: &str,
) -> Result<io::Result<()>, DirectoryError> {
    if folder.symlink_metadata(name).is_ok_and(|meta| meta.is_symlink()) {
        return Err(DirectoryError::link(key));
    }
    let renamed = temp.dir.rename(&temp.name, folder, name);
    if renamed.is_ok() {
        temp.set_published();
    }
    Ok(renamed)
}
