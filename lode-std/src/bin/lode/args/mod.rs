//! The command line: what can be asked for, and how.

mod dataset;
mod help;
mod maintain;
mod reading;
mod store;
mod sync;
mod values;
mod verify;
mod writing;

use clap::{Parser, Subcommand};

pub(crate) use self::dataset::{Codec, Compression, ReadArgs, WriteArgs};
pub(crate) use self::help::{CompletionsArgs, ManArgs};
pub(crate) use self::maintain::{GcArgs, HoldArgs, Kept, TagArgs, TagsArgs, UntagArgs};
pub(crate) use self::reading::{
    DiffArgs, GapsArgs, GetArgs, LogArgs, LsArgs, MapArgs, ShowArgs, StatArgs, VolumeSource,
};
pub(crate) use self::store::{ProbeArgs, UploadsArgs};
pub(crate) use self::sync::SyncArgs;
pub(crate) use self::values::{Medium, Selector, Snapshots, Subject, Target};
pub(crate) use self::verify::{RepairArgs, VerifyArgs};
pub(crate) use self::writing::{DemoArgs, DemoWorkerArgs, PutArgs};
use crate::stores::Reach;

/// Snapshots of datasets and sparse volumes on plain storage, committed atomically.
#[derive(Debug, Parser)]
#[command(
    name = "lode",
    version,
    max_term_width = 100,
    after_help = "\
A STORE is a directory that exists, as a path or file:///path, or s3://bucket, gs://bucket or
az://container; who may use it comes from the provider's environment variables, and all else from
the query: 's3://bucket/folder?endpoint=http://127.0.0.1:9000&region=us-east-1&timeout=10s'.
Sizes and offsets are bytes, or have a unit: 64KiB, 4MiB, 10MB.

Exit status: 0 done, 1 an error, 2 wrong usage.

Example: lode demo"
)]
pub(crate) struct Cli {
    /// Answer in JSON, one document or one object per line; errors too.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// For how long a store may be gone.
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// The command line of this process.
    ///
    /// # Errors
    ///
    /// If it makes no sense, or asks for help.
    pub(crate) fn from_process() -> Result<Self, clap::Error> {
        let cli = Self::try_parse()?;
        if let Command::Write(args) = &cli.command {
            args.check()?;
        }
        Ok(cli)
    }
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show it all: write a file, be killed, reopen, fill the gaps, verify.
    Demo(DemoArgs),
    /// The part of the demo that is killed.
    #[command(hide = true)]
    DemoWorker(DemoWorkerArgs),
    /// Write a file into a volume; only what is missing is sent.
    Put(PutArgs),
    /// Read a volume, or a part of it.
    Get(GetArgs),
    /// List what has not been committed.
    Gaps(GapsArgs),
    /// Draw what has been committed.
    Map(MapArgs),
    /// Bring what a volume or dataset has into another store.
    Sync(SyncArgs),
    /// Write files, or the records in them, as a new snapshot of a dataset.
    Write(WriteArgs),
    /// Read a snapshot of a dataset.
    Read(ReadArgs),
    /// List the snapshots of a volume or dataset.
    Log(LogArgs),
    /// Show all there is to know about a snapshot.
    Show(ShowArgs),
    /// Tell what there is of a volume or dataset, and what its next commit costs.
    Stat(StatArgs),
    /// Compare two snapshots of a volume or dataset.
    Diff(DiffArgs),
    /// List the volumes and datasets of a store.
    Ls(LsArgs),
    /// Verify that all that was committed is there and holds.
    Verify(VerifyArgs),
    /// Bring back the last good state of a volume or dataset.
    Repair(RepairArgs),
    /// Drop old snapshots, and delete what nothing refers to.
    Gc(GcArgs),
    /// Give a snapshot a name that keeps it.
    Tag(TagArgs),
    /// Delete a tag, or end a lease.
    Untag(UntagArgs),
    /// List the tags of a volume or dataset.
    Tags(TagsArgs),
    /// Keep a snapshot for a while.
    Hold(HoldArgs),
    /// Find out what a store guarantees.
    Probe(ProbeArgs),
    /// List uploads that were begun and never came to an end, or give them up.
    Uploads(UploadsArgs),
    /// Print what a shell needs to complete these commands.
    Completions(CompletionsArgs),
    /// Write the manual pages.
    Man(ManArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let example = format!("lode {}", command.get_name());
            assert!(help.contains(&example), "{example}");
        }
    }
}
