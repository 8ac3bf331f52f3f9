//! Records that come one by one, more than fit in memory: written while they come, read the same
//! way, as one snapshot.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::pin::pin;

use futures::{StreamExt, TryStreamExt, stream};
use lode_jsonl::Jsonl;
use lode_std::{Dataset, Timestamp, meta, store};
use serde::{Deserialize, Serialize};

const RECORDS: u64 = 100_000;

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Reading {
    at: i64,
    celsius: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let readings = Dataset::builder("readings")
        .codec(Jsonl::<Reading>::new())
        .timestamps(|reading: &Reading| Timestamp::new(reading.at, 0))
        .open(store::open("memory:")?)
        .await?;

    // A stream of results: an error in it ends the write, and nothing becomes visible.
    let reading = |second| Reading { at: 1_700_000_000 + second as i64, celsius: 20.5 };
    let source = stream::iter(0..RECORDS).map(|second| Ok(reading(second)));
    let snapshot = readings.stream_write_records(source, meta! { "sensor" => 7 }).await?;
    println!("wrote {} records in {} file", snapshot.row_count(), snapshot.files().len());
    assert_eq!(snapshot.row_count(), RECORDS);

    // The manifest knows from when to when.
    let manifest = snapshot.manifest();
    let earliest = manifest.min_timestamp.ok_or("records have times")?;
    let latest = manifest.max_timestamp.ok_or("records have times")?;
    println!("they span {} seconds", latest.at.seconds_since(earliest.at));

    // Reading is a stream as well: stop when you have seen enough.
    let mut records = pin!(readings.read_stream(snapshot.version()).await?);
    let first = records.try_next().await?;
    assert_eq!(first, Some(reading(0)));
    let rest = records.try_fold(0, async |count, _| Ok(count + 1)).await?;
    assert_eq!(rest + 1, RECORDS);
    println!("read {} records back", rest + 1);
    Ok(())
}
