//! `lode read`: a snapshot of a dataset.

mod decode;
mod partition;

use std::path::Path;

use futures::TryStreamExt;
use lode_core::compress::Compressor;
use lode_gzip::Gzip;
use lode_std::{DataFile, DatasetManifest, DatasetSnapshot, Error, Limits};
use lode_zstd::Zstd;
use serde_json::json;

use self::decode::Decode;
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
    let reading = Reading { dataset, means: Means::of(&snapshot)?, snapshot, files };
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

/// What brings the content of a snapshot's files back.
struct Means {
    compressor: Option<Box<dyn Compressor>>,
    decode: fn() -> Box<dyn Decode>,
}

impl Means {
    /// As the manifest says.
    fn of(snapshot: &DatasetSnapshot) -> Result<Self, Failure> {
        let manifest = snapshot.manifest();
        let unknown = |what: &str, name: &str| {
            let message = format!(
                "snapshot {} of datasets/{} was written with the {what} {name:?}, which this \
                 command does not know",
                snapshot.version().get(),
                manifest.id
            );
            Failure::refused("unsupported", message)
        };
        let compressor: Option<Box<dyn Compressor>> = match &*manifest.compressor {
            DatasetManifest::NONE => None,
            "gzip" => Some(Box::new(Gzip::default())),
            "zstd" => Some(Box::new(Zstd::default())),
            name => return Err(unknown("compressor", name)),
        };
        let codec = manifest.codec.as_deref();
        let decode = decode::find(codec)
            .ok_or_else(|| unknown("codec", codec.unwrap_or(DatasetManifest::NONE)))?;
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
        let mut shown = Vec::new();
        for file in &self.files {
            let reader = &self.dataset.reader;
            let content = reader.content(&self.snapshot, file, compressor, Limits::default());
            let mut content = std::pin::pin!(content.await?);
            let mut decode = (self.means.decode)();
            let failed = |source| Error::Decode { key: file.key.clone(), source };
            while let Some(bytes) = content.try_next().await? {
                decode.push(&bytes, &mut shown).map_err(failed)?;
                sink(&shown)?;
                shown.clear();
                progress.advance(bytes.len() as u64);
            }
            decode.finish(&mut shown).map_err(failed)?;
            sink(&shown)?;
            shown.clear();
        }
        Ok(())
    }
}

/// The names of some partitions, for messages.
fn conditions(wanted: &[(String, String)]) -> String {
    let texts: Vec<_> = wanted.iter().map(|(key, value)| format!("{key}={value}")).collect();
    printable(texts.join(","))
}
