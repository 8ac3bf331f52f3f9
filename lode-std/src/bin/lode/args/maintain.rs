//! The arguments of the commands that keep a store in order.

use std::time::Duration;

use clap::Args;
use lode_core::id::Id;
use lode_std::{LayoutKind, Version};

use super::Target;
use super::values::{parse_layout, parse_version};

/// A volume or dataset that is kept in order.
#[derive(Args, Debug)]
pub(crate) struct Kept {
    /// The store: a directory, or a URL: s3://bucket/folder.
    pub(crate) store: String,
    /// The volume or dataset: volumes/ID, datasets/ID.
    #[arg(value_name = "TARGET")]
    pub(crate) target: Target,
    /// The layout of a dataset, if it cannot be found: default, hive or flat.
    #[arg(long, value_name = "LAYOUT", value_parser = parse_layout)]
    pub(crate) layout: Option<LayoutKind>,
}

/// The arguments of `lode gc`.
#[derive(Args, Debug)]
#[command(after_help = "\
First prints the plan: each snapshot and what becomes of it, with the reason, and what would be
deleted. Then does it, unless --dry-run. What any rule keeps is kept; without rules no snapshot is
dropped, and only what none refers to is deleted. The newest snapshot and the one it was made from
are never dropped, and the data of a tag never deleted.

What nothing refers to is deleted, unless somebody seems to be about to commit it: then what is
younger than the grace period stays, a day unless the volume or dataset was created with another. A
collection takes a version of its own. Readers and writers go on meanwhile. It can be broken off at
any point; the next one does the rest.

Examples:
  lode gc /data volumes/disk --keep 10 --dry-run
  lode gc /data datasets/events --keep 3 --keep-within 30d --keep-tagged")]
pub(crate) struct GcArgs {
    #[command(flatten)]
    pub(crate) kept: Kept,
    /// Keep the newest so many snapshots.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) keep: Option<u64>,
    /// Keep the snapshots that are younger: 12h, 30d.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) keep_within: Option<Duration>,
    /// Keep the snapshots that have a tag; otherwise they are found by their tags only.
    #[arg(long)]
    pub(crate) keep_tagged: bool,
    /// Spare what nothing refers to and is younger than this: 48h. Whoever is about to commit what is
    /// older has to stage it again.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) grace: Option<Duration>,
    /// Spare nothing: as --grace 0s.
    #[arg(long, conflicts_with = "grace")]
    pub(crate) now: bool,
    /// Print the plan, with each object that would be deleted, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// The arguments of `lode tag`.
#[derive(Args, Debug)]
#[command(after_help = "\
The snapshot is found by its tag, and its data stay until `lode untag`, also when the snapshot
itself is dropped by `lode gc`. NAME is new: a-z, 0-9, '.', '_' and '-', up to 64 of them.

Example: lode tag /data volumes/disk before-upgrade 3")]
pub(crate) struct TagArgs {
    #[command(flatten)]
    pub(crate) kept: Kept,
    /// The name.
    #[arg(value_name = "NAME")]
    pub(crate) name: Id,
    /// The snapshot: its version.
    #[arg(value_name = "VERSION", value_parser = parse_version)]
    pub(crate) version: Version,
}

/// The arguments of `lode untag`.
#[derive(Args, Debug)]
#[command(after_help = "\
Deletes a tag, or a lease that `lode hold` has taken. What it kept may be collected from then on.
Do not use its name again: a delete that arrives late would hit the new tag.

Example: lode untag /data volumes/disk before-upgrade")]
pub(crate) struct UntagArgs {
    #[command(flatten)]
    pub(crate) kept: Kept,
    /// The name of the tag or lease.
    #[arg(value_name = "NAME")]
    pub(crate) name: Id,
}

/// The arguments of `lode tags`.
#[derive(Args, Debug)]
#[command(after_help = "\
Prints name and version of each tag, and of a lease when it ends.

Example: lode tags /data volumes/disk")]
pub(crate) struct TagsArgs {
    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// The arguments of `lode hold`.
#[derive(Args, Debug)]
#[command(after_help = "\
Takes a lease, a tag that ends by itself, and prints its name: for a job that reads an old snapshot
for long. `lode untag` with that name ends it at once.

Example: lode hold /data volumes/disk 3 --for 3d")]
pub(crate) struct HoldArgs {
    #[command(flatten)]
    pub(crate) kept: Kept,
    /// The snapshot: its version.
    #[arg(value_name = "VERSION", value_parser = parse_version)]
    pub(crate) version: Version,
    /// For how long: 90min, 12h, 3d.
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) duration: Duration,
}
