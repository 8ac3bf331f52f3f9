//! `lode write`: a snapshot of a dataset.

mod parquet;
mod raw;
mod records;

use std::sync::Arc;

use lode_gzip::Gzip;
use lode_std::{
    Content, DatasetBuilder, DatasetReader, DatasetSnapshot, Division, Error, LayoutKind, Metadata,
};
use lode_zstd::Zstd;
use object_store::ObjectStore;
use serde_json::json;

use super::RESTAGES;
use super::dataset::{codec, stored_bytes};
use crate::args::{Codec, Compression, WriteArgs};
use crate::failure::{Failure, printable};
use crate::output::Output;
use crate::progress::Progress;
use crate::stores;
use crate::transfer::Input;
use crate::units::{count, counted, grouped};

/// How many bytes of records are in memory at the same time, while they are divided.
const BATCH: usize = 64 << 20;

pub(super) async fn run(args: WriteArgs, out: &mut Output) -> Result<(), Failure> {
    let inputs = Input::all(&args.files)?;
    let store = stores::open(&args.store)?;
    check_layout(&args, store.clone()).await?;
    let total = Input::total(&inputs);
    let progress = Progress::of(out, total, "writing");
    let writing = Writing { args: &args, store, progress: &progress };
    // Files can be read once more, and a stream cannot.
    let mut restages = total.map_or(0, |_| RESTAGES);
    let snapshot = loop {
        match writing.write(inputs.clone()).await {
            Err(failure) if failure.is_expired() && restages > 0 => {
                restages -= 1;
                progress.restart(total.unwrap_or(0), "writing");
            }
            written => break written?,
        }
    };
    progress.finish();
    report(&snapshot, args.layout(), out)
}

/// A dataset that is there goes on in its own layout.
async fn check_layout(args: &WriteArgs, store: Arc<dyn ObjectStore>) -> Result<(), Failure> {
    let (id, wanted) = (args.dataset.as_str(), args.layout());
    let found = match wanted {
        // It lies elsewhere, and has nothing to do with one of the same name in another layout.
        LayoutKind::Flat => None,
        _ => DatasetReader::find_layout(store, id).await?,
    };
    let advice = match found {
        None => return Ok(()),
        Some(found) if found == wanted => return Ok(()),
        Some(LayoutKind::Hive) => "divide the records with --partition-by",
        Some(LayoutKind::Flat) => "continue it with --layout flat",
        Some(_) => "leave --partition-by out",
    };
    let found = found.unwrap_or_default();
    let message =
        format!("datasets/{id} is in the {found} layout: {advice}, or use another dataset");
    Err(Failure::refused("mismatch", message))
}

/// What is the same whatever is written.
struct Writing<'a> {
    args: &'a WriteArgs,
    store: Arc<dyn ObjectStore>,
    progress: &'a Progress,
}

impl Writing<'_> {
    async fn write(&self, inputs: Vec<Input>) -> Result<DatasetSnapshot, Failure> {
        match self.args.codec {
            Codec::Raw => raw::write(self, &inputs).await,
            Codec::Jsonl => records::write(self, inputs).await,
            Codec::Parquet => parquet::write(self, inputs).await,
        }
    }

    /// Sets what the command line says.
    fn prepare<C: Content, D: Division<C::Item>>(
        &self,
        builder: DatasetBuilder<C, D>,
    ) -> DatasetBuilder<C, D> {
        let builder = builder.retry(stores::retry());
        let builder = match self.args.checksum {
            Some(algorithm) => builder.checksum(algorithm),
            None => builder,
        };
        match self.args.compress {
            Compression::Noop => builder,
            Compression::Gzip => builder.compressor(Gzip::default()),
            Compression::Zstd => builder.compressor(Zstd::default()),
        }
    }

    /// Chooses between the layouts of what is not divided.
    fn arrange<C: Content>(&self, builder: DatasetBuilder<C>) -> DatasetBuilder<C> {
        match self.args.layout() {
            LayoutKind::Flat => builder.flat(),
            _ => builder,
        }
    }

    fn metadata(&self) -> Metadata {
        self.args.meta.iter().cloned().collect()
    }
}

/// An error that came through the standard library's.
fn unwrapped(error: std::io::Error) -> Failure {
    match error.downcast::<Error>() {
        Ok(error) => error.into(),
        Err(source) => Failure::Io { what: "write the blob".to_string(), source },
    }
}

fn report(snapshot: &DatasetSnapshot, layout: LayoutKind, out: &mut Output) -> Result<(), Failure> {
    let manifest = snapshot.manifest();
    let (files, bytes) = (snapshot.files().len(), stored_bytes(snapshot));
    out.line(format_args!(
        "wrote version {} of datasets/{}: {}, {}, {} bytes",
        snapshot.version().get(),
        printable(&manifest.id),
        count(files, "file"),
        counted(snapshot.row_count(), "row"),
        grouped(bytes)
    ))?;
    out.json(&json!({
        "dataset": manifest.id.as_str(),
        "version": snapshot.version().to_string(),
        "layout": layout.name(),
        "files": files,
        "rows": snapshot.row_count(),
        "bytes": bytes,
        "codec": codec(snapshot),
        "compressor": manifest.compressor,
        "partitioner": manifest.partitioner,
        "checksum": manifest.checksum,
    }))
}
