//! Stores from URLs, and what Lode asks of them.

mod objects;

use std::path::PathBuf;
use std::sync::Arc;

use lode_core::id::Id;
use lode_core::key::Key;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use url::Url;

pub(crate) use self::objects::{Creation, Objects};
use crate::Error;

/// Opens the store that `location` names.
///
/// | location | store |
/// | --- | --- |
/// | `file:///path`, or just a path | a directory, which must exist |
/// | `memory:` | a new, empty store in memory |
///
/// A directory is durable: files, and the directories that name them, are synced before a write
/// is reported as done. Anything else that implements [`ObjectStore`] can be handed to a builder
/// as it is; make sure that it syncs, if it has to be asked to.
///
/// # Errors
///
/// [`Error::StoreNotFound`] if the directory does not exist, [`Error::StoreUrl`] if the location
/// is none of the above.
pub fn open(location: &str) -> Result<Arc<dyn ObjectStore>, Error> {
    match Url::parse(location) {
        Ok(url) if url.scheme() == "memory" => Ok(Arc::new(InMemory::new())),
        Ok(url) if url.scheme() == "file" => {
            let path = url.to_file_path().map_err(|()| {
                let reason = "a file URL has an absolute path: file:///path".to_string();
                Error::StoreUrl { url: location.to_string(), reason }
            })?;
            directory(path)
        }
        Ok(url) if location.contains("://") => {
            let reason = format!("the scheme {:?} is not supported", url.scheme());
            Err(Error::StoreUrl { url: location.to_string(), reason })
        }
        _ if location.is_empty() => {
            let reason = "it is empty: use a directory, file:///path or memory:".to_string();
            Err(Error::StoreUrl { url: String::new(), reason })
        }
        _ => directory(PathBuf::from(location)),
    }
}

fn directory(path: PathBuf) -> Result<Arc<dyn ObjectStore>, Error> {
    if !path.is_dir() {
        return Err(Error::StoreNotFound { path });
    }
    let store = LocalFileSystem::new_with_prefix(&path).map_err(|source| Error::StoreUrl {
        url: path.display().to_string(),
        reason: source.to_string(),
    })?;
    Ok(Arc::new(store.with_fsync(true)))
}

/// The ids below a folder, in order.
pub(crate) async fn list_ids(objects: &Objects, folder: &Key) -> Result<Vec<Id>, Error> {
    let folders = objects.folders(folder).await?;
    let mut ids: Vec<_> = folders.iter().filter_map(|id| Id::existing(id).ok()).collect();
    ids.sort_unstable();
    Ok(ids)
}
