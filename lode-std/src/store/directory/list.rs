//! Listing objects: a walk in the order of their keys that leaves out what it can.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use cap_std::fs::Dir;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::path::{Path, PathPart};
use object_store::{Error as StoreError, ListResult, ObjectMeta, Result};

use super::read::object_meta;
use super::temp::PLACE;
use super::{Inner, blocking};

/// How many objects are looked at before they are handed on.
const BATCH: usize = 1024;

/// A folder on the way through a store.
struct Frame {
    dir: Dir,
    /// With a `/` at its end, unless it is the root.
    prefix: String,
    entries: std::vec::IntoIter<Entry>,
}

/// Something that has a name that a key can have.
struct Entry {
    name: String,
    is_folder: bool,
}

/// The way through a folder of a store.
struct Walk {
    inner: Arc<Inner>,
    /// What is listed; looked up with the first step.
    prefix: Option<Path>,
    offset: Option<String>,
    frames: Vec<Frame>,
}

impl Inner {
    /// The objects below a folder, or those of them whose keys come after another.
    pub(super) fn list(
        self: &Arc<Self>,
        prefix: Option<&Path>,
        offset: Option<&Path>,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let walk = Walk {
            inner: self.clone(),
            prefix: Some(prefix.cloned().unwrap_or_default()),
            offset: offset.map(Path::to_string),
            frames: Vec::new(),
        };
        let batches = stream::try_unfold(Some(walk), async |walk| {
            let Some(mut walk) = walk else { return Ok::<_, StoreError>(None) };
            let step = move || {
                let mut found = VecDeque::new();
                while found.len() < BATCH
                    && let Some(next) = walk.next()
                {
                    found.push_back(next);
                }
                let is_whole = found.len() < BATCH;
                ((!is_whole).then_some(walk), found)
            };
            let (walk, found) = blocking(step).await?;
            Ok(Some((stream::iter(found), walk)))
        });
        batches.try_flatten().boxed()
    }

    /// What lies right in a folder. Blocks.
    pub(super) fn list_folder(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let prefix = prefix.cloned().unwrap_or_default();
        let (mut common_prefixes, mut objects) = (Vec::new(), Vec::new());
        if let Some(frame) = self.open_prefix(&prefix)? {
            for entry in frame.entries {
                let path = Path::parse(format!("{}{}", frame.prefix, entry.name))?;
                match entry.is_folder {
                    true => common_prefixes.push(path),
                    false => objects.extend(self.look(&frame.dir, &entry.name, path)?),
                }
            }
        }
        Ok(ListResult { common_prefixes, objects, extensions: Default::default() })
    }

    /// The folder that is listed; `None` if there is none.
    fn open_prefix(&self, prefix: &Path) -> Result<Option<Frame>> {
        if prefix.parts().next().is_some_and(|first| first.as_ref() == PLACE) {
            return Ok(None);
        }
        let path = prefix.as_ref();
        let opened = match path {
            "" => self.root.dir().open_dir("."),
            _ => self.root.open_dir_unlinked(path),
        };
        match opened {
            Ok(dir) => Ok(Some(self.enter(dir, prefix.as_ref())?)),
            Err(error) => match self.missing(prefix, error) {
                StoreError::NotFound { .. } => Ok(None),
                error => Err(error),
            },
        }
    }

    fn enter(&self, dir: Dir, path: &str) -> Result<Frame> {
        let failed = |source| self.root.failed("list the folder", path, source).into_store(path);
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut entries = Vec::new();
        for entry in dir.entries().map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // What has a name that no key can have is somebody else's.
            let Ok(name) = entry.file_name().into_string() else { continue };
            if PathPart::parse(&name).is_err() || (path.is_empty() && name == PLACE) {
                continue;
            }
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() || kind.is_file() {
                entries.push(Entry { name, is_folder: kind.is_dir() });
            }
        }
        // In the order of the keys: a folder's begin with its name and a `/`.
        entries.sort_unstable_by(|a, b| a.sort_key().cmp(b.sort_key()));
        Ok(Frame { dir, prefix, entries: entries.into_iter() })
    }

    /// An object, unless it is gone by now.
    fn look(&self, dir: &Dir, name: &str, path: Path) -> Result<Option<ObjectMeta>> {
        match dir.symlink_metadata(name) {
            Ok(meta) if meta.is_file() => Ok(Some(object_meta(path, &meta))),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                Err(self.root.failed("look at", path.as_ref(), error).into_store(path.as_ref()))
            }
        }
    }
}

impl Entry {
    fn sort_key(&self) -> impl Iterator<Item = u8> {
        self.name.bytes().chain(self.is_folder.then_some(b'/'))
    }
}

impl Walk {
    fn next(&mut self) -> Option<Result<ObjectMeta>> {
        if let Some(prefix) = self.prefix.take() {
            match self.inner.open_prefix(&prefix) {
                Ok(frame) => self.frames.extend(frame),
                Err(error) => return Some(Err(error)),
            }
        }
        loop {
            let frame = self.frames.last_mut()?;
            let Some(entry) = frame.entries.next() else {
                self.frames.pop();
                continue;
            };
            let path = format!("{}{}", frame.prefix, entry.name);
            if self.offset.as_ref().is_some_and(|offset| is_before(&path, entry.is_folder, offset))
            {
                continue;
            }
            let step = match entry.is_folder {
                true => self.descend(&entry.name, path),
                false => Path::parse(&path).map_err(StoreError::from).and_then(|path| {
                    let frame = self.frames.last();
                    frame.map_or(Ok(None), |frame| self.inner.look(&frame.dir, &entry.name, path))
                }),
            };
            if let Some(next) = step.transpose() {
                return Some(next);
            }
        }
    }

    /// Goes into a folder, unless it is gone by now.
    fn descend(&mut self, name: &str, path: String) -> Result<Option<ObjectMeta>> {
        let Some(frame) = self.frames.last() else { return Ok(None) };
        let opened = cap_fs_ext::DirExt::open_dir_nofollow(&frame.dir, name);
        let entered = match opened {
            Ok(dir) => self.inner.enter(dir, &path),
            Err(error) => {
                Err(self.inner.root.failed("list the folder", &path, error).into_store(&path))
            }
        };
        match entered {
            Ok(frame) => self.frames.push(frame),
            Err(_) if frame.dir.symlink_metadata(name).is_err() => {}
            Err(error) => return Err(error),
        }
        Ok(None)
    }
}

/// Whether all that has this path, or lies in the folder that has it, comes before the offset.
fn is_before(path: &str, is_folder: bool, offset: &str) -> bool {
    match is_folder {
        false => path <= offset,
        true => {
            let folder = format!("{path}/");
            folder.as_str() <= offset && !offset.starts_with(&folder)
        }
    }
}
