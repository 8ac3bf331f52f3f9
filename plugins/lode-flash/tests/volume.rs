//! A volume on a flash whose power is cut at every byte of 50 commits, and again while that is
//! mended: what was acknowledged is there, what was interrupted is there wholly or not at all, and
//! the volume goes on. And on one that is full, until pruning makes room, cut off in the same way.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use fastrand::Rng;
use lode_core::device::Settings;
use lode_core::range::ByteRange;
use lode_core::time::NoClock;
use lode_core::{Volume, VolumeError};
use lode_flash::{Error, FlashStore};
use support::{Flash, PowerLoss, Torn};

const PAGE: usize = 512;
const PAGES: usize = 14;
type Nor = Flash<4, PAGE, PAGES>;
type Log = Volume<FlashStore<Nor, 128, 1024>, NoClock, 12>;

const COMMITS: u64 = 50;
const SETTINGS: Settings = Settings { id: "log", length: 1 << 20, device: 7 };
/// How many bytes a block has, and how many blocks lie next to each other.
const BLOCK: u64 = 12;
const NEIGHBOURS: u64 = 10;
/// How many bytes lie between two cuts; 1 is every byte, and takes minutes.
const STRIDE: &str = "LODE_TEST_STRIDE";

fn open(flash: Nor) -> Log {
    Volume::new(FlashStore::new(flash, 0..Nor::LENGTH), NoClock)
}

fn close(mut log: Log) -> Nor {
    let empty = FlashStore::new(Nor::blank(0), 0..Nor::LENGTH);
    std::mem::replace(log.store_mut(), empty).into_flash()
}

fn offset(number: u64) -> u64 {
    number / NEIGHBOURS * 1000 + number % NEIGHBOURS * BLOCK
}

fn bytes(from: u64, length: u64) -> Vec<u8> {
    (from..from + length).map(|at| (at.wrapping_mul(2_654_435_761) >> 7) as u8).collect()
}

fn append(log: &mut Log, number: u64) -> Result<(), VolumeError<Error<PowerLoss>>> {
    log.stage(offset(number), &bytes(offset(number), BLOCK))?;
    log.commit(&[], &mut [0; 1024]).map(drop)
}

/// What a logger does in one go.
fn commit(log: &mut Log, number: u64) -> Result<(), VolumeError<Error<PowerLoss>>> {
    append(log, number)?;
    if number % 4 == 3 {
        log.prune(2)?;
    }
    Ok(())
}

/// All that is committed is what was written, and there are so many commits.
fn check(log: &mut Log, count: u64) {
    assert_eq!(log.covered(), count * BLOCK);
    for first in (0..count).step_by(NEIGHBOURS as usize) {
        let length = NEIGHBOURS.min(count - first) * BLOCK;
        let mut found = vec![0; length as usize];
        log.read_at(offset(first), &mut found).unwrap();
        assert!(found == bytes(offset(first), length), "other bytes at {}", offset(first));
    }
}

/// One cut in a commit, one more while it is mended, and then work.
fn cut(before: &Nor, number: u64, fuel: usize) -> bool {
    let mut log = open(before.clone().restarted(Some(fuel)));
    if log.mount(SETTINGS).and_then(|()| commit(&mut log, number)).is_ok() {
        return false;
    }
    let mut flash = close(log);
    let again = flash.random.usize(..60);
    let mut log = open(flash.restarted(Some(again)));
    let _ = log.mount(SETTINGS);
    let mut log = open(close(log).restarted(None));
    log.mount(SETTINGS).unwrap();
    let version = log.head().map_or(0, |version| version.get());
    assert!(
        version == number || version == number + 1,
        "{number} were acknowledged, not {version}"
    );
    check(&mut log, version);
    let gap = ByteRange::new(offset(version), offset(version) + BLOCK).unwrap();
    assert!(log.gaps(gap).eq([gap]), "what is not committed is a gap");
    commit(&mut log, version).unwrap();
    let mut log = open(close(log));
    log.mount(SETTINGS).unwrap();
    check(&mut log, version + 1);
    true
}

fn stride() -> usize {
    std::env::var(STRIDE).map_or(97, |stride| stride.parse().unwrap())
}

fn every_byte(torn: Torn) {
    let stride = stride();
    let mut log = open(Nor::blank(3));
    log.store_mut().format().unwrap();
    let (mut flash, mut cuts) = (close(log), 0);
    for number in 0..COMMITS {
        let mut before = flash.clone();
        before.torn = torn;
        for fuel in (number as usize % stride..).step_by(stride) {
            before.random = Rng::with_seed(1000 * fuel as u64 + number);
            if !cut(&before, number, fuel) {
                break;
            }
            cuts += 1;
        }
        let mut log = open(flash);
        log.mount(SETTINGS).unwrap();
        commit(&mut log, number).unwrap();
        flash = close(log);
    }
    println!(
        "{torn:?}: {cuts} cuts in {COMMITS} commits, {} bytes written, {} erases",
        flash.written, flash.erases
    );
    assert!(flash.erases > 2 * PAGES, "the pages have come round");
}

#[test]
fn cut_off_with_a_prefix() {
    every_byte(Torn::Prefix);
}

#[test]
fn cut_off_with_nothing() {
    every_byte(Torn::Nothing);
}

#[test]
fn cut_off_with_any_bits() {
    every_byte(Torn::Bits);
}

#[test]
fn cut_off_half_way() {
    every_byte(Torn::Half);
}

#[test]
fn cut_off_while_room_is_made_on_a_full_flash() {
    for torn in [Torn::Prefix, Torn::Bits] {
        let mut log = open(Nor::blank(5));
        log.store_mut().format().unwrap();
        log.mount(SETTINGS).unwrap();
        let mut count = 0;
        let refused = loop {
            match append(&mut log, count) {
                Ok(()) => count += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(refused, VolumeError::MediumFull), "{refused}");
        let mut full = close(log);
        full.torn = torn;
        // It writes less than 50 commits do.
        let mut fuels = (0..).step_by(stride().div_ceil(16));
        let cuts = fuels.find(|fuel| !cut_pruning(&full, count, *fuel)).unwrap();
        assert!(cuts > 50, "{cuts} bytes are not much for {count} manifests");
    }
}

/// One cut while a full flash is pruned; then it has what it had, and room for more.
fn cut_pruning(full: &Nor, count: u64, fuel: usize) -> bool {
    let mut log = open(full.clone().restarted(Some(fuel)));
    let pruned = log.mount(SETTINGS).and_then(|()| log.prune(1));
    let mut log = open(close(log).restarted(None));
    log.mount(SETTINGS).unwrap();
    assert_eq!(log.head().map(|version| version.get()), Some(count));
    check(&mut log, count);
    log.prune(1).unwrap();
    append(&mut log, count).unwrap();
    let mut log = open(close(log));
    log.mount(SETTINGS).unwrap();
    check(&mut log, count + 1);
    pruned.is_err()
}
