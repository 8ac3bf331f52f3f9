//! The arguments of the commands that read.

use std::path::PathBuf;

use clap::Args;
use lode_core::id::Id;

use super::values::{Layout, parse_volume};
use super::{Medium, Selector, Target};
use crate::units::OpenRange;

/// A snapshot of a volume in a store.
#[derive(Args, Debug)]
pub(crate) struct VolumeSource {
    /// The store: a directory, or a URL: s3://bucket/folder.
    pub(crate) store: String,
    /// The volume: volumes/ID; a device's medium holds only one, which need not be named.
    #[arg(value_name = "volumes/ID", value_parser = parse_volume, required_unless_present = "layout")]
    pub(crate) volume: Option<Id>,
    /// The snapshot: a version, or latest.
    #[arg(long, value_name = "VERSION", default_value = "latest")]
    pub(crate) snapshot: Selector,
    /// The layout: device, if STORE is what a device has written.
    #[arg(long, value_name = "LAYOUT")]
    pub(crate) layout: Option<Medium>,
}

/// The arguments of `lode get`.
#[derive(Args, Debug)]
#[command(after_help = "\
A gap is an error that names it; with --sparse it becomes a hole in FILE, which reads as zeros.
FILE appears when all of it has been read, or not at all. Without -o the bytes go to the standard
output as they are, also with --json.

Examples:
  lode get /data volumes/disk -o disk.img
  lode get /data volumes/disk --range 1MiB..2MiB | xxd | head
  lode get /data volumes/disk --snapshot 3 --sparse -o disk.img
  lode get /media/card --layout device -o disk.img")]
pub(crate) struct GetArgs {
    #[command(flatten)]
    pub(crate) source: VolumeSource,
    /// Only these bytes: A..B, A.. or ..B.
    #[arg(long, value_name = "A..B", value_parser = OpenRange::parse, default_value = "..", hide_default_value = true)]
    pub(crate) range: OpenRange,
    /// Where to write them, instead of the standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Leave holes in FILE where nothing has been committed.
    #[arg(long, requires = "output")]
    pub(crate) sparse: bool,
}

/// The arguments of `lode gaps`.
#[derive(Args, Debug)]
#[command(after_help = "\
Prints start..end and length of each gap, and the total on the error output.

Example: lode gaps /data volumes/disk --range ..1GiB")]
pub(crate) struct GapsArgs {
    #[command(flatten)]
    pub(crate) source: VolumeSource,
    /// Only within these bytes: A..B, A.. or ..B.
    #[arg(long, value_name = "A..B", value_parser = OpenRange::parse, default_value = "..", hide_default_value = true)]
    pub(crate) range: OpenRange,
}

/// The arguments of `lode map`.
#[derive(Args, Debug)]
#[command(after_help = "\
The page shows every snapshot up to the one that is asked for, can be zoomed, and needs no network.

Examples:
  lode map /data volumes/disk --svg disk.svg
  lode map /data volumes/disk --html disk.html")]
pub(crate) struct MapArgs {
    #[command(flatten)]
    pub(crate) source: VolumeSource,
    /// Write the picture to this file as well, as SVG.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Write the coverage over the whole history to this file as well, as a page for a browser.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

/// The arguments of `lode log`.
#[derive(Args, Debug)]
#[command(after_help = "\
Prints version, time, content and metadata of each snapshot, the newest last: of a volume blocks
and coverage, of a dataset files, rows and bytes. One that cannot be read is shown in its place,
and the exit status is 1.

Examples:
  lode log /data volumes/disk --reverse
  lode log /media/card --layout device
  lode log /data datasets/events")]
pub(crate) struct LogArgs {
    /// The store: a directory, or a URL: s3://bucket/folder.
    pub(crate) store: String,
    /// The volume or dataset: volumes/ID, datasets/ID; with --layout device it need not be named.
    #[arg(value_name = "TARGET", required_unless_present = "layout")]
    pub(crate) target: Option<Target>,
    /// The newest first.
    #[arg(long)]
    pub(crate) reverse: bool,
    /// The layout: device, if STORE is what a device has written; of a dataset, if it cannot be
    /// found, default, hive or flat.
    #[arg(long, value_name = "LAYOUT")]
    pub(crate) layout: Option<Layout>,
}

/// The arguments of `lode show`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lode show /data volumes/disk --snapshot 3 --blocks 100
  lode show /data datasets/events --files 100")]
pub(crate) struct ShowArgs {
    /// The store: a directory, or a URL: s3://bucket/folder.
    pub(crate) store: String,
    /// The volume or dataset: volumes/ID, datasets/ID; with --layout device it need not be named.
    #[arg(value_name = "TARGET", required_unless_present = "layout")]
    pub(crate) target: Option<Target>,
    /// The snapshot: a version, or latest.
    #[arg(long, value_name = "VERSION", default_value = "latest")]
    pub(crate) snapshot: Selector,
    /// List this many blocks or files at the most; all of them with --json, 16 without, by default.
    #[arg(long, visible_alias = "files", value_name = "NUMBER")]
    pub(crate) blocks: Option<usize>,
    /// The layout: device, if STORE is what a device has written; of a dataset, if it cannot be
    /// found, default, hive or flat.
    #[arg(long, value_name = "LAYOUT")]
    pub(crate) layout: Option<Layout>,
}

/// The arguments of `lode stat`.
#[derive(Args, Debug)]
#[command(after_help = "\
Reads every manifest, to count snapshots and what has been collected. Of a volume the next commit is
that of one block into the first gap; of a dataset files, rows and bytes are those of all snapshots.

Examples:
  lode stat /data volumes/disk
  lode stat /data datasets/events --json
  lode stat /media/card --layout device")]
pub(crate) struct StatArgs {
    /// The store: a directory, or a URL: s3://bucket/folder.
    pub(crate) store: String,
    /// The volume or dataset: volumes/ID, datasets/ID; with --layout device it need not be named.
    #[arg(value_name = "TARGET", required_unless_present = "layout")]
    pub(crate) target: Option<Target>,
    /// The layout: device, if STORE is what a device has written; of a dataset, if it cannot be
    /// found, default, hive or flat.
    #[arg(long, value_name = "LAYOUT")]
    pub(crate) layout: Option<Layout>,
}

/// The arguments of `lode diff`.
#[derive(Args, Debug)]
#[command(after_help = "\
Compares manifests, by digests where there are any, and reads no data. Of a volume it prints the
ranges that only one of the two has, and those that both have in other blocks; of a dataset the
files whose content only one of them has; of both what was said otherwise.

Examples:
  lode diff /data volumes/disk 3 7
  lode diff /data datasets/events 3 latest --json")]
pub(crate) struct DiffArgs {
    /// The store: a directory, or a URL: s3://bucket/folder.
    pub(crate) store: String,
    /// The volume or dataset: volumes/ID, datasets/ID.
    #[arg(value_name = "TARGET")]
    pub(crate) target: Target,
    /// The first snapshot: a version, or latest.
    #[arg(value_name = "FROM")]
    pub(crate) before: Selector,
    /// The second snapshot: a version, or latest.
    #[arg(value_name = "TO", default_value = "latest")]
    pub(crate) after: Selector,
    /// The layout: device, if STORE is what a device has written; of a dataset, if it cannot be
    /// found, default, hive or flat.
    #[arg(long, value_name = "LAYOUT")]
    pub(crate) layout: Option<Layout>,
}

/// The arguments of `lode ls`.
#[derive(Args, Debug)]
#[command(after_help = "\
Prints name and newest version of each volume and dataset; of a volume length and coverage, of a
dataset rows, files and codec. Datasets in the flat layout cannot be listed.

Examples:
  lode ls /data
  lode ls /media/card --layout device")]
pub(crate) struct LsArgs {
    /// The store: a directory, or a URL: s3://bucket/folder.
    pub(crate) store: String,
    /// The layout: device, if STORE is what a device has written.
    #[arg(long, value_name = "LAYOUT")]
    pub(crate) layout: Option<Medium>,
}
