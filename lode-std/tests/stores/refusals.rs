//! Stores that cannot be used: each says so, and why, in time.

use std::time::{Duration, Instant};

use lode_std::{Dataset, Error, ErrorKind, Volume, meta, store};

use crate::support::{STORE, fresh_location};

/// Who may only read, as a query of [`STORE`].
const READER: &str = "LODE_TEST_READER";

/// Within which an answer must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens a volume and a dataset, and begins to read one; all three must fail in the same way.
async fn refusals(location: &str) -> Vec<Error> {
    let begin = Instant::now();
    let store = store::open(location).unwrap();
    let refusals = vec![
        Volume::builder("disk", 1000).open(store.clone()).await.unwrap_err(),
        Dataset::builder("events").open(store.clone()).await.unwrap_err(),
        Volume::existing("disk").open_read_only(store).await.unwrap_err(),
    ];
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
    refusals
}

#[tokio::test]
async fn an_endpoint_where_nobody_listens() {
    let keys = "access_key_id=a&secret_access_key=b";
    // Port 9 is for discarding, and nobody does any more.
    let location = format!("s3://bucket?endpoint=http://127.0.0.1:9&retry_timeout=1s&{keys}");
    for error in refusals(&location).await {
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
        assert!(error.to_string().contains("127.0.0.1:9"), "{error}");
    }
}

#[tokio::test]
#[ignore = "needs a server: `cargo xtask stores test`"]
async fn a_bucket_that_is_not_there() {
    let location = std::env::var(STORE).unwrap();
    let (scheme, rest) = location.split_once("://").unwrap();
    let (_, query) = rest.split_once('?').unwrap();
    for error in refusals(&format!("{scheme}://no-such-bucket?{query}")).await {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(matches!(error, Error::BucketNotFound { .. }), "{error}");
        let said = error.to_string();
        assert!(said.contains("NoSuchBucket") || said.contains("ContainerNotFound"), "{said}");
    }
}

#[tokio::test]
#[ignore = "needs a server that asks for credentials: `cargo xtask stores test`"]
async fn wrong_credentials() {
    let location = std::env::var(STORE).unwrap();
    let wrong = location
        .replace("secret_access_key=", "secret_access_key=not-")
        .replace("access_key=", "access_key=bm90LW5v");
    assert_ne!(location, wrong);
    for error in refusals(&wrong).await {
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    }
}

/// Who may only read reads, and is told when it tries to write.
#[tokio::test]
#[ignore = "needs a server with a reader: `cargo xtask stores test`"]
async fn a_bucket_that_may_only_be_read() {
    let writer = fresh_location().unwrap();
    let (folder, _) = writer.split_once('?').unwrap();
    let reader = format!("{folder}?{}", std::env::var(READER).unwrap());
    let volume = Volume::builder("disk", 10).open(store::open(&writer).unwrap()).await.unwrap();
    let block = volume.stage_at(0, "block").await.unwrap();
    volume.commit([block], meta! {}).await.unwrap();

    let store = store::open(&reader).unwrap();
    let read_only = Volume::existing("disk").open_read_only(store.clone()).await.unwrap();
    let snapshot = read_only.latest().await.unwrap().unwrap();
    assert_eq!(snapshot.read_at(0..5).await.unwrap(), "block");
    let begin = Instant::now();
    let error = Volume::builder("disk", 10).open(store.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    let dataset = Dataset::builder("events").open(store).await.unwrap();
    let error = dataset.write_blob("blob", meta! {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(begin.elapsed() < PATIENCE);
}
