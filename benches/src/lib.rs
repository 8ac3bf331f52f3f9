//! What the benches work on.

pub mod bars;
pub mod counting;
pub mod large;
pub mod pair;
pub mod ratios;
pub mod records;

pub use self::large::SAMPLE;

use std::io;

use lode_std::{Error, Format, Snapshot, Staged, Volume, meta, store};
use tokio::runtime::{Builder, Runtime};

/// The length of a block.
pub const BLOCK: u64 = 16;
/// The bytes from the beginning of a block to that of the next: blocks are scattered.
pub const STRIDE: u64 = 64;

/// Whether a bench is only to be seen to run, as `--test` says: what it measures is nothing then.
pub fn is_trial() -> bool {
    std::env::args().any(|arg| arg == "--test")
}

/// How much of something to work on: `number`, or for a trial a hundredth of it.
pub fn scale(number: u64) -> u64 {
    if is_trial() { number.div_ceil(100) } else { number }
}

/// What the system says of the memory of this process, in bytes: `VmRSS` for what is resident,
/// `VmHWM` for the most that ever was. `None` where there is no `/proc`.
pub fn memory(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let value = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    value.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// A runtime of one thread, so that what is measured is the work and not the hand-over.
///
/// # Errors
///
/// If the system has no resources for one.
pub fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().build()
}

/// A volume in memory with room for many more blocks than it has.
#[derive(Debug)]
pub struct Subject {
    volume: Volume,
    /// The next place without a block.
    next: u64,
}

impl Subject {
    /// A volume with `blocks` blocks.
    ///
    /// # Errors
    ///
    /// Those of the volume.
    pub async fn new(blocks: u64, format: Format) -> Result<Self, Error> {
        let builder = Volume::builder("bench", 1 << 40).format(format);
        let volume = builder.open(store::open("memory:")?).await?;
        let mut subject = Self { volume, next: 0 };
        let mut staged = Vec::new();
        for _ in 0..blocks {
            staged.push(subject.stage().await?);
        }
        subject.volume.commit(staged, meta! {}).await?;
        Ok(subject)
    }

    /// A large volume, made in O(blocks): its manifest and pages are those that commits would have
    /// made, but of its blocks only those at every `SAMPLE`th place have bytes.
    ///
    /// # Errors
    ///
    /// Those of the volume.
    pub async fn large(blocks: u64) -> Result<Self, Box<dyn std::error::Error>> {
        let store = store::open("memory:")?;
        large::write(&store, blocks).await?;
        let volume = Volume::existing(large::ID).open(store).await?;
        Ok(Self { volume, next: blocks })
    }

    /// Stages the next block.
    ///
    /// # Errors
    ///
    /// Those of the volume.
    pub async fn stage(&mut self) -> Result<Staged, Error> {
        let offset = self.next * STRIDE;
        self.next += 1;
        self.volume.stage_at(offset, offset.to_le_bytes().repeat(2)).await
    }

    /// Commits one more block.
    ///
    /// # Errors
    ///
    /// Those of the volume.
    pub async fn commit_one(&mut self) -> Result<Snapshot, Error> {
        let block = self.stage().await?;
        self.volume.commit([block], meta! {}).await
    }

    /// Commits a block between two others, at one of many places.
    ///
    /// # Errors
    ///
    /// Those of the volume.
    pub async fn commit_between(&mut self, place: u64) -> Result<Snapshot, Error> {
        let block = self.volume.stage_at(place * STRIDE + 2 * BLOCK, "between".repeat(2)).await?;
        self.volume.commit([block], meta! {}).await
    }

    /// The newest snapshot.
    ///
    /// # Errors
    ///
    /// Those of the volume.
    pub async fn latest(&self) -> Result<Option<Snapshot>, Error> {
        self.volume.latest().await
    }
}
