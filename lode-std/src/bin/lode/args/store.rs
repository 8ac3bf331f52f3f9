//! The arguments of the commands that are about a store as such.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;

/// The arguments of `lode probe`.
#[derive(Args, Debug)]
#[command(after_help = "\
Tries what Lode relies on, in a folder with a random name that is removed at the end: some hundred
requests. Exit status 1 if the store cannot carry concurrent writers.

Examples:
  lode probe /data
  lode probe 's3://bucket?endpoint=http://127.0.0.1:9000&region=us-east-1' --contenders 8")]
pub(crate) struct ProbeArgs {
    /// The store: a directory, or a URL: s3://bucket/folder.
    pub(crate) store: String,
    /// How many create the same object at the same time. Some servers make each wait for seconds.
    #[arg(long, value_name = "NUMBER", default_value = "64")]
    pub(crate) contenders: NonZeroUsize,
}

/// The arguments of `lode uploads`.
#[derive(Args, Debug)]
#[command(after_help = "\
An upload of a large file that was begun and never came to an end (its process was killed, say) is
seen in no snapshot, but takes up space. One that is younger may still be running.

Examples:
  lode uploads s3://bucket
  lode uploads /data --older-than 2d --abort")]
pub(crate) struct UploadsArgs {
    /// The store: a directory, or a URL: s3://bucket/folder.
    pub(crate) store: String,
    /// Only those that were begun so long ago: 30min, 12h, 2d.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) older_than: Option<Duration>,
    /// Give them up: what was sent of them goes. A day old they must be, unless --older-than says
    /// otherwise.
    #[arg(long)]
    pub(crate) abort: bool,
}
