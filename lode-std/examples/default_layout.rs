//! Records in the default layout: typed JSON lines, compressed, a snapshot for each write.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use lode_gzip::Gzip;
use lode_jsonl::Jsonl;
use lode_std::{Dataset, meta, store};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Event {
    id: u64,
    name: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let store = store::open(&dir.path().display().to_string())?;
    let codec = Jsonl::<Event>::new();
    let builder = Dataset::builder("events").codec(codec).compressor(Gzip::default());
    let events = builder.open(store).await?;

    // What is written together becomes visible together.
    let event = |id, name: &str| Event { id, name: name.to_string() };
    let monday = [event(1, "signup"), event(2, "login")];
    let first = events.write(&monday, meta! { "day" => "monday" }).await?;
    let tuesday = [event(3, "logout")];
    let second = events.write(&tuesday, meta! { "day" => "tuesday" }).await?;

    // A snapshot has its own files, not those of the one before it, and never changes.
    for snapshot in [&first, &second] {
        let records = events.read(snapshot.version()).await?;
        println!("version {}: {records:?}", snapshot.version().get());
    }
    assert_eq!(events.read(first.version()).await?, monday);
    assert_eq!(events.read(second.version()).await?, tuesday);
    assert_eq!(second.parent(), Some(first.version()));

    // Where it all lies.
    for file in second.files() {
        println!("{} bytes in {}", file.size, file.key);
    }
    let manifest = "datasets/events/snapshots/0000000000000000002/manifest.json";
    assert!(dir.path().join(manifest).is_file());
    println!("its manifest is {manifest}");
    Ok(())
}
