//! A commit to a directory, against the same bytes in as many files and with as many syncs.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use lode_benches::pair::{Paired, time};
use lode_benches::ratios::target;
use lode_benches::runtime;
use lode_std::{Volume, meta, store};

const COMMITS: u64 = 20;
const BLOCK: usize = 64 << 10;

pub(crate) fn run(paired: &mut Paired) {
    let runtime = runtime().unwrap();
    // On the disk that is built on: a temporary folder may be in memory.
    fs::create_dir_all(target()).unwrap();
    let dir = tempfile::tempdir_in(target()).unwrap();
    let store = store::open(dir.path().to_str().unwrap()).unwrap();
    let builder = Volume::builder("bench", 1 << 40);
    let volume = runtime.block_on(builder.open(store)).unwrap();
    let (mut next, mut round) = (0, 0);
    let bytes = vec![7; BLOCK];
    paired.compare(
        "durable commit",
        21,
        Duration::ZERO,
        || {
            time(|| {
                for _ in 0..COMMITS {
                    let commit = async {
                        let block = volume.stage_at(next, bytes.clone()).await.unwrap();
                        volume.commit([block], meta! {}).await.unwrap();
                    };
                    runtime.block_on(commit);
                    next += BLOCK as u64;
                }
            })
        },
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

/// A block and a manifest under names that were not there, and a hint in place of the one before.
/// With as many syncs as a commit has, which are eight: the new folder of the slot is synced as well,
/// before there is anything in it.
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
