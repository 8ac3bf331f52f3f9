//! `lode read`: a snapshot of a dataset.

mod decode;
mod partition;
mod rows;

use std::path::Path;

use futures::TryStreamExt;
use lode_core::compress::Compressor;
use lode_gzip::Gzip;
use lode_std::{DataFile, DatasetManifest, DatasetSnapshot, Limits};
use lode_zstd::Zstd;
use serde_json::json;

use self::decode::{Begin, Blob, Lines};
use self::rows::Rows;
use super::dataset::OpenDataset;
use crate::args::ReadArgs;
use crate::failure::{Failure, printable};
use crate::output::Output;
use crate::progress::Progress;
use crate::transfer::Target;
use crate::units::grouped;

pub(super) async fn run(args: ReadArgs, out: &mut Output) -> Result<(), Failure> {
    let dataset = OpenDataset::open(&args.store, &args.dataset, args.layout).await?;
    let snapshot = dataset.snapshot(args.snapshot).await?;
    let files = partition::files(&dataset.layout, &snapshot, &args.partition)?;
    if files.is_empty() && !args.partition.is_empty() {
        out.note("no file of the snapshot is in such a partition");
    }
    let means = Means::of(&snapshot, args.raw)?;
    if args.raw {
        check_raw(&snapshot, &files)?;
    }
    let reading = Reading { dataset, means, snapshot, files };
    let Some(path) = &args.output else { return reading.write_out(out).await };
    let written = reading.write_file(path, out).await?;
    out.note(format_args!("{} bytes of {}", grouped(written), path.display()));
    out.json(&json!({
        "dataset": reading.dataset.id().as_str(),
        "version": reading.snapshot.version().to_string(),
        "file": path.display().to_string(),
        "files": reading.files.len(),
        "written": written,
    }))
}

/// Files of records do not make one file when they follow one another, as blobs do.
fn check_raw(snapshot: &DatasetSnapshot, files: &[DataFile]) -> Result<(), Failure> {
    let manifest = snapshot.manifest();
    if files.len() <= 1 || manifest.codec.is_none() {
        return Ok(());
    }
    let message = format!(
        "--raw reads one file, and there are {} in snapshot {} of datasets/{}: choose one with \
         --partition, or take it from the store by the key that `lode show` prints",
        files.len(),
        snapshot.version().get(),
        manifest.id
    );
    Err(Failure::refused("invalid-input", message))
}

/// What brings the content of a snapshot's files back.
struct Means {
    compressor: Option<Box<dyn Compressor>>,
    decode: Begin,
}

impl Means {
    /// As the manifest says; `raw` if the codec is of no interest.
    fn of(snapshot: &DatasetSnapshot, raw: bool) -> Result<Self, Failure> {
        let manifest = snapshot.manifest();
        let unknown = |what: &str, name: &str, advice: &str| {
            let message = format!(
                "snapshot {} of datasets/{} was written with the {what} {name:?}, which this \
                 command does not know{advice}",
                snapshot.version().get(),
                manifest.id
            );
            Failure::refused("unsupported", message)
        };
        let compressor: Option<Box<dyn Compressor>> = match &*manifest.compressor {
            DatasetManifest::NONE => None,
            "gzip" => Some(Box::new(Gzip::default())),
            "zstd" => Some(Box::new(Zstd::default())),
            name => return Err(unknown("compressor", name, "")),
        };
        let decode: Begin = match manifest.codec.as_deref().filter(|_| !raw) {
            None => Blob::begin,
            Some("jsonl") => Lines::begin,
            Some("parquet") => Rows::begin,
            Some(name) => return Err(unknown("codec", name, ": --raw reads it as it is")),
        };
        Ok(Self { compressor, decode })
    }
}

/// A snapshot that is being read.
struct Reading {
    dataset: OpenDataset,
    snapshot: DatasetSnapshot,
    means: Means,
    /// Those that are wanted.
    files: Vec<DataFile>,
}

impl Reading {
    async fn write_out(&self, out: &mut Output) -> Result<(), Failure> {
        let progress = self.progress(out);
        self.run(&progress, |bytes| out.bytes(bytes)).await
    }

    /// Writes a file, and returns how many bytes it has.
    async fn write_file(&self, path: &Path, out: &Output) -> Result<u64, Failure> {
        let failed = |error| Failure::file("write", path, error);
        let mut target = Target::create(path).map_err(failed)?;
        let progress = self.progress(out);
        let mut written = 0;
        let write = |bytes: &[u8]| {
            written += bytes.len() as u64;
            target.write(bytes).map_err(failed)
        };
        self.run(&progress, write).await?;
        target.keep().map_err(failed)?;
        Ok(written)
    }

    fn progress(&self, out: &Output) -> Progress {
        let files = self.files.iter();
        let stored = files.fold(0_u64, |sum, file| sum.saturating_add(file.size));
        // Of what comes out of a compressed file nothing is known yet.
        Progress::of(out, self.means.compressor.is_none().then_some(stored), "reading")
    }

    /// Hands the content of the files to `sink`, as it comes.
    async fn run(
        &self,
        progress: &Progress,
        mut sink: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let compressor = self.means.compressor.as_deref();
        for file in &self.files {
            let mut decode = (self.means.decode)(file)?;
            let reader = &self.dataset.reader;
            let content = reader.content(&self.snapshot, file, compressor, Limits::default());
            let mut content = std::pin::pin!(content.await?);
            while let Some(bytes) = content.try_next().await? {
                decode.push(&bytes, &mut sink)?;
                progress.advance(bytes.len() as u64);
            }
            decode.finish(&mut sink)?;
        }
        Ok(())
    }
}

/// The names of some partitions, for messages.
fn conditions(wanted: &[(String, String)]) -> String {
    let texts: Vec<_> = wanted.iter().map(|(key, value)| format!("{key}={value}")).collect();
    printable(texts.join(","))
}
