//! The arguments of the commands that are about datasets.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, ValueEnum};
use lode_core::checksum::Algorithm;
use lode_core::id::Id;
use lode_hive::Hive;
use lode_std::{Checksums, LayoutKind, Value};

use super::values::{parse_dataset, parse_layout, parse_meta};
use super::{Cli, Selector};

/// What the files hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Codec {
    /// Bytes as they are: each FILE is a blob.
    Raw,
    /// Records, one JSON value for each line.
    Jsonl,
    /// Rows: each FILE is a Parquet file.
    Parquet,
}

/// What makes the files smaller.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Compression {
    /// Nothing.
    Noop,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// The arguments of `lode write`.
#[derive(Args, Debug)]
#[command(after_help = "\
All FILEs together become one snapshot, visible when all of it is there. The dataset is created if
it is not there. Others may write at the same time: the snapshots follow one another.

With --codec jsonl each line is a JSON value; numbers are kept to 64 bits, the order of names is
not. With --codec parquet each FILE is a Parquet file, and becomes one of the snapshot, with
statistics of its columns, which must be the same in all of them. With --partition-by records and
rows go into one file for each combination of these values, or several if there is more than 64 MiB
of them; of rows only flat columns can be divided, as `lode read` shows them.

Parquet files, of 1 GiB at the most, or 4 GiB without their compression, and several blobs are held
in memory one by one; all else is streamed.

Examples:
  lode write /data datasets/models weights.bin --compress zstd --meta epoch=3
  lode write /data datasets/events day1.jsonl day2.jsonl --codec jsonl --partition-by day,region
  lode write /data datasets/rides 2026-*.parquet --codec parquet
  tar c src | lode write /data datasets/backups")]
pub(crate) struct WriteArgs {
    /// The store: a directory, or a URL: s3://bucket/folder.
    pub(crate) store: String,
    /// The dataset: datasets/ID.
    #[arg(value_name = "datasets/ID", value_parser = parse_dataset)]
    pub(crate) dataset: Id,
    /// The files to write; none, or -, is the standard input.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// What the files hold.
    #[arg(long, value_name = "CODEC", default_value = "raw")]
    pub(crate) codec: Codec,
    /// What they are compressed with.
    #[arg(long, value_name = "COMPRESSOR", default_value = "noop")]
    pub(crate) compress: Compression,
    /// Divide the records by these fields: KEY,KEY.
    #[arg(long, value_name = "KEYS", value_parser = parse_keys)]
    pub(crate) partition_by: Option<Hive>,
    /// The checksums: xxh3-128, blake3, md5 or crc32c; those of the dataset by default, xxh3-128
    /// if it is created.
    #[arg(long, value_name = "ALGORITHM", value_parser = parse_checksum)]
    pub(crate) checksum: Option<Algorithm>,
    /// The layout: default, hive or flat; hive with --partition-by, else default, by default.
    #[arg(long, value_name = "LAYOUT", value_parser = parse_layout)]
    pub(crate) layout: Option<LayoutKind>,
    /// What to record with the snapshot; VALUE is a JSON scalar, or else a text. Can be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_meta)]
    pub(crate) meta: Vec<(String, Value)>,
}

impl WriteArgs {
    /// The layout that is asked for.
    pub(crate) fn layout(&self) -> LayoutKind {
        self.layout.unwrap_or(match self.partition_by {
            Some(_) => LayoutKind::Hive,
            None => LayoutKind::Default,
        })
    }

    /// Checks what no single argument can know.
    ///
    /// # Errors
    ///
    /// If two of them contradict each other.
    pub(super) fn check(&self) -> Result<(), clap::Error> {
        let conflict =
            |message: &str| Err(Cli::command().error(ErrorKind::ArgumentConflict, message));
        let partitioned = self.partition_by.is_some();
        if partitioned && self.codec == Codec::Raw {
            return conflict(
                "--partition-by divides records, and blobs have none: --codec jsonl or parquet",
            );
        }
        if self.codec == Codec::Parquet && self.compress != Compression::Noop {
            return conflict("Parquet files are compressed inside: leave --compress out");
        }
        match self.layout() {
            LayoutKind::Hive if !partitioned => conflict("--layout hive needs --partition-by"),
            LayoutKind::Default | LayoutKind::Flat if partitioned => {
                conflict("--partition-by needs the hive layout: leave --layout out")
            }
            _ => Ok(()),
        }
    }
}

/// The arguments of `lode read`.
#[derive(Args, Debug)]
#[command(after_help = "\
How the snapshot was written is in its manifest, so it need not be said: records and the rows of
Parquet files become JSON lines, blobs follow one another as they are. A checksum is verified when
the end of its file is reached: damage is an error behind the last byte. FILE appears when all of it
has been read, or not at all.

Bytes are shown in base64, times in UTC. Nested columns, and a few other types, have no rows to be
shown; --raw hands out any file as it was written. A Parquet file is in memory while it becomes
lines, and has 1 GiB at the most; all else is streamed.

--partition reads only the files of the partitions with these values; a value is written as it is,
or as in the path that `lode show` prints.

Examples:
  lode read /data datasets/events | head
  lode read /data datasets/events --partition day=2026-01-01,region=eu/west
  lode read /data datasets/models --snapshot 3 -o weights.bin
  lode read /data datasets/rides --raw -o rides.parquet")]
pub(crate) struct ReadArgs {
    /// The store: a directory, or a URL: s3://bucket/folder.
    pub(crate) store: String,
    /// The dataset: datasets/ID.
    #[arg(value_name = "datasets/ID", value_parser = parse_dataset)]
    pub(crate) dataset: Id,
    /// The snapshot: a version, or latest.
    #[arg(long, value_name = "VERSION", default_value = "latest")]
    pub(crate) snapshot: Selector,
    /// Only the partitions with these values: KEY=VALUE,KEY=VALUE.
    #[arg(long, value_name = "KEY=VALUE", value_delimiter = ',', value_parser = parse_condition)]
    pub(crate) partition: Vec<(String, String)>,
    /// The file as it was written, whatever it holds; it must be the only one that is wanted.
    #[arg(long)]
    pub(crate) raw: bool,
    /// Where to write it, instead of the standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The layout of the dataset, if it cannot be found: default, hive or flat.
    #[arg(long, value_name = "LAYOUT", value_parser = parse_layout)]
    pub(crate) layout: Option<LayoutKind>,
}

fn parse_keys(text: &str) -> Result<Hive, String> {
    Hive::by(text.split(',').map(str::trim)).map_err(|error| error.to_string())
}

fn parse_checksum(name: &str) -> Result<Algorithm, String> {
    let known = Checksums::default();
    known.find(name).ok_or_else(|| {
        let names: Vec<_> = known.names().collect();
        format!("the checksums are {}", names.join(", "))
    })
}

fn parse_condition(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_string(), value.to_string())),
        _ => Err("a partition is given as KEY=VALUE, or KEY=VALUE,KEY=VALUE".to_string()),
    }
}
