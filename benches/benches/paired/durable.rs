//! A commit to a directory, against the same bytes in as many files and synced one after the other,
//! and against the same commit through `object_store`'s own store for directories.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lode_benches::pair::{Paired, time};
use lode_benches::ratios::target;
use lode_benches::runtime;
use lode_std::{Volume, meta, store};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use tokio::runtime::Runtime;

const COMMITS: u64 = 20;
const BLOCK: usize = 64 << 10;

pub(crate) fn run(paired: &mut Paired) {
    let runtime = runtime().unwrap();
    // On the disk that is built on: a temporary folder may be in memory.
    fs::create_dir_all(target()).unwrap();
    let dir = tempfile::tempdir_in(target()).unwrap();
    let mut round = 0;
    let bytes = vec![7; BLOCK];
    // Each begins a volume of its own: with more than 512 blocks, a commit writes a page besides.
    let folder = |name: &str| {
        let folder = dir.path().join(name);
        fs::create_dir(&folder).unwrap();
        folder
    };
    let ours = |name| {
        let store = store::open(folder(name).to_str().unwrap()).unwrap();
        Commits::new(&runtime, store)
    };
    let local = LocalFileSystem::new_with_prefix(folder("theirs")).unwrap().with_fsync(true);
    let (mut commits, mut local) = (ours("first"), Commits::new(&runtime, Arc::new(local)));
    paired.compare(
        "durable commit, other store",
        21,
        Duration::ZERO,
        || commits.run(&bytes),
        || local.run(&bytes),
    );
    let mut commits = ours("second");
    paired.compare(
        "durable commit",
        21,
        Duration::ZERO,
        || commits.run(&bytes),
        || {
            let folder = dir.path().join(format!("hand/{round}"));
            round += 1;
            for name in ["data", "snapshots"] {
                fs::create_dir_all(folder.join(name)).unwrap();
            }
            time(|| (0..COMMITS).for_each(|commit| by_hand(&folder, commit, &bytes)))
        },
    );
}

/// Commits of one block each to a volume of its own.
struct Commits<'a> {
    runtime: &'a Runtime,
    volume: Volume,
    next: u64,
}

impl<'a> Commits<'a> {
    fn new(runtime: &'a Runtime, store: Arc<dyn ObjectStore>) -> Self {
        let volume = runtime.block_on(Volume::builder("bench", 1 << 40).open(store)).unwrap();
        Self { runtime, volume, next: 0 }
    }

    fn run(&mut self, bytes: &[u8]) -> Duration {
        let Self { runtime, volume, next } = self;
        time(|| {
            for _ in 0..COMMITS {
                let commit = async {
                    let block = volume.stage_at(*next, bytes.to_vec()).await.unwrap();
                    volume.commit([block], meta! {}).await.unwrap();
                };
                runtime.block_on(commit);
                *next += BLOCK as u64;
            }
        })
    }
}

/// A block and a manifest under names that were not there, and a hint in place of the one before.
/// With all syncs that such a program needs, which are eight: the new folder of the slot is synced
/// as well, before there is anything in it.
fn by_hand(folder: &Path, commit: u64, bytes: &[u8]) {
    write(&folder.join("data"), &commit.to_string(), bytes, true);
    let slots = folder.join("snapshots");
    let slot = slots.join(commit.to_string());
    fs::create_dir(&slot).unwrap();
    File::open(&slot).unwrap().sync_all().unwrap();
    File::open(&slots).unwrap().sync_all().unwrap();
    write(&slot, "manifest", &[7; 500], true);
    write(folder, "latest", commit.to_string().as_bytes(), false);
}

/// Writes and syncs a file, gives it its name, and syncs the folder.
fn write(folder: &Path, name: &str, bytes: &[u8], is_new: bool) {
    let (temporary, path) = (folder.join(format!("{name}#1")), folder.join(name));
    let mut file = File::create_new(&temporary).unwrap();
    file.write_all(bytes).unwrap();
    file.sync_all().unwrap();
    if is_new {
        fs::hard_link(&temporary, &path).unwrap();
        fs::remove_file(&temporary).unwrap();
    } else {
        fs::rename(&temporary, &path).unwrap();
    }
    File::open(folder).unwrap().sync_all().unwrap();
}
