//! Unfinished uploads in a directory: temporary files in the one place for them.

use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use lode_core::time::Timestamp;

use super::UnfinishedUpload;
use crate::Error;
use crate::store::directory::temp::{PLACE, key_of};

pub(super) async fn list(root: &Path) -> Result<Vec<UnfinishedUpload>, Error> {
    let place = root.join(PLACE);
    blocking("list", move || look(&place)).await
}

pub(super) async fn abort(root: &Path, upload: &UnfinishedUpload) -> Result<(), Error> {
    let file = root.join(PLACE).join(&upload.id);
    let remove = move || match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    blocking("delete", remove).await
}

async fn blocking<T: Send + 'static>(
    operation: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let result = match tokio::runtime::Handle::try_current() {
        Ok(runtime) => runtime.spawn_blocking(work).await.map_err(io::Error::other),
        Err(error) => Err(io::Error::other(error)),
    };
    let result = result.and_then(|result| result);
    result.map_err(|source| Error::Uploads { operation, source: source.into() })
}

fn look(place: &Path) -> io::Result<Vec<UnfinishedUpload>> {
    // Through a link lies what is somebody else's.
    match std::fs::symlink_metadata(place) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => return Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(place)? {
        let entry = entry?;
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            found.extend(read(&entry.path()));
        }
    }
    Ok(found)
}

/// The upload that a file is of, if it is one of Lode's.
fn read(file: &PathBuf) -> Option<UnfinishedUpload> {
    let id = file.file_name()?.to_str()?.to_string();
    let key = key_of(&id).filter(|key| is_ours(key))?;
    let modified = std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok();
    let since = modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let begun =
        since.and_then(|at| Timestamp::new(i64::try_from(at.as_secs()).ok()?, at.subsec_nanos()));
    Some(UnfinishedUpload { key, begun, id })
}

/// Whether an object of this key would be one of Lode's.
fn is_ours(key: &str) -> bool {
    let mut parts = key.split('/');
    let is_kind = parts.next().is_some_and(|kind| matches!(kind, "volumes" | "datasets"));
    is_kind && parts.next().is_some_and(|id| !id.is_empty()) && parts.next().is_some()
}
