//! Processes are killed in the middle of their work, again and again.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lode_std::{Entropy, SystemEntropy, store};

use crate::leftovers::{Numbers, check, commit_block, dataset, volume, write_record};
use crate::support::number_from;

/// What tells a process where to write, and from which number on.
const TASK: &str = "LODE_TEST_VICTIM";
/// How many times all of them are killed.
const ROUNDS: &str = "LODE_TEST_ROUNDS";
/// What the moments follow from; another one each time, unless it is set.
const SEED: &str = "LODE_TEST_SEED";
/// After how many rounds there is a new directory: each check reads the whole history.
const HISTORY: usize = 10;
/// How many write at the same time.
const PROCESSES: u64 = 4;
/// How many numbers each process of a round has for itself.
const SHARE: u64 = 100_000;

fn spawn(directory: &str, first: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::victim", "--ignored", "--nocapture"])
        .env(TASK, format!("{first} {directory}"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn all_that_was_acknowledged_before_the_kill_is_there() {
    let seed = number_from(SEED, SystemEntropy.bits().unwrap());
    println!("{SEED}={seed}");
    let (rounds, mut random) = (number_from(ROUNDS, 8_u64), seed);
    let (mut blocks, mut records) = (0, 0);
    for begin in (0..rounds).step_by(HISTORY) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_str().unwrap();
        let (mut acknowledged, mut attempted) = (Numbers::default(), Numbers::default());
        for round in begin..rounds.min(begin + HISTORY as u64) {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let moment = Duration::from_millis(50 + (random >> 33) % 200);
            for said in kill_all(path, round, moment).await {
                note(&said, &mut acknowledged, &mut attempted);
            }
            let next = (rounds * PROCESSES + round) * SHARE;
            check(store::open(path).unwrap(), &acknowledged, &attempted, next).await;
            for numbers in [&mut acknowledged, &mut attempted] {
                numbers.note(&format!("block {next}"));
                numbers.note(&format!("record {next}"));
            }
        }
        blocks += acknowledged.blocks.len();
        records += acknowledged.records.len();
    }
    println!(
        "{PROCESSES} processes killed {rounds} times: {blocks} blocks and {records} records were \
         acknowledged, and are there"
    );
    assert!(blocks as u64 > rounds, "they hardly got to work: {blocks}");
}

/// Lets processes write for so long, kills them, and returns what each has said.
async fn kill_all(path: &str, round: u64, moment: Duration) -> Vec<String> {
    let first = |process| (round * PROCESSES + process) * SHARE;
    let mut children: Vec<_> = (0..PROCESSES).map(|p| spawn(path, first(p))).collect();
    tokio::time::sleep(moment).await;
    for child in &mut children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let said = children.into_iter().map(|mut child| {
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        said
    });
    said.collect()
}

/// Takes note of what a process has said. Its last line may have been cut.
fn note(said: &str, acknowledged: &mut Numbers, attempted: &mut Numbers) {
    for line in said.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        if let Some(what) = line.strip_prefix("attempt ") {
            attempted.note(what);
        } else if let Some(what) = line.strip_prefix("acknowledged ") {
            acknowledged.note(what);
        }
    }
}

#[tokio::test]
#[ignore = "the process that is killed, started by another test"]
async fn victim() {
    // Without this it was not started by that test.
    let Ok(task) = std::env::var(TASK) else { return };
    let (first, directory) = task.split_once(' ').unwrap();
    let store = store::open(directory).unwrap();
    let volume = volume().open(store.clone()).await.unwrap();
    let dataset = dataset().open(store).await.unwrap();
    for number in first.parse().unwrap().. {
        println!("\nattempt block {number}");
        commit_block(&volume, number).await.unwrap();
        println!("\nacknowledged block {number}\nattempt record {number}");
        write_record(&dataset, number).await.unwrap();
        println!("\nacknowledged record {number}");
    }
}
