//! A process is killed in the middle of writing to a directory, again and again.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use lode_core::ErrorKind;
use lode_core::store::{Name, ReadStore, Store};
use lode_std::device::Directory;
use lode_std::{Entropy, SystemEntropy};

use crate::contract::{block, names, read_all};
use crate::support::{number_from, pattern};

/// What tells the process where to write, from which number on, and whether to link.
const TASK: &str = "LODE_TEST_DEVICE_VICTIM";
/// How many times it is killed.
const ROUNDS: &str = "LODE_TEST_ROUNDS";
/// What the moments follow from; another one each time, unless it is set.
const SEED: &str = "LODE_TEST_SEED";
/// The length of an object.
const LENGTH: usize = 40_000;

/// Whole or not there, and there if it was acknowledged; whatever was under way is cleaned up.
#[test]
fn what_was_acknowledged_is_there_and_the_rest_is_whole_or_not() {
    let seed = number_from(SEED, SystemEntropy.bits().unwrap());
    println!("{SEED}={seed}");
    let mut random: u64 = seed;
    for links in ["links", "renames"] {
        let place = tempfile::tempdir().unwrap();
        let mut next = 1;
        for _ in 0..number_from(ROUNDS, 5_u32) {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let acknowledged = run_and_kill(place.path(), links, next, 1 + (random >> 33) % 20);
            let mut store = Directory::open(place.path()).unwrap();
            let files = std::fs::read_dir(place.path()).unwrap().count();
            assert_eq!(files, names(&mut store).len(), "something was left behind");
            for number in next..=acknowledged {
                let bytes = read_all(&mut store, &block(number)).unwrap();
                assert_eq!(bytes, pattern(number, LENGTH), "object {number} of {links}");
            }
            next = acknowledged + 1;
            match read_all(&mut store, &block(next)) {
                Ok(bytes) => {
                    assert_eq!(bytes, pattern(next, LENGTH), "object {next} of {links}");
                    next += 1;
                }
                Err(kind) => assert_eq!(kind, ErrorKind::NotFound),
            }
            let hint = read_all(&mut store, &Name::HINT).unwrap();
            let hint: u64 = String::from_utf8(hint).unwrap().parse().unwrap();
            assert!(hint == acknowledged || hint == acknowledged + 1, "{hint}, {acknowledged}");
        }
    }
}

/// Starts the process, and kills it after so many objects: the last that it has acknowledged.
fn run_and_kill(place: &std::path::Path, links: &str, first: u64, objects: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::victim", "--ignored", "--nocapture"])
        .env(TASK, format!("{first} {links} {}", place.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = first - 1;
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while said.read_line(&mut line).unwrap() > 0 {
        // The last line may have been cut.
        let number = line.strip_suffix('\n').and_then(|line| line.strip_prefix("acknowledged "));
        acknowledged = number.map_or(acknowledged, |number| number.parse().unwrap());
        if acknowledged == first - 1 + objects {
            child.kill().unwrap();
        }
        line.clear();
    }
    child.wait().unwrap();
    assert!(acknowledged >= first - 1 + objects, "it came to an end by itself");
    acknowledged
}

#[test]
#[ignore = "the process that is killed, started by another test"]
fn victim() {
    // Without this it was not started by that test.
    let Ok(task) = std::env::var(TASK) else { return };
    let mut parts = task.splitn(3, ' ');
    let first: u64 = parts.next().unwrap().parse().unwrap();
    let links = parts.next().unwrap() == "links";
    let store = Directory::open(parts.next().unwrap()).unwrap();
    let mut store = if links { store } else { store.without_links() };
    println!();
    for number in first.. {
        let bytes = pattern(number, LENGTH);
        let (head, tail) = bytes.split_at(LENGTH / 3);
        store.create(&block(number), &[head, tail]).unwrap();
        store.replace(&Name::HINT, &[number.to_string().as_bytes()]).unwrap();
        println!("acknowledged {number}");
        assert!(store.read(&block(number), 0, &mut [0; 4]).unwrap() == 4);
    }
}
