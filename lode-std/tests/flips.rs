//! Every single bit of a small store, flipped: what a reader is then told.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests fail by panicking"
)]

#[path = "support/mod.rs"]
mod support;

use std::sync::Arc;

use bytes::Bytes;
use lode_core::codec::Codec;
use lode_core::manifest::pages::PageSizes;
use lode_gzip::Gzip;
use lode_hive::Hive;
use lode_jsonl::Jsonl;
use lode_parquet::{Column, ColumnType, Parquet, Row, Schema};
use lode_std::maintain::Retention;
use lode_std::{
    Dataset, DatasetBuilder, Division, Error, Format, Records, Version, Volume, VolumeReader, meta,
};
use lode_zstd::Zstd;
use serde_json::{Value, json};
use support::pattern;
use support::scripted::Scripted;

/// Flips each bit of the objects that `is_checked` picks, and has `read` read all there is: it must
/// fail, with an error that names the object.
async fn flip_all(
    name: &str,
    scripted: &Arc<Scripted>,
    is_checked: impl Fn(&str) -> bool,
    read: impl AsyncFn() -> Result<(), Error>,
) {
    read().await.unwrap();
    let (mut objects, mut bits) = (0, 0);
    for (key, good) in scripted.objects().await {
        if !is_checked(&key) {
            continue;
        }
        objects += 1;
        for bit in 0..good.len() * 8 {
            scripted.tamper(&key, flipped(&good, bit)).await;
            let error = read().await.unwrap_err().to_string();
            assert!(error.contains(&key), "bit {bit} of {key}: {error}");
            bits += 1;
        }
        scripted.tamper(&key, good).await;
    }
    read().await.unwrap();
    assert!(objects > 0, "{name}: there is something to check");
    println!("{name}: {bits} bits of {objects} objects, each noticed");
}

fn flipped(good: &Bytes, bit: usize) -> Vec<u8> {
    let mut bad = good.to_vec();
    bad[bit / 8] ^= 1 << (bit % 8);
    bad
}

/// Four snapshots, the first two collected, the third with a tag.
async fn volume(format: Format) -> Arc<Scripted> {
    let scripted = Scripted::new();
    let builder = Volume::builder("disk", 1000).format(format);
    let volume = builder.open(scripted.store()).await.unwrap();
    for (offset, length) in [(0, 20), (20, 20), (100, 7), (500, 1)] {
        let block = volume.stage_at(offset, pattern(offset, length)).await.unwrap();
        volume.commit([block], meta! { "offset" => offset }).await.unwrap();
    }
    let maintenance = volume.maintenance();
    maintenance.tag("keep", Version::new(3).unwrap()).await.unwrap();
    maintenance.collect(&Retention { last: Some(2), ..Retention::ALL }).await.unwrap();
    scripted
}

async fn read_volume(scripted: &Arc<Scripted>) -> Result<(), Error> {
    let reader: VolumeReader = Volume::existing("disk").open_read_only(scripted.store()).await?;
    for number in 1..=4 {
        let version = Version::new(number).unwrap();
        let snapshot = match reader.snapshot(version).await {
            Err(Error::Collected { version: found, .. }) if found == version && number < 3 => {
                continue;
            }
            snapshot => snapshot?,
        };
        for range in &snapshot.coverage().await? {
            let bytes = snapshot.read_at(range.into()).await?;
            assert_eq!(bytes, pattern(range.start(), bytes.len()));
        }
    }
    // The record of the collection is read with the head only.
    reader.latest().await?;
    reader.tagged("keep").await?;
    Ok(())
}

#[tokio::test]
async fn of_a_volume() {
    let scripted = volume(Format::Compact).await;
    let is_checked = |key: &str| !key.ends_with("volume.json") && !key.ends_with("latest");
    flip_all("a volume", &scripted, is_checked, async || read_volume(&scripted).await).await;
}

/// Of what the blocks are listed in, every bit of every page.
#[tokio::test]
async fn of_the_pages_of_a_volume() {
    let scripted = Scripted::new();
    let sizes = PageSizes { inline: 1, leaf: 2, node: 2 };
    let builder = Volume::builder("disk", 1000).page_sizes(sizes);
    let volume = builder.open(scripted.store()).await.unwrap();
    for offsets in [&[0, 20, 100][..], &[500, 700]] {
        let mut staged = Vec::new();
        for offset in offsets {
            staged.push(volume.stage_at(*offset, pattern(*offset, 7)).await.unwrap());
        }
        volume.commit(staged, meta! {}).await.unwrap();
    }
    let read = async || {
        let reader = Volume::existing("disk").open_read_only(scripted.store()).await?;
        for number in [1, 2] {
            let snapshot = reader.snapshot(Version::new(number).unwrap()).await?;
            // Not by its coverage: that passes by pages without gaps.
            let blocks = snapshot.blocks(0..snapshot.len()).collect().await?;
            assert_eq!(blocks.len(), if number == 1 { 3 } else { 5 });
        }
        Ok(())
    };
    flip_all("pages", &scripted, |key| key.contains("/pages/"), read).await;
}

/// JSON has no checksum, so of its manifests the next one's digest tells, and `read_volume` that no
/// byte is wrong.
#[tokio::test]
async fn of_the_blocks_of_a_volume_in_json() {
    let scripted = volume(Format::Json).await;
    let is_checked = |key: &str| key.contains("/data/");
    flip_all("blocks", &scripted, is_checked, async || read_volume(&scripted).await).await;
}

async fn check_dataset<C, D>(
    name: &str,
    builder: impl Fn() -> DatasetBuilder<Records<C>, D>,
    all: &[C::Record],
) where
    C: Codec + 'static,
    C::Record: std::fmt::Debug + PartialEq + Sync,
    D: Division<C::Record>,
{
    let scripted = Scripted::new();
    let dataset = builder().open(scripted.store()).await.unwrap();
    for record in all {
        dataset.write(std::slice::from_ref(record), meta! {}).await.unwrap();
    }
    let read = async || {
        let dataset = builder().open(scripted.store()).await?;
        for (number, record) in (1..).zip(all) {
            let found = dataset.read(Version::new(number).unwrap()).await?;
            assert_eq!(found, std::slice::from_ref(record));
        }
        Ok(())
    };
    flip_all(name, &scripted, |key| key.contains("/data/"), read).await;
}

#[tokio::test]
async fn of_records() {
    let records: Vec<Value> = (0..2).map(|n| json!({ "n": n, "text": "some text" })).collect();
    let plain = || Dataset::builder("events").codec(Jsonl::<Value>::new());
    check_dataset("JSON Lines", plain, &records).await;
    check_dataset("gzip", || plain().compressor(Gzip::default()), &records).await;
    check_dataset("zstd", || plain().compressor(Zstd::default()), &records).await;
    let divided = || plain().partition_by(Hive::by(["n"]).unwrap());
    check_dataset("by partition", divided, &records).await;
}

#[tokio::test]
async fn of_parquet() {
    let schema = || Schema::new([Column::required("n", ColumnType::Int64)]).unwrap();
    let rows = || Dataset::builder("rows").codec(Parquet::rows(schema()));
    check_dataset("parquet", rows, &[Row::from_iter([("n".to_string(), 7_u64.into())])]).await;
}

#[tokio::test]
async fn of_blobs() {
    let scripted = Scripted::new();
    let dataset = Dataset::builder("blobs").open(scripted.store()).await.unwrap();
    dataset.write_blob(pattern(0, 100), meta! {}).await.unwrap();
    let read = async || {
        let dataset = Dataset::builder("blobs").open(scripted.store()).await?;
        let found = dataset.read(Version::FIRST).await?;
        assert_eq!(found, [pattern(0, 100)]);
        Ok(())
    };
    flip_all("blobs", &scripted, |key| key.contains("/data/"), read).await;
}
