//! How much memory reading takes, measured in a process of its own.

use std::process::Command;
use std::sync::Arc;

use futures::StreamExt;
use lode_core::compress::Compressor;
use lode_gzip::Gzip;
use lode_std::{Error, meta};
use object_store::ObjectStore;
use object_store::path::Path;
use serde_json::{Value, json};

use crate::helpers::{events, version};
use crate::support::fresh;

/// `count` times the same byte or line, compressed piece by piece.
fn bomb(line: &[u8], count: usize) -> Vec<u8> {
    let mut transform = Gzip::default().compress().unwrap();
    let (mut compressed, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    let piece = line.repeat((1 << 16) / line.len());
    let pieces = count * line.len() / piece.len();
    for number in 0..=pieces {
        let last = number == pieces;
        let mut input = if last { &[][..] } else { &piece[..] };
        loop {
            let progress = transform.step(input, &mut buffer, last).unwrap();
            compressed.extend_from_slice(&buffer[..progress.put]);
            input = &input[progress.taken..];
            if progress.done || (!last && input.is_empty()) {
                break;
            }
        }
    }
    compressed
}

/// A store with one snapshot of one file of these bytes.
async fn store_with(file: Vec<u8>) -> Arc<dyn ObjectStore> {
    use object_store::ObjectStoreExt;
    let store = fresh();
    let dataset = events("events").compressor(Gzip::default()).open(store.clone()).await.unwrap();
    let snapshot = dataset.write(&[json!(1)], meta! {}).await.unwrap();
    let slot = Path::from(format!("datasets/events/snapshots/{:019}/manifest.json", 1));
    let manifest = store.get(&slot).await.unwrap().bytes().await.unwrap();
    let mut manifest: Value = serde_json::from_slice(&manifest).unwrap();
    manifest.as_object_mut().unwrap().remove("checksum_algorithm");
    manifest["files"][0].as_object_mut().unwrap().remove("checksum");
    manifest["files"][0]["size_bytes"] = file.len().into();
    store.put(&slot, manifest.to_string().into()).await.unwrap();
    store.put(&Path::from(snapshot.files()[0].key.as_str()), file.into()).await.unwrap();
    store
}

/// The most memory that this process has used, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// Runs this test binary again, for one test.
fn run_alone(test: &str) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .status();
    assert!(status.unwrap().success());
}

#[test]
#[cfg(target_os = "linux")]
fn bombs_take_little_memory() {
    run_alone("bomb::zeros");
    run_alone("bomb::lines");
}

/// 1 GiB of zeros: no line ends.
#[tokio::test]
#[ignore = "measures its process, started by another test"]
async fn zeros() {
    let store = store_with(bomb(&[0], 1 << 30)).await;
    let dataset = events("events").compressor(Gzip::default()).open(store).await.unwrap();
    let mut stream = Box::pin(dataset.read_stream(version(1)).await.unwrap());
    let error = stream.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Decode { .. } | Error::TooLarge { .. }), "{error}");
    assert!(stream.next().await.is_none());
    // A line may have 64 MiB, and growing doubles what keeps it.
    assert!(peak() < 256, "{} MiB", peak());
}

/// 128 MiB of lines that are as short as can be: 64 million records.
#[tokio::test]
#[ignore = "measures its process, started by another test"]
async fn lines() {
    let store = store_with(bomb(b"1\n", 64 << 20)).await;
    let dataset = events("events").compressor(Gzip::default()).open(store).await.unwrap();
    let stream = dataset.read_stream(version(1)).await.unwrap();
    let count =
        stream.take(4 << 20).fold(0, async |count, record| count + u64::from(record.is_ok()));
    assert_eq!(count.await, 4 << 20);
    assert!(peak() < 64, "{} MiB", peak());
}
