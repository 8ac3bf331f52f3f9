//! Reading objects.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::time::SystemTime;

use bytes::Bytes;
use cap_std::fs::Metadata;
use chrono::{DateTime, Utc};
use futures::stream::{self, StreamExt};
use object_store::path::Path;
use object_store::{
    Attributes, Error as StoreError, GetOptions, GetResult, GetResultPayload, ObjectMeta, Result,
};

use super::error::DirectoryError;
use super::root::Identity;
use super::sync::Pending;
use super::{Describe, Inner, Relied, STORE, check_key};

/// Up to how many bytes are read at once with the request; of more the file is handed on, and
/// read as it is asked for.
const AT_ONCE: u64 = 256 << 10;

impl Inner {
    /// Reads an object, and says what must be synced before it is relied on, if it is. Blocks.
    pub(super) fn get(
        &self,
        location: &Path,
        options: &GetOptions,
    ) -> Result<(GetResult, Option<Pending>)> {
        let is_relied = options.extensions.get::<Relied>().is_some();
        let missing = |error| self.missing(location, error);
        let key = check_key(location).map_err(|error| error.into_store(location.as_ref()))?;
        let mut extensions = object_store::Extensions::default();
        if options.extensions.get::<Describe>().is_some() {
            extensions.insert(std::sync::Arc::new(self.describe()));
        }
        let (file, meta) = match options.head && !is_relied {
            true => (None, self.root.metadata(key).map_err(missing)?),
            false => {
                let (file, meta) = self.root.open_file(key).map_err(missing)?;
                (Some(file), meta)
            }
        };
        let object = object_meta(location.clone(), &meta);
        options.check_preconditions(&object)?;
        let range = match &options.range {
            Some(range) => range
                .as_range(object.size)
                .map_err(|error| StoreError::Generic { store: STORE, source: Box::new(error) })?,
            None => 0..object.size,
        };
        let pending = match &file {
            Some(file) if is_relied => self.pending(location, file, &meta)?,
            _ => None,
        };
        let payload = match file.filter(|_| !options.head) {
            Some(file) => payload(file, &range, self.root.path().join(key)).map_err(missing)?,
            None => GetResultPayload::Stream(stream::empty().boxed()),
        };
        let attributes = Attributes::default();
        Ok((GetResult { payload, meta: object, range, attributes, extensions }, pending))
    }

    fn pending(&self, location: &Path, file: &File, meta: &Metadata) -> Result<Option<Pending>> {
        let failed = |error: DirectoryError| error.into_store(location.as_ref());
        let chain = self.root.chain(location).map_err(failed)?;
        let file = file.try_clone();
        let file = file.map_err(|e| failed(self.root.failed("open", location.as_ref(), e)))?;
        Ok(self.unless_durable(file, meta, chain))
    }

    pub(super) fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let missing = |error| self.missing(location, error);
        let key = check_key(location).map_err(|error| error.into_store(location.as_ref()))?;
        let (mut file, _) = self.root.open_file(key).map_err(missing)?;
        ranges.iter().map(|range| read(&mut file, range).map_err(missing)).collect()
    }

    /// The error of a read: that there is no such object, or why that cannot be said.
    pub(super) fn missing(&self, location: &Path, error: io::Error) -> StoreError {
        use io::ErrorKind::{InvalidFilename, IsADirectory, NotADirectory, NotFound};

        let path = location.to_string();
        match error.kind() {
            NotFound | NotADirectory | IsADirectory | InvalidFilename => {
                match self.root.check_before() {
                    Ok(()) => StoreError::NotFound { path, source: Box::new(error) },
                    Err(gone) => StoreError::Generic { store: STORE, source: Box::new(gone) },
                }
            }
            _ => self.root.explain(location.as_ref(), error).into_store(&path),
        }
    }
}

fn payload(
    mut file: File,
    range: &Range<u64>,
    path: std::path::PathBuf,
) -> io::Result<GetResultPayload> {
    if range.end - range.start > AT_ONCE {
        return Ok(GetResultPayload::File(file, path));
    }
    let bytes = read(&mut file, range)?;
    Ok(GetResultPayload::Stream(stream::once(std::future::ready(Ok(bytes))).boxed()))
}

fn read(file: &mut File, range: &Range<u64>) -> io::Result<Bytes> {
    let length = range.end.saturating_sub(range.start);
    // A range may be hostile: no more is set aside than there may be.
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(AT_ONCE)).unwrap_or_default());
    if range.start > 0 {
        file.seek(SeekFrom::Start(range.start))?;
    }
    file.take(length).read_to_end(&mut bytes)?;
    match bytes.len() as u64 == length {
        true => Ok(bytes.into()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

pub(super) fn object_meta(location: Path, meta: &Metadata) -> ObjectMeta {
    let modified = meta.modified().map(cap_std::time::SystemTime::into_std);
    let last_modified: DateTime<Utc> = modified.unwrap_or(SystemTime::UNIX_EPOCH).into();
    ObjectMeta { location, last_modified, size: meta.len(), e_tag: Some(etag(meta)), version: None }
}

/// An object that is overwritten gets another file, and so another number.
pub(super) fn etag(meta: &Metadata) -> String {
    let modified = meta.modified().map(cap_std::time::SystemTime::into_std).ok();
    let since = modified.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    let micros = since.unwrap_or_default().as_micros();
    format!("{:x}-{micros:x}-{:x}", Identity::of(meta).inode, meta.len())
}
