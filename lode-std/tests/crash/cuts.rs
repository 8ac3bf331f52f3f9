//! The power is cut after every system call of the store for directories: what was not synced is
//! lost, all of it or any part. Also while a process goes on after one that was killed.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::Command;

use futures::future::join;
use lode_std::{Entropy, SystemEntropy, store};

use crate::disk::{CALLS, Call, Disk, read_trace};
use crate::leftovers::{Numbers, check, commit_block, dataset, volume, write_record};
use crate::support::number_from;

/// What tells a process where to write, and from which number on.
const TASK: &str = "LODE_TEST_CUT";
/// What the parts that survive follow from; another one each time, unless it is set.
const SEED: &str = "LODE_TEST_SEED";
/// How many blocks and records each process commits.
const COMMITS: u64 = 3;
/// Which number is committed after a crash.
const NEXT: u64 = 1_000;
/// Before which of its syncs a process is killed: each of those up to this.
const KILLS: usize = 36;

#[test]
#[ignore = "the process that is traced, started by other tests"]
fn victim() {
    // Without this it was not started by one of them.
    let Ok(task) = std::env::var(TASK) else { return };
    let [first, threads, directory] = task.splitn(3, ' ').collect::<Vec<_>>()[..] else {
        panic!("{task}")
    };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.max_blocking_threads(threads.parse().unwrap()).enable_all();
    runtime.build().unwrap().block_on(work(first.parse().unwrap(), directory));
}

/// Commits blocks and records at the same time.
async fn work(first: u64, directory: &str) {
    let store = store::open(directory).unwrap();
    let blocks = async {
        let volume = volume().open(store.clone()).await.unwrap();
        for number in first..first + COMMITS {
            println!("\nattempt block {number}");
            commit_block(&volume, number).await.unwrap();
            println!("\nacknowledged block {number}");
        }
    };
    let records = async {
        let dataset = dataset().open(store.clone()).await.unwrap();
        for number in first..first + COMMITS {
            println!("\nattempt record {number}");
            write_record(&dataset, number).await.unwrap();
            println!("\nacknowledged record {number}");
        }
    };
    join(blocks, records).await;
}

/// Runs a process with so many threads for its work on files; its system calls, or `None` if there
/// is no `strace` here.
fn traced(first: u64, threads: usize, directory: &Path, options: &[&str]) -> Option<Vec<Call>> {
    let trace = directory.with_extension("trace");
    let out = Command::new("strace")
        .args(["-f", "-y", "-xx", "-s", "4194304", "-e", CALLS, "-o"])
        .arg(&trace)
        .args(options)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "cuts::victim", "--ignored", "--nocapture"])
        .env(TASK, format!("{first} {threads} {}", directory.display()))
        .output();
    if let Err(error) = out {
        println!("skipped: strace: {error}");
        return None;
    }
    let text = fs::read_to_string(&trace).unwrap();
    fs::remove_file(trace).unwrap();
    Some(read_trace(&text, directory))
}

/// Cuts the power after each call that matters: nothing that was not synced is left, and then some
/// of it.
async fn cut(
    disk: &mut Disk,
    calls: &[Call],
    matters: impl Fn(&Call) -> bool,
    random: &mut u64,
) -> usize {
    let mut states = 0;
    for call in calls {
        disk.apply(call);
        if !matters(call) {
            continue;
        }
        let (acknowledged, attempted) = said(&disk.said);
        for round in 0..2 {
            // In memory, since nothing of it has to be durable.
            let memory = Path::new("/dev/shm");
            let dir = match memory.is_dir() {
                true => tempfile::tempdir_in(memory).unwrap(),
                false => tempfile::tempdir().unwrap(),
            };
            let mut survives = || {
                *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                round > 0 && *random >> 62 > 0
            };
            disk.cut(dir.path(), &mut survives);
            let store = store::open(dir.path().to_str().unwrap()).unwrap();
            check(store, &acknowledged, &attempted, NEXT).await;
            states += 1;
        }
    }
    states
}

fn said(text: &str) -> (Numbers, Numbers) {
    let (mut acknowledged, mut attempted) = (Numbers::default(), Numbers::default());
    for line in text.lines() {
        if let Some(what) = line.strip_prefix("attempt ") {
            attempted.note(what);
        } else if let Some(what) = line.strip_prefix("acknowledged ") {
            acknowledged.note(what);
        }
    }
    (acknowledged, attempted)
}

fn seed() -> u64 {
    let seed = number_from(SEED, SystemEntropy.bits().unwrap());
    println!("{SEED}={seed}");
    seed
}

#[tokio::test]
async fn after_every_system_call_all_that_was_acknowledged_is_there() {
    let mut random = seed();
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    let Some(calls) = traced(0, 8, &root, &[]) else { return };
    let mut disk = Disk::new();
    // The others change nothing that a power cut leaves for sure.
    let matters =
        |call: &Call| !matches!(call, Call::Write(..) | Call::BeginSync(..) | Call::Create(_));
    let states = cut(&mut disk, &calls, matters, &mut random).await;
    let (acknowledged, _) = said(&disk.said);
    assert_eq!(acknowledged.blocks.len() as u64, COMMITS, "{}", disk.said);
    assert_eq!(acknowledged.records.len() as u64, COMMITS, "{}", disk.said);
    println!("{} system calls, {states} states after a power cut, each as promised", calls.len());
}

/// The first process is killed at a sync, so what it has made is not durable, and may be seen. The
/// second one relies on it.
#[tokio::test]
async fn a_process_that_goes_on_after_a_killed_one_makes_durable_what_that_left() {
    let (mut random, mut states) = (seed(), 0);
    for kill in 1..=KILLS {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        // It has one thread for files, since `strace` counts the calls of each.
        let inject = format!("inject=fsync:error=EINTR:signal=KILL:when={kill}");
        let Some(killed) = traced(0, 1, &root, &["-e", &inject]) else { return };
        let mut disk = Disk::new();
        killed.iter().for_each(|call| disk.apply(call));
        disk.forget_syncs();
        let (before, _) = said(&disk.said);
        let Some(calls) = traced(100, 8, &root, &[]) else { return };
        let matters = |call: &Call| matches!(call, Call::Say(text) if text.contains("ackn"));
        states += cut(&mut disk, &calls, matters, &mut random).await;
        let (acknowledged, _) = said(&disk.said);
        let gone_on = acknowledged.blocks.len() - before.blocks.len();
        assert_eq!(gone_on as u64, COMMITS, "{}", disk.said);
    }
    println!("{KILLS} killed processes, {states} states after a power cut");
}
