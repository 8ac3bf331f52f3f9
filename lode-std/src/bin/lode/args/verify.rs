//! The arguments of `lode verify` and `lode repair`.

use std::time::Duration;

use clap::Args;
use lode_std::{LayoutKind, Version};

use super::values::{parse_layout, parse_version};
use super::{Kept, Target};
use crate::units::parse_rate;

/// The arguments of `lode verify`.
#[derive(Args, Debug)]
#[command(after_help = "\
Prints each finding as it is found: the object, what is the matter with it, and which snapshots,
tags and bytes depend on it. Damage makes the exit status 1; what nothing refers to, or no layout
knows, does not. What cannot be read now is no damage: it is shown, and makes the exit status 1,
for nothing is known of it. Nothing is written, and readers and writers may go on meanwhile.

Examples:
  lode verify /data
  lode verify /data volumes/disk --data --bandwidth 50MiB
  lode verify /data datasets/events --snapshot 3")]
pub(crate) struct VerifyArgs {
    /// The store: a directory, or a URL: s3://bucket/folder.
    pub(crate) store: String,
    /// The volume or dataset: volumes/ID, datasets/ID; all that can be listed by default.
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<Target>,
    /// Read every byte, of each object once, and compare it with its checksum.
    #[arg(long)]
    pub(crate) data: bool,
    /// Only this snapshot, by its version, and what it consists of.
    #[arg(long, value_name = "VERSION", value_parser = parse_version, requires = "target")]
    pub(crate) snapshot: Option<Version>,
    /// Read at most so many bytes a second: 50MiB.
    #[arg(long, value_name = "SIZE", value_parser = parse_rate)]
    pub(crate) bandwidth: Option<u64>,
    /// The layout of a dataset, if it cannot be found: default, hive or flat.
    #[arg(long, value_name = "LAYOUT", value_parser = parse_layout, requires = "target")]
    pub(crate) layout: Option<LayoutKind>,
}

/// The arguments of `lode repair`.
#[derive(Args, Debug)]
#[command(after_help = "\
Verifies, prints what would be written, and with --yes writes it: a wrong hint anew; a tombstone
over a manifest that cannot be read, so that the snapshot below it is the newest again; index
entries and a descriptor from what is there. No other writer may be at work meanwhile. Nothing that
was committed is deleted: what is replaced is kept in the folder `damaged`, where nobody looks.

A snapshot of which data are lost is left alone, for the rest of it can be read; --drop-damaged
gives it up, so that the newest one that is wholly good is the newest again. Exit status 1 if
something cannot be repaired. Nothing is written while something cannot be read.

Examples:
  lode repair /data volumes/disk
  lode repair /data volumes/disk --data --drop-damaged --yes")]
pub(crate) struct RepairArgs {
    #[command(flatten)]
    pub(crate) kept: Kept,
    /// Read every byte to find out what is damaged.
    #[arg(long)]
    pub(crate) data: bool,
    /// Give up snapshots whose data are lost in part, and tags that cannot be read.
    #[arg(long)]
    pub(crate) drop_damaged: bool,
    /// The grace period of a descriptor that must be made anew, as it was: a day by default.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) grace: Option<Duration>,
    /// Do it.
    #[arg(long)]
    pub(crate) yes: bool,
}
