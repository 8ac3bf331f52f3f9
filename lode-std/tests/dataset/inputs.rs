//! What callers say: ids, metadata, algorithms.

use lode_std::{
    Checksums, Dataset, DatasetReader, Error, LayoutKind, Metadata, Value as Meta, meta,
};

use crate::helpers::version;
use crate::support::fresh;

#[tokio::test]
async fn ids() {
    let endless = "x".repeat(10_000);
    for id in ["", ".", "..", "a/b", "../a", "a\\b", "a\0b", endless.as_str(), "Upper", "-a"] {
        let result = Dataset::builder(id).open(fresh()).await;
        let Err(error @ Error::InvalidId { .. }) = result else { panic!("{id:?}: {result:?}") };
        assert!(error.to_string().len() < 300, "{error}");
    }
    let reader = DatasetReader::new(fresh(), LayoutKind::Default);
    let error = reader.manifests("../a", None).await.unwrap_err();
    assert!(matches!(error, Error::InvalidId { .. }), "{error}");
}

#[tokio::test]
async fn metadata() {
    let dataset = Dataset::builder("blobs").open(fresh()).await.unwrap();
    let nested = meta! { "ü <&>" => vec![Meta::Null, 1.5.into(), u64::MAX.into(), true.into()] };
    let metadata = meta! { "nested" => nested, "text" => "a\nb", "n" => i64::MIN };
    let snapshot = dataset.write_blob("x", metadata.clone()).await.unwrap();
    let again = dataset.snapshot(snapshot.version()).await.unwrap();
    assert_eq!(again.metadata(), &metadata);
    let deep = (0..200).fold(Meta::Null, |inner, _| Meta::from(vec![inner]));
    for bad in [Meta::from(f64::NAN), deep] {
        let bad = Metadata::from([("bad".to_string(), bad)]);
        let error = dataset.write_blob("x", bad).await.unwrap_err();
        assert!(matches!(error, Error::Unwritable { .. }), "{error}");
    }
    assert_eq!(dataset.latest().await.unwrap().unwrap().version(), version(1));
}

#[tokio::test]
async fn every_checksum_that_comes_with_lode() {
    for name in Checksums::default().names() {
        let algorithm = Checksums::default().find(name).unwrap();
        let builder = Dataset::builder("blobs").checksum(algorithm);
        let dataset = builder.open(fresh()).await.unwrap();
        let snapshot = dataset.write_blob("bytes", meta! {}).await.unwrap();
        assert_eq!(snapshot.manifest().checksum.as_deref(), Some(name));
        assert_eq!(snapshot.files()[0].digest, Some(algorithm.digest(b"bytes")));
        assert_eq!(dataset.read(version(1)).await.unwrap(), ["bytes"]);
    }
}
