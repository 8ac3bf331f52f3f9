//! Reading the files of a snapshot as they are, without a codec.

use std::io::SeekFrom;

use futures::TryStreamExt;
use lode_core::compress::Compressor;
use lode_gzip::Gzip;
use lode_std::{Dataset, DatasetReader, DatasetSnapshot, Error, LayoutKind, Limits, meta};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::support::scripted::Scripted;
use crate::support::{fresh, pattern};

/// The content of the only file.
async fn content(
    reader: &DatasetReader,
    snapshot: &DatasetSnapshot,
    compressor: Option<&dyn Compressor>,
) -> Result<Vec<u8>, Error> {
    let opened = reader.content(snapshot, &snapshot.files()[0], compressor, Limits::default());
    let pieces: Vec<_> = opened.await?.try_collect().await?;
    assert!(pieces.iter().all(|piece| (1..=64 << 10).contains(&piece.len())));
    Ok(pieces.concat())
}

#[tokio::test]
async fn piece_by_piece() {
    let store = fresh();
    let reader = DatasetReader::new(store.clone(), LayoutKind::Default);
    let bytes = pattern(0, 1_000_000);
    let plain = Dataset::builder("plain").open(store.clone()).await.unwrap();
    let snapshot = plain.write_blob(bytes.clone(), meta! {}).await.unwrap();
    assert!(content(&reader, &snapshot, None).await.unwrap() == bytes);
    let error = content(&reader, &snapshot, Some(&Gzip::default())).await.unwrap_err();
    assert!(matches!(error, Error::Opened { .. }), "{error}");

    let builder = Dataset::builder("gzip").compressor(Gzip::default());
    let gzip = builder.open(store.clone()).await.unwrap();
    let snapshot = gzip.write_blob(bytes.clone(), meta! {}).await.unwrap();
    assert!(content(&reader, &snapshot, Some(&Gzip::default())).await.unwrap() == bytes);
    let error = content(&reader, &snapshot, None).await.unwrap_err();
    assert!(matches!(error, Error::Opened { .. }), "{error}");
}

#[tokio::test]
async fn damage_is_noticed() {
    let scripted = Scripted::new();
    let dataset = Dataset::builder("blobs").open(scripted.store()).await.unwrap();
    let snapshot = dataset.write_blob("some bytes", meta! {}).await.unwrap();
    let key = snapshot.files()[0].key.as_str();
    let reader = DatasetReader::new(scripted.store(), LayoutKind::Default);
    scripted.tamper(key, "some bites").await;
    let error = content(&reader, &snapshot, None).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    scripted.tamper(key, "some byte").await;
    let error = content(&reader, &snapshot, None).await.unwrap_err();
    assert!(matches!(error, Error::Truncated { expected: 10, found: 9, .. }), "{error}");
}

#[tokio::test]
async fn at_any_place() {
    let store = fresh();
    let bytes = pattern(0, 1_000_000);
    let dataset = Dataset::builder("blobs").open(store.clone()).await.unwrap();
    let snapshot = dataset.write_blob(bytes.clone(), meta! {}).await.unwrap();
    let reader = DatasetReader::new(store, LayoutKind::Default);
    let mut object = reader.reader(&snapshot.files()[0]);
    assert_eq!(object.size(), 1_000_000);
    assert_eq!(object.read_range(999_990..1_000_000).await.unwrap(), bytes[999_990..]);
    assert!(object.read_range(5..5).await.unwrap().is_empty());
    let mut all = Vec::new();
    object.read_to_end(&mut all).await.unwrap();
    assert!(all == bytes);
    for at in [0, 262_143, 262_144, 999_999, 1_000_000, 2_000_000] {
        object.seek(SeekFrom::Start(at)).await.unwrap();
        let mut rest = Vec::new();
        object.read_to_end(&mut rest).await.unwrap();
        assert!(rest == bytes[bytes.len().min(at as usize)..], "{at}");
    }
}
