//! What a volume of ten million blocks costs in requests, bytes and memory: counted, not timed.
//!
//! ```text
//! cargo bench -p lode-benches --bench scale
//! ```
//!
//! The volume is written into a directory, as its first commit would have, and a process that has
//! nothing else in its memory opens it. What is aimed at is compared with what was counted, and
//! written to `target/bench/scale.json`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench fails by panicking")]
#![allow(clippy::print_stdout, reason = "it reports")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::{env, fs};

use lode_benches::counting::{Count, Counting};
use lode_benches::ratios::{self, Ratio};
use lode_benches::{BLOCK, SAMPLE, STRIDE, large, memory, runtime, scale};
use lode_std::{Version, Volume, meta};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use serde::{Deserialize, Serialize};

const BLOCKS: u64 = 10_000_000;
/// Asks this program to open the volume in a directory.
const FLAG: &str = "--open";

/// What was counted.
#[derive(Deserialize, Serialize)]
struct Counted {
    /// Requests for the newest snapshot and a block of it, where nothing is known.
    newest: u64,
    /// Requests for a snapshot whose version is known and a block of it, by a handle that is open.
    known: u64,
    /// Bytes that were read for the first of these.
    read: u64,
    /// Bytes that were written by a commit of one block, the block included.
    written: u64,
    /// By how many bytes the greatest amount of memory grew, up to there; 0 where that cannot be
    /// told.
    memory: u64,
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    if let [flag, dir] = args.as_slice()
        && flag == FLAG
    {
        return println!("{}", serde_json::to_string(&open(Path::new(dir))).unwrap());
    }
    // On the disk that is built on: a temporary folder may be in memory.
    fs::create_dir_all(ratios::target()).unwrap();
    let dir = tempfile::tempdir_in(ratios::target()).unwrap();
    runtime().unwrap().block_on(large::write(&directory(dir.path()), scale(BLOCKS))).unwrap();

    let child = Command::new(env::current_exe().unwrap()).arg(FLAG).arg(dir.path()).output();
    let counted: Counted = serde_json::from_slice(&child.unwrap().stdout).unwrap();
    let ratios = [
        ("requests for a known version and a block", counted.known, 4),
        ("requests for the newest snapshot and a block", counted.newest, 4),
        ("bytes read for the newest snapshot and a block", counted.read, 1 << 20),
        ("bytes of memory for that and a commit", counted.memory, 16 << 20),
        ("bytes written by a commit", counted.written, 64 << 10),
    ]
    .map(|(name, counted, aim)| {
        println!("{name}: {counted}, aim {aim}");
        let name = format!("{BLOCKS} blocks/{name}");
        Ratio::of_costs(name, counted as f64, ("the most that it may be", f64::from(aim)), 1.0)
    });
    ratios::write("scale", &ratios).unwrap();
}

fn directory(dir: &Path) -> Arc<dyn ObjectStore> {
    Arc::new(LocalFileSystem::new_with_prefix(dir).unwrap())
}

fn open(dir: &Path) -> Counted {
    let counting = Counting::new(directory(dir));
    let before = memory("VmHWM");
    let (newest, known, commit) = runtime().unwrap().block_on(async {
        let place = SAMPLE * STRIDE;
        let within = place..place + BLOCK;
        let newest = Volume::existing(large::ID).latest(counting.store()).await.unwrap().unwrap();
        newest.read_at(within.clone()).await.unwrap();
        let of_newest = counting.take();

        let reader = Volume::existing(large::ID).open_read_only(counting.store()).await.unwrap();
        counting.take();
        let snapshot = reader.snapshot(Version::FIRST).await.unwrap();
        snapshot.read_at(within).await.unwrap();
        let of_known = counting.take();

        let volume = Volume::existing(large::ID).open(counting.store()).await.unwrap();
        counting.take();
        let block = volume.stage_at(place + 2 * BLOCK, "between".repeat(2)).await.unwrap();
        volume.commit([block], meta! {}).await.unwrap();
        (of_newest, of_known, counting.take())
    });
    let Count { requests, read, .. } = newest;
    let grown = memory("VmHWM").zip(before).map(|(after, before)| after - before);
    let memory = grown.unwrap_or(0);
    Counted { newest: requests, known: known.requests, read, written: commit.written, memory }
}
