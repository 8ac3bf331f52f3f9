//! Unfinished uploads in a directory: files named `<key>#<number>`, which are no objects.

use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use lode_core::key::Key;
use lode_core::time::Timestamp;

use super::UnfinishedUpload;
use crate::Error;

pub(super) async fn list(root: &Path) -> Result<Vec<UnfinishedUpload>, Error> {
    let root = root.to_path_buf();
    let walked = tokio::task::spawn_blocking(move || walk(&root)).await;
    walked.map_err(io::Error::other).and_then(|found| found).map_err(|error| failed("list", error))
}

pub(super) async fn abort(root: &Path, upload: &UnfinishedUpload) -> Result<(), Error> {
    let file = root.join(format!("{}#{}", upload.key, upload.id));
    let removed = tokio::task::spawn_blocking(move || std::fs::remove_file(file)).await;
    match removed.map_err(io::Error::other).and_then(|removed| removed) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("delete", error)),
        _ => Ok(()),
    }
}

fn walk(root: &Path) -> io::Result<Vec<UnfinishedUpload>> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => found.extend(read(root, &entry.path())),
                _ => {}
            }
        }
    }
    Ok(found)
}

/// The upload that a file is of, if it is of one.
fn read(root: &Path, file: &PathBuf) -> Option<UnfinishedUpload> {
    let (key, id) = file.strip_prefix(root).ok()?.to_str()?.rsplit_once('#')?;
    let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let key = Key::new(key).ok().filter(|_| is_number)?;
    let modified = std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok();
    let since = modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let begun =
        since.and_then(|at| Timestamp::new(i64::try_from(at.as_secs()).ok()?, at.subsec_nanos()));
    Some(UnfinishedUpload { key: key.to_string(), begun, id: id.to_string() })
}

fn failed(operation: &'static str, source: io::Error) -> Error {
    Error::Uploads { operation, source: source.into() }
}
