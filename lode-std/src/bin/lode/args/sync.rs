//! The arguments of `lode sync`.

use std::num::NonZeroUsize;

use clap::Args;
use lode_std::Format;

use super::values::{Layout, parse_format};
use super::{Snapshots, Target};

/// The arguments of `lode sync`.
#[derive(Args, Debug)]
#[command(after_help = "\
Brings what a volume or dataset in SOURCE has into the one of the same id in TARGET, which is
created if it is not there. Only what is missing there travels, and is verified; what both have is
compared before anything is written, and if it differs nothing is. After an interruption, run the
same command again: it goes on where it was.

Of a volume it brings the latest snapshot, unless it is told otherwise, committed part by part as
the next snapshots of TARGET; others may write to it at the same time. With --snapshots all each
snapshot of SOURCE becomes one of TARGET, with its metadata. The manifests may have another format
than those of SOURCE. A device must not write to its medium meanwhile.

Of a dataset it copies all snapshots, unless it is told otherwise: each has the same version and the
same manifest in TARGET, byte by byte. That is refused if something else has been committed there.
A single snapshot becomes the next one of TARGET, unless the newest there is the same.

Examples:
  lode sync /media/card volumes/logger-7 s3://bucket --layout device
  lode sync /data volumes/disk /backup --snapshots all
  lode sync /data volumes/disk /for-go --format json
  lode sync /data datasets/events s3://bucket
  lode sync /data datasets/models /released --snapshots 7")]
pub(crate) struct SyncArgs {
    /// The store to read: a directory, or a URL: s3://bucket/folder.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// The volume or dataset: volumes/ID, datasets/ID.
    #[arg(value_name = "ID")]
    pub(crate) subject: Target,
    /// The store to write.
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// The layout: device, if SOURCE is what a device has written; of a dataset, if it cannot be
    /// found, default, hive or flat.
    #[arg(long, value_name = "LAYOUT")]
    pub(crate) layout: Option<Layout>,
    /// Which snapshots: all, latest, or a version; of a volume latest, of a dataset all by default.
    #[arg(long, visible_alias = "snapshot", value_name = "WHICH")]
    pub(crate) snapshots: Option<Snapshots>,
    /// The format of a volume's manifests: compact, or json; compact, if the volume is created.
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    pub(crate) format: Option<Format>,
    /// How many blocks of a volume (16 by default) or files of a dataset (4) are on their way at
    /// the same time: as many as an interruption may cost.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) in_flight: Option<NonZeroUsize>,
}
