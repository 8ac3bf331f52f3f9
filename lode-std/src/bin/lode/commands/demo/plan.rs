//! What the demo is going to do: which file, where to, in which order.

use std::env;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use lode_std::{ByteRange, Entropy, Error, SystemEntropy, Volume, store};

use super::VOLUME;
use crate::args::DemoArgs;
use crate::failure::Failure;
use crate::transfer::Source;

/// How many blocks there are if nobody says how large they are: enough for a picture.
const BLOCKS: u64 = 256;
/// What blocks are a multiple of, in a file that is large enough.
const PAGE: u64 = 4096;
/// The fewest blocks of which some can be lost and some kept.
const FEWEST: u64 = 4;

/// What the demo is going to do.
pub(super) struct Plan {
    /// The store.
    pub(super) dir: PathBuf,
    pub(super) source: Source,
    pub(super) tasks: NonZeroUsize,
    pub(super) block: u64,
    /// What the order of the blocks follows from.
    pub(super) seed: u64,
}

impl Plan {
    /// Decides what was left open, and makes sure that it can be done.
    pub(super) async fn make(args: DemoArgs) -> Result<Self, Failure> {
        let file = match args.file {
            Some(file) => file,
            None => env::current_exe()
                .map_err(|source| Failure::Io { what: "find the program".to_string(), source })?,
        };
        let source = Source::open(&file, 0)?;
        let size = source.extent().length();
        let block = args.block.unwrap_or_else(|| default_block(size));
        if size.div_ceil(block) < FEWEST {
            let message = format!(
                "{} has {size} bytes, which is less than {FEWEST} blocks of {block}: choose a \
                 larger file, or a smaller --block",
                file.display()
            );
            return Err(Failure::refused("invalid-input", message));
        }
        let seed = args.seed.map_or_else(random, Ok)?;
        let dir = match args.dir {
            Some(dir) => given(dir).await?,
            None => fresh()?,
        };
        Ok(Self { dir, source, tasks: args.tasks, block, seed })
    }

    /// How many blocks the file has.
    pub(super) fn blocks(&self) -> usize {
        blocks_of(self.source.extent(), self.block).len()
    }
}

/// Cuts the file into blocks, in order.
pub(super) fn blocks_of(extent: ByteRange, block: u64) -> Vec<ByteRange> {
    let mut blocks = Vec::new();
    let mut next = extent.start();
    while let Some(range) = ByteRange::new(next, extent.end().min(next.saturating_add(block))) {
        blocks.push(range);
        next = range.end();
    }
    blocks
}

fn default_block(size: u64) -> u64 {
    let block = size.div_ceil(BLOCKS).max(1);
    if block > PAGE { block.next_multiple_of(PAGE) } else { block }
}

/// A directory that the caller chose.
async fn given(dir: PathBuf) -> Result<PathBuf, Failure> {
    fs::create_dir_all(&dir).map_err(|error| Failure::file("create", &dir, error))?;
    let dir = dir.canonicalize().map_err(|error| Failure::file("find", &dir, error))?;
    let store = store::open(&location(&dir))?;
    match Volume::existing(VOLUME).open_read_only(store).await {
        Err(Error::VolumeNotFound { .. }) => Ok(dir),
        Ok(_) => {
            let message = format!(
                "{} holds volumes/{VOLUME} already: choose another directory, or remove it first",
                dir.display()
            );
            Err(Failure::refused("exists", message))
        }
        Err(error) => Err(error.into()),
    }
}

/// A new temporary directory, which is kept.
fn fresh() -> Result<PathBuf, Failure> {
    let dir = env::temp_dir().join(format!("lode-demo-{:016x}", random()?));
    fs::create_dir(&dir).map_err(|error| Failure::file("create", &dir, error))?;
    Ok(dir)
}

fn random() -> Result<u64, Failure> {
    let entropy: SystemEntropy = Default::default();
    entropy.bits().map_err(|source| Error::Entropy { source }.into())
}

/// A directory as the location of a store.
pub(super) fn location(dir: &Path) -> String {
    dir.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_some_256_blocks() {
        for (size, block) in [(1, 1), (256, 1), (257, 2), (1 << 20, 4096), (10 << 20, 40960)] {
            assert_eq!(default_block(size), block, "{size}");
        }
        let blocks = blocks_of(ByteRange::new(0, 10).unwrap(), 4);
        assert!(blocks.into_iter().eq(
            [(0, 4), (4, 8), (8, 10)].map(|(start, end)| { ByteRange::new(start, end).unwrap() })
        ));
    }
}
