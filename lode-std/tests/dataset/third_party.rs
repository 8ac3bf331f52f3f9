//! Plugins that somebody else wrote, used together.

use futures::{StreamExt, TryStreamExt};
use lode_core::checksum::Algorithm;
use lode_std::{Checksums, Dataset, DatasetReader, Error, LayoutKind, meta};

use crate::helpers::version;
use crate::plugins::{ByLength, RunLength, Sums, Texts};
use crate::support::fresh;

fn texts() -> Vec<String> {
    (1..200).map(|n| "ab".repeat(n % 7 + 1) + &"x".repeat(n * 13)).collect()
}

#[tokio::test]
async fn all_together_in_partitions() {
    let store = fresh();
    let open = || {
        let builder = Dataset::builder("texts").checksum(Algorithm::of::<Sums>());
        builder.compressor(RunLength).codec(Texts).partition_by(ByLength(3)).open(store.clone())
    };
    let dataset = open().await.unwrap();
    let texts = texts();
    let snapshot = dataset.write(&texts, meta! {}).await.unwrap();
    let manifest = snapshot.manifest();
    assert_eq!(
        (manifest.codec.as_deref(), &*manifest.compressor, &*manifest.partitioner),
        (Some("texts"), "rle", "by-length")
    );
    assert_eq!((manifest.checksum.as_deref(), manifest.row_count), (Some("sums"), 199));
    assert_eq!(snapshot.files().len(), 3);
    for (n, file) in snapshot.files().iter().enumerate() {
        let folder = format!("datasets/texts/partitions/lengths/{n}/segments/");
        assert!(file.key.as_str().starts_with(&folder), "{}", file.key);
        assert!(file.key.as_str().ends_with("/data/data.rle"));
        assert_eq!(file.digest.unwrap().as_bytes().len(), 4);
        assert!(file.stats.as_ref().unwrap().columns[0].max.is_some());
    }
    let mut expected = texts.clone();
    expected.sort_by_key(|text| text.len() % 3);
    let again = open().await.unwrap();
    let back = again.read(version(1)).await.unwrap();
    assert_eq!(back, expected);
    let streamed: Vec<_> =
        again.read_stream(version(1)).await.unwrap().try_collect().await.unwrap();
    assert_eq!(streamed, expected);
    let reader = DatasetReader::new(store.clone(), LayoutKind::Hive);
    assert_eq!(reader.manifests("texts", Some("lengths/2")).await.unwrap().len(), 1);
    assert_eq!(reader.partitions("texts").await.unwrap().len(), 3);
    let error = again.write(&[String::new()], meta! {}).await.unwrap_err();
    assert!(matches!(error, Error::Partition { index: 0, .. }), "{error}");
}

#[tokio::test]
async fn all_together_as_streams() {
    let checksums = Checksums::default().with(Algorithm::of::<Sums>());
    let builder = Dataset::builder("texts").checksums(checksums);
    let builder = builder.checksum(Algorithm::of::<Sums>()).compressor(RunLength).codec(Texts);
    let dataset = builder.open(fresh()).await.unwrap();
    let texts = texts();
    let records = futures::stream::iter(texts.clone()).map(Ok::<_, Error>);
    let snapshot = dataset.stream_write_records(records, meta! {}).await.unwrap();
    assert_eq!(snapshot.files()[0].stats.as_ref().unwrap().row_count, 199);
    assert_eq!(dataset.read(version(1)).await.unwrap(), texts);
    let streamed: Vec<_> =
        dataset.read_stream(version(1)).await.unwrap().try_collect().await.unwrap();
    assert_eq!(streamed, texts);
}

/// Without the plugin it can be listed, and neither read nor written.
#[tokio::test]
async fn without_the_checksum_it_cannot_be_opened() {
    let store = fresh();
    let builder = Dataset::builder("blobs").checksum(Algorithm::of::<Sums>());
    builder.open(store.clone()).await.unwrap().write_blob("x", meta! {}).await.unwrap();
    let error = Dataset::builder("blobs").open(store.clone()).await.unwrap_err();
    assert!(matches!(error, Error::UnknownChecksum { .. }), "{error}");
    let reader = DatasetReader::new(store, LayoutKind::Default);
    assert_eq!(reader.manifests("blobs", None).await.unwrap().len(), 1);
}
