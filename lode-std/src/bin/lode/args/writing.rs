//! The arguments of the commands that write.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use lode_core::id::Id;
use lode_std::{Format, Value};

use super::values::{parse_format, parse_meta, parse_volume};
use crate::units::{parse_block, parse_size};

/// The arguments of `lode put`.
#[derive(Args, Debug)]
#[command(after_help = "\
The volume is created if it is not there. What is committed already is compared with FILE, and
only what is missing is sent: after an interruption, run the same command again. Several can run
at once, on different parts of one volume.

Examples:
  lode put /data volumes/disk disk.img
  lode put /data volumes/disk part2.bin --at 1GiB --length 4GiB --meta step=2")]
pub(crate) struct PutArgs {
    /// The store: a directory, or a URL: s3://bucket/folder.
    pub(crate) store: String,
    /// The volume: volumes/ID.
    #[arg(value_name = "volumes/ID", value_parser = parse_volume)]
    pub(crate) volume: Id,
    /// The file to write.
    pub(crate) file: PathBuf,
    /// Where in the volume the file begins.
    #[arg(long, value_name = "OFFSET", value_parser = parse_size, default_value = "0")]
    pub(crate) at: u64,
    /// How long the volume is, if it is created; by default it ends with the file.
    #[arg(long, value_name = "TOTAL", value_parser = parse_size)]
    pub(crate) length: Option<u64>,
    /// The size of a block.
    #[arg(long, value_name = "SIZE", value_parser = parse_block, default_value = "4MiB")]
    pub(crate) block: u64,
    /// The format of the manifests: compact, or json; compact, if the volume is created.
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    pub(crate) format: Option<Format>,
    /// What to record with each commit; VALUE is a JSON scalar, or else a text. Can be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_meta)]
    pub(crate) meta: Vec<(String, Value)>,
}

/// The arguments of `lode demo`.
#[derive(Args, Debug)]
#[command(after_help = "\
Writes a file into a volume in random order, by several tasks in a child process; kills that part
way; reopens, lists the gaps, fills them, and compares the whole with the file byte for byte.

Examples:
  lode demo
  lode demo /tmp/demo --file photo.jpg --block 16KiB --seed 7")]
pub(crate) struct DemoArgs {
    /// The store, a directory; it is created if it is not there. A new temporary one by default.
    pub(crate) dir: Option<PathBuf>,
    /// The file to write; the program itself, by default.
    #[arg(long)]
    pub(crate) file: Option<PathBuf>,
    /// How many tasks write at the same time.
    #[arg(long, value_name = "NUMBER", default_value = "4")]
    pub(crate) tasks: NonZeroUsize,
    /// The size of a block; such that there are some 256, by default.
    #[arg(long, value_name = "SIZE", value_parser = parse_block)]
    pub(crate) block: Option<u64>,
    /// What the random order follows from; another one each time, by default.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
}

/// The arguments of the demo's child process.
#[derive(Args, Debug)]
pub(crate) struct DemoWorkerArgs {
    /// The store.
    pub(crate) dir: PathBuf,
    /// The file to write.
    pub(crate) file: PathBuf,
    /// How many tasks write at the same time.
    #[arg(long)]
    pub(crate) tasks: NonZeroUsize,
    /// The size of a block.
    #[arg(long)]
    pub(crate) block: u64,
    /// What the random order follows from.
    #[arg(long)]
    pub(crate) seed: u64,
}
