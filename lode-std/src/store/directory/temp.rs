//! The one place for files that are not objects: those that are being written, and the reserve.

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use cap_fs_ext::DirExt;
use cap_std::fs::{Dir, OpenOptions};
use percent_encoding::percent_decode_str;

use super::root::Root;
use super::sync::lock;
use crate::{Entropy, SystemEntropy};

/// The folder below the root. No list shows it, and no key leads into it.
pub(crate) const PLACE: &str = ".lode-tmp";
/// The file that holds room for a disk that is full.
pub(super) const RESERVE: &str = "reserve";
/// The file whose lock orders exclusive renames, where those are all there is.
#[cfg(unix)]
const LOCK: &str = "lock";
/// How many bytes are reserved: a record, its folder and what the file system needs for them.
const RESERVED: usize = 64 << 10;
/// The longest name of a file that every file system takes, and a little less.
const LONGEST: usize = 240;
/// Between the token and the key in a name.
const SEPARATOR: char = '!';

/// Makes temporary files in a store.
#[derive(Debug)]
pub(super) struct TempPlace {
    /// Open since the first write.
    dir: Mutex<Option<Arc<Dir>>>,
    /// Tells this process from others.
    random: u64,
    count: AtomicU64,
    /// Whether the reserve was there when it was last looked for.
    is_reserved: AtomicBool,
}

/// A file that is being written. It is removed when it is dropped before it has got a name.
#[derive(Debug)]
pub(super) struct TempFile {
    pub(super) dir: Arc<Dir>,
    pub(super) name: String,
    pub(super) file: File,
    is_published: AtomicBool,
}

impl TempPlace {
    pub(super) fn new() -> io::Result<Self> {
        let random = SystemEntropy.bits().map_err(io::Error::other)?;
        let (dir, count, is_reserved) = Default::default();
        Ok(Self { dir, random, count, is_reserved })
    }

    /// The folder itself; made if it is missing.
    pub(super) fn dir(&self, root: &Root) -> io::Result<Arc<Dir>> {
        let mut held = lock(&self.dir);
        match &*held {
            Some(dir) => Ok(dir.clone()),
            None => {
                let dir = Arc::new(make(root.dir())?);
                *held = Some(dir.clone());
                Ok(dir)
            }
        }
    }

    /// A new file, for the object of a key.
    pub(super) fn create(&self, root: &Root, key: &str) -> io::Result<TempFile> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let name = name_of(&format!("{:016x}{number:x}", self.random), key);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        let dir = self.dir(root)?;
        let (dir, file) = match dir.open_with(&name, &options) {
            // Somebody has removed the folder.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *lock(&self.dir) = None;
                let dir = self.dir(root)?;
                let file = dir.open_with(&name, &options)?;
                (dir, file)
            }
            file => (dir, file?),
        };
        Ok(TempFile { dir, name, file: file.into_std(), is_published: AtomicBool::new(false) })
    }

    /// Makes the reserve unless it is there: as well as it can be done, and without a sync.
    pub(super) fn reserve(&self, root: &Root) {
        if self.is_reserved.load(Ordering::Relaxed) {
            return;
        }
        let made = self.dir(root).and_then(|dir| make_reserve(&dir));
        self.is_reserved.store(made.is_ok(), Ordering::Relaxed);
    }

    /// The file whose lock orders exclusive renames. It must stay where it is: who locks another
    /// file with its name excludes nobody.
    #[cfg(unix)]
    pub(super) fn open_lock(dir: &Dir) -> io::Result<File> {
        let file = dir.open_with(LOCK, OpenOptions::new().write(true).create(true))?;
        Ok(file.into_std())
    }

    /// Gives the reserved room to others: whether there was any.
    pub(super) fn release(&self, root: &Root) -> bool {
        self.is_reserved.store(false, Ordering::Relaxed);
        self.dir(root).and_then(|dir| dir.remove_file(RESERVE)).is_ok()
    }
}

fn make(root: &Dir) -> io::Result<Dir> {
    match root.create_dir(PLACE) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => root.open_dir_nofollow(PLACE),
    }
}

fn make_reserve(dir: &Dir) -> io::Result<()> {
    let mut file = match dir.open_with(RESERVE, OpenOptions::new().write(true).create_new(true)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        file => file?,
    };
    // Bytes that no file system can compress away.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .take(RESERVED / 8)
    .flatten()
    .collect();
    let written = file.write_all(&noise);
    if written.is_err() {
        drop(file);
        let _ = dir.remove_file(RESERVE);
    }
    written
}

impl TempFile {
    /// It has its name by now, and this one is gone.
    pub(super) fn set_published(&self) {
        self.is_published.store(true, Ordering::Relaxed);
    }

    /// Writes at an offset, whatever else is written at the same time.
    pub(super) fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, offset);
        #[cfg(windows)]
        {
            let (mut bytes, mut offset) = (bytes, offset);
            while !bytes.is_empty() {
                let written = std::os::windows::fs::FileExt::seek_write(&self.file, bytes, offset)?;
                bytes = bytes.get(written..).unwrap_or_default();
                offset += written as u64;
            }
            Ok(())
        }
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        if self.is_published.load(Ordering::Relaxed) {
            return;
        }
        let (dir, name) = (self.dir.clone(), std::mem::take(&mut self.name));
        let remove = move || {
            if let Err(error) = dir.remove_file(&name)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(name, %error, "a temporary file was left behind");
            }
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_) => remove(),
        }
    }
}

/// The name of a temporary file, from which its key can be read again.
fn name_of(token: &str, key: &str) -> String {
    let mut name = format!("{token}{SEPARATOR}");
    for byte in key.bytes() {
        let text = match byte {
            b'/' => SEPARATOR.to_string(),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'=' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        };
        if name.len() + text.len() > LONGEST {
            break;
        }
        name.push_str(&text);
    }
    name
}

/// The key in the name of a temporary file; of a very long key, as much as the name has room for.
/// `None` for what is no such file.
pub(crate) fn key_of(name: &str) -> Option<String> {
    let (token, key) = name.split_once(SEPARATOR)?;
    let is_token = token.len() > 16 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    let key = key.replace(SEPARATOR, "/");
    // A key that was cut may end in the middle of a character.
    let key = percent_decode_str(&key).decode_utf8_lossy();
    (is_token && !key.is_empty()).then(|| key.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_from_names() {
        for key in ["volumes/v/data/0-5-a.bin", "datasets/ä b/day=1/x%2Fy", "a!b", "x#1"] {
            let name = name_of("0123456789abcdef0", key);
            assert!(!name.contains('/'), "{name}");
            assert_eq!(key_of(&name).as_deref(), Some(key), "{name}");
        }
        let long = "volumes/".to_string() + &"ü".repeat(500);
        let name = name_of("0123456789abcdef0", &long);
        assert!(name.len() <= LONGEST);
        assert!(long.starts_with(key_of(&name).unwrap().trim_end_matches('\u{fffd}')));
        for name in [RESERVE, "lock", "notes#3", "0123!x", ""] {
            assert_eq!(key_of(name), None, "{name}");
        }
    }
}
