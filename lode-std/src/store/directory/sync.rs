//! Syncs of folders: shared by those that wait for the same, and skipped where they are known.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Mutex as AsyncMutex;

use super::blocking;
use super::error::DirectoryError;
#[cfg(unix)]
use super::error::is_unsupported;
use super::root::{Chain, Folder, Identity};

/// How many folders and files are remembered as durable. Then all are forgotten, and synced once
/// more when they are met.
const REMEMBERED: usize = 16_384;

/// What of a store is durable, and which syncs are under way.
#[derive(Debug, Default)]
pub(super) struct Syncs {
    /// Folders and files whose names were synced by this process.
    durable: Mutex<HashSet<Identity>>,
    /// Files whose bytes could not be synced. The operating system reports that once, and drops
    /// the bytes: that a later sync succeeds proves nothing.
    lost: Mutex<HashSet<Identity>>,
    groups: Mutex<HashMap<(u64, u64), Arc<Group>>>,
}

/// What must be synced before an object is acknowledged.
#[derive(Debug)]
pub(super) struct Pending {
    /// Whose bytes are not synced yet.
    pub(super) file: Option<File>,
    /// The object itself.
    pub(super) object: Identity,
    /// The folders on the way to it.
    pub(super) chain: Chain,
}

/// Why the syncs of an object did not succeed.
pub(super) enum SyncError {
    /// The bytes of the file are lost.
    File(io::Error),
    Folder(io::Error),
}

/// Those that wait for the sync of one folder.
#[derive(Debug, Default)]
struct Group {
    /// How many have come.
    arrived: std::sync::atomic::AtomicU64,
    state: AsyncMutex<Done>,
}

/// Up to whom the syncs have come: a sync covers all who came before it began.
#[derive(Debug, Default)]
struct Done {
    synced: u64,
    failed: u64,
    error: Option<i32>,
}

impl Syncs {
    pub(super) fn is_durable(&self, identity: Identity) -> bool {
        lock(&self.durable).contains(&identity)
    }

    /// A new file has got this number: what became of the one that had it before is over.
    pub(super) fn is_new(&self, identity: Identity) {
        lock(&self.lost).remove(&identity);
    }

    /// Syncs the object and every folder on the way to it that is not known to be durable, all at
    /// the same time.
    pub(super) async fn settle(&self, pending: Pending) -> Result<(), SyncError> {
        let Pending { file, object, chain } = pending;
        if lock(&self.lost).contains(&object) {
            let why = "its bytes could not be synced before, and may be lost: write it again";
            return Err(SyncError::File(io::Error::other(why)));
        }
        let file = async {
            let Some(file) = file else { return Ok(()) };
            let synced = blocking(move || file.sync_all()).await;
            let synced = synced.map_err(io::Error::other).and_then(|synced| synced);
            synced.map_err(|error| {
                if object.inode != 0 {
                    lock(&self.lost).insert(object);
                }
                SyncError::File(error)
            })
        };
        let folders = self.unsynced(&chain).into_iter().map(|folder| self.sync(folder));
        let folders = async {
            let results = futures::future::join_all(folders).await;
            results.into_iter().collect::<io::Result<()>>().map_err(SyncError::Folder)
        };
        let (file, folders) = futures::future::join(file, folders).await;
        file.and(folders)?;
        let named = chain.iter().filter(|folder| folder.is_named);
        self.remember(named.map(|folder| folder.identity).chain([object]));
        Ok(())
    }

    /// The folder of the object, and each that names one that is not known to be durable.
    fn unsynced(&self, chain: &Chain) -> Vec<Folder> {
        let durable = lock(&self.durable);
        let names = chain.iter().zip(chain.iter().skip(1));
        let fresh = names.filter(|(_, below)| !durable.contains(&below.identity));
        let mut folders: Vec<_> = fresh.map(|(above, _)| above.clone()).collect();
        folders.extend(chain.last().cloned());
        folders
    }

    fn remember(&self, identities: impl Iterator<Item = Identity>) {
        let mut durable = lock(&self.durable);
        if durable.len() > REMEMBERED {
            durable.clear();
        }
        // Of what has no birth nobody could tell that it was made again.
        durable.extend(identities.filter(|identity| identity.born.is_some()));
    }

    /// Syncs a folder, together with all who wait for that.
    async fn sync(&self, folder: Folder) -> io::Result<()> {
        let id = (folder.identity.device, folder.identity.inode);
        let group = lock(&self.groups).entry(id).or_default().clone();
        let result = group.sync(folder).await;
        let mut groups = lock(&self.groups);
        if groups.get(&id).is_some_and(|group| Arc::strong_count(group) <= 2) {
            groups.remove(&id);
        }
        result
    }
}

impl Group {
    async fn sync(&self, folder: Folder) -> io::Result<()> {
        use std::sync::atomic::Ordering::SeqCst;

        let ticket = self.arrived.fetch_add(1, SeqCst) + 1;
        let mut done = self.state.lock().await;
        if ticket <= done.synced {
            return Ok(());
        }
        if ticket <= done.failed {
            let code = done.error.map(io::Error::from_raw_os_error);
            return Err(code.unwrap_or_else(|| io::Error::other("a shared sync failed")));
        }
        let covered = self.arrived.load(SeqCst);
        let synced = blocking(move || sync_folder(&folder)).await.map_err(io::Error::other);
        let result = synced.and_then(|synced| synced);
        match &result {
            Ok(()) => done.synced = covered,
            Err(error) => (done.failed, done.error) = (covered, error.raw_os_error()),
        }
        result
    }
}

/// Makes durable which names a folder has. File systems that cannot sync folders say so, and keep
/// their names by other means or not at all: `lode probe` tells.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Folder) -> io::Result<()> {
    match folder.for_sync()?.sync_all() {
        Err(error) if is_unsupported(&error) && error.kind() != io::ErrorKind::PermissionDenied => {
            Ok(())
        }
        result => result,
    }
}

/// Folders cannot be synced there, and need not be.
#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Folder) -> io::Result<()> {
    Ok(())
}

impl SyncError {
    /// What is said of it: the object at `path` is there, or may be.
    pub(super) fn into_error(self, path: &str) -> DirectoryError {
        match self {
            Self::File(error) => DirectoryError::uncertain(format!("cannot sync {path}"), error),
            Self::Folder(error) => {
                DirectoryError::uncertain(format!("cannot sync the folders of {path}"), error)
            }
        }
    }
}

/// Nothing is left half done under these locks.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
