//! Deleting objects, and the folders that become empty.

use std::io;

use cap_fs_ext::DirExt;
use object_store::path::Path;
use object_store::{Error as StoreError, Result};

use super::error::DirectoryError;
use super::{Inner, check_key};

impl Inner {
    /// Deletes an object, and every folder that has become empty by that, up to the root. Blocks.
    ///
    /// Beside creators that is safe: a folder with something in it cannot be removed, and who
    /// loses an empty one makes it again. Nothing is synced: an object that comes back by a power
    /// cut is one that nobody refers to.
    pub(super) fn delete(&self, location: &Path) -> Result<()> {
        let path = location.as_ref();
        let key = check_key(location).map_err(|error| error.into_store(path))?;
        self.root.check_before().map_err(|error| error.into_store(path))?;
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => self.missing(location, error),
            _ => self.root.failed("delete", key, error).into_store(path),
        };
        let mut folders = vec![self.root.dir().clone()];
        let mut names: Vec<_> = key.split('/').collect();
        let name = names.pop().unwrap_or_default();
        for folder in &names {
            let Some(above) = folders.last() else { break };
            match above.open_dir_nofollow(folder) {
                Ok(dir) => folders.push(dir.into()),
                Err(error) => return Err(self.through_link(location).unwrap_or(failed(error))),
            }
        }
        let Some(folder) = folders.last() else { return Ok(()) };
        let meta = folder.symlink_metadata(name).map_err(failed)?;
        if meta.is_symlink() {
            return Err(DirectoryError::link(key).into_store(path));
        }
        if !meta.is_file() {
            return Err(failed(io::ErrorKind::NotFound.into()));
        }
        folder.remove_file(name).map_err(failed)?;
        while let (Some(name), Some(_)) = (names.pop(), folders.pop()) {
            let Some(above) = folders.last() else { break };
            if above.remove_dir(name).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn through_link(&self, location: &Path) -> Option<StoreError> {
        let link = self.root.first_link(location.as_ref())?;
        Some(DirectoryError::link(&link).into_store(location.as_ref()))
    }
}
