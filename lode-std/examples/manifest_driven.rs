//! Reading by manifests alone: what datasets there are, how they were written, which files and
//! which parts of a file are worth fetching. No codec is needed, and nothing is written.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::Arc;

use futures::TryStreamExt;
use lode_gzip::Gzip;
use lode_jsonl::Jsonl;
use lode_std::{Dataset, DatasetReader, Limits, meta, store};
use object_store::ObjectStore;
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = store::open("memory:")?;
    somebody_writes(&store).await?;

    let layout = DatasetReader::find_layout(store.clone(), "events").await?;
    let reader = DatasetReader::new(store, layout.ok_or("there is such a dataset")?);
    for id in reader.datasets().await? {
        println!("dataset {id}, versions: {}", reader.versions(id.as_str()).await?.len());
    }

    // The manifest says it all: how to decode it, how much there is, what its writer said of it.
    let snapshot = reader.latest("events").await?.ok_or("there is a snapshot")?;
    let manifest = snapshot.manifest();
    let codec = manifest.codec.as_deref().unwrap_or("none");
    println!("codec {codec}, compressor {}, {} rows", manifest.compressor, manifest.row_count);
    assert_eq!((codec, &*manifest.compressor, manifest.row_count), ("jsonl", "gzip", 1000));
    assert_eq!(snapshot.metadata(), &meta! { "source" => "sensor" });

    // A file as it is stored, any part of it: gzip begins with two bytes of its own.
    let file = snapshot.files().first().ok_or("there is a file")?;
    let object = reader.reader(file);
    assert_eq!(object.size(), file.size);
    assert_eq!(object.read_range(0..2).await?, [0x1f, 0x8b][..]);

    // Its content, piece by piece: decompressed within limits, and verified at its end.
    let limits = Limits::default();
    let content = reader.content(&snapshot, file, Some(&Gzip::default()), limits).await?;
    let lines = content.try_fold(0, async |lines, bytes| {
        Ok(lines + bytes.iter().filter(|byte| **byte == b'\n').count())
    });
    println!("{} lines came out of {} bytes", lines.await?, file.size);
    Ok(())
}

async fn somebody_writes(store: &Arc<dyn ObjectStore>) -> Result<(), Box<dyn Error>> {
    let codec = Jsonl::<Value>::new();
    let builder = Dataset::builder("events").codec(codec).compressor(Gzip::default());
    let events = builder.open(store.clone()).await?;
    let records: Vec<_> = (0..1000).map(|id| json!({ "id": id })).collect();
    events.write(&records, meta! { "source" => "sensor" }).await?;
    Ok(())
}
