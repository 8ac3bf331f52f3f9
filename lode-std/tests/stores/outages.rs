//! Servers that are gone for a while, and servers that refuse: what is waited for, and what each
//! call says.

use std::time::{Duration, Instant};

use lode_jsonl::Jsonl;
use lode_std::{
    Dataset, DatasetReader, Error, ErrorKind, LayoutKind, Retry, Snapshot, Staged, Volume, meta,
    store,
};
use serde_json::{Value, json};

use crate::bucket::{Bucket, Whim};

/// How long the server is gone each time: longer than the four waits of up to 0.4 s that a create
/// was sent again after once.
const GONE_FOR: Duration = Duration::from_millis(1500);

async fn volume(location: &str) -> Volume {
    let store = store::open(location).unwrap();
    Volume::builder("disk", 1000).open(store).await.unwrap()
}

/// Stages a block and commits it.
async fn commit(volume: &Volume, offset: u64) -> Result<Snapshot, Error> {
    let block = volume.stage_at(offset, "block").await?;
    volume.commit([block], meta! {}).await
}

/// The server goes down, and comes up again after a while.
fn outage(bucket: &Bucket) -> impl Future<Output = ()> {
    bucket.go_down();
    async {
        tokio::time::sleep(GONE_FOR).await;
        bucket.come_up();
    }
}

#[tokio::test]
async fn a_server_that_is_gone_for_a_while_fails_nothing() {
    let bucket = Bucket::start().await;
    let location = bucket.location("connect_timeout=1s");
    let volume = volume(&location).await;
    commit(&volume, 0).await.unwrap();
    let builder = Dataset::builder("events").codec(Jsonl::<Value>::new());
    let dataset = builder.open(store::open(&location).unwrap()).await.unwrap();

    let (committed, ()) = tokio::join!(commit(&volume, 100), outage(&bucket));
    assert_eq!(committed.unwrap().version().get(), 2);
    let records = [json!(1)];
    let (written, ()) = tokio::join!(dataset.write(&records, meta! {}), outage(&bucket));
    assert_eq!(written.unwrap().version().get(), 1);
    let block = volume.stage_at(200, "block").await.unwrap();
    let (committed, ()) = tokio::join!(volume.commit([block], meta! {}), outage(&bucket));
    assert_eq!(committed.unwrap().version().get(), 3);
    let (latest, ()) = tokio::join!(volume.latest(), outage(&bucket));
    assert_eq!(latest.unwrap().unwrap().version().get(), 3);
}

/// What was never sent did not happen, so nothing is unknown.
#[tokio::test]
async fn how_long_a_create_is_sent_again_is_said_in_the_url() {
    for (options, least) in
        [("retries=0", Duration::ZERO), ("retry_timeout=1s", Duration::from_secs(1))]
    {
        let bucket = Bucket::start().await;
        let volume = volume(&bucket.location(options)).await;
        let block = volume.stage_at(0, "block").await.unwrap();
        bucket.go_down();
        let begin = Instant::now();
        let error = volume.commit([block], meta! {}).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{options}: {error}");
        assert!(begin.elapsed() >= least, "{options}: {:?}", begin.elapsed());
        assert!(begin.elapsed() < least + Duration::from_secs(5), "{options}");
    }
}

/// The library's error in one of a stream.
fn from_io(error: std::io::Error) -> Error {
    *error.into_inner().unwrap().downcast().unwrap()
}

/// Every call that can fail, on a bucket that does nothing but refuse.
async fn errors(whim: Whim) -> Vec<(&'static str, Error)> {
    let bucket = Bucket::start().await;
    let location = bucket.location("retries=0");
    let open = || store::open(&location).unwrap();
    let retry = Retry { resends: 1, base: Duration::ZERO, ..Retry::none() };
    let volume = Volume::builder("disk", 1000).retry(retry).open(open()).await.unwrap();
    let snapshot = commit(&volume, 0).await.unwrap();
    // The newest one is kept, so an older one is asked for.
    commit(&volume, 100).await.unwrap();
    let staged: Staged = volume.stage_at(500, "block").await.unwrap();
    let dataset = Dataset::builder("blobs").retry(retry).open(open()).await.unwrap();
    let written = dataset.write_blob("blob", meta! {}).await.unwrap();
    let reader = DatasetReader::new(open(), LayoutKind::Default);
    let fresh = Volume::existing("disk");

    bucket.answer(Some(whim));
    let mut stream = dataset.stream_write().unwrap();
    let part = vec![0; 9 << 20];
    let streamed = async {
        tokio::io::AsyncWriteExt::write_all(&mut stream, &part).await.map_err(from_io)?;
        stream.commit(meta! {}).await.map(drop)
    };
    let mut errors = vec![
        ("open", Volume::builder("disk", 1000).open(open()).await.map(drop)),
        ("open to read", fresh.clone().open_read_only(open()).await.map(drop)),
        ("latest", fresh.latest(open()).await.map(drop)),
        ("latest, warm", volume.latest().await.map(drop)),
        ("snapshot", volume.snapshot(snapshot.version()).await.map(drop)),
        ("read a range", snapshot.read_at(0..5).await.map(drop)),
        ("stage", volume.stage_at(600, "block").await.map(drop)),
        ("commit", volume.commit([staged], meta! {}).await.map(drop)),
        ("list volumes", Volume::list(open()).await.map(drop)),
        ("write a blob", dataset.write_blob("blob", meta! {}).await.map(drop)),
        ("versions", reader.versions("blobs").await.map(drop)),
        ("read a blob", dataset.read(written.version()).await.map(drop)),
        ("stream a blob", streamed.await),
    ];
    let tag = volume.maintenance().tag("kept", snapshot.version()).await;
    errors.push(("tag", tag.map(drop)));
    let failed = errors.into_iter().map(|(call, result)| match result {
        Ok(()) => panic!("{call} has not failed: {whim:?}"),
        Err(error) => (call, error),
    });
    failed.collect()
}

/// A definite refusal is told as such, with its kind, by every call.
#[tokio::test]
async fn refusals_have_the_same_kind_at_every_call() {
    for (status, code, kind) in [
        (401, "Unauthorized", ErrorKind::PermissionDenied),
        (403, "AccessDenied", ErrorKind::PermissionDenied),
        (400, "ExpiredToken", ErrorKind::PermissionDenied),
        (404, "NoSuchBucket", ErrorKind::NotFound),
        (507, "XMinioStorageFull", ErrorKind::OutOfSpace),
    ] {
        for (call, error) in errors(Whim { status, code, applies: false }).await {
            assert_eq!(error.kind(), kind, "{status} {code}: {call}: {error}");
            if code == "NoSuchBucket" {
                let is_named = matches!(&error, Error::BucketNotFound { store, .. } if store.contains("bucket"));
                assert!(is_named || call == "stream a blob", "{call}: {error:?}");
            }
        }
    }
}

/// What may pass is told as such, but for a commit, which may have taken place.
#[tokio::test]
async fn what_may_pass_is_busy_at_every_call() {
    for (status, code) in [(503, "SlowDown"), (429, "TooManyRequests")] {
        for (call, error) in errors(Whim { status, code, applies: false }).await {
            let kind = if call == "commit" { ErrorKind::Unknown } else { ErrorKind::Busy };
            assert_eq!(error.kind(), kind, "{status} {code}: {call}: {error}");
        }
    }
}

/// The value says why, also after it was stored and read again, and it says nothing secret.
#[tokio::test]
async fn an_unknown_outcome_has_its_cause() {
    let bucket = Bucket::start().await;
    let location = bucket.location("retries=0");
    let retry = Retry { resends: 1, base: Duration::ZERO, ..Retry::none() };
    let store = store::open(&location).unwrap();
    let volume = Volume::builder("disk", 1000).retry(retry).open(store).await.unwrap();
    commit(&volume, 0).await.unwrap();
    let block = volume.stage_at(500, "block").await.unwrap();
    // The commit takes place, and nothing says so.
    bucket.answer(Some(Whim { status: 500, code: "InternalError", applies: true }));
    let error = volume.commit([block], meta! {}).await.unwrap_err();
    let said = error.to_string();
    let Error::CommitUnknown(unknown) = error else { panic!("{said}") };
    assert!(said.contains("500 InternalError"), "{said}");
    let kept = serde_json::to_string(&unknown).unwrap();
    let kept: lode_std::CommitUnknown = serde_json::from_str(&kept).unwrap();
    assert!(kept.cause().contains("500 InternalError"), "{}", kept.cause());
    assert!(!format!("{said}{kept:?}").contains("hush"), "{said}");
    bucket.answer(None);
    assert_eq!(volume.resolve(kept).await.unwrap().version().get(), 2);
}

/// A reply to HEAD says nothing of the bucket, so it is asked for in another way: once.
#[tokio::test]
async fn a_missing_bucket_is_no_missing_object() {
    let bucket = Bucket::start().await;
    let store = store::open(&bucket.location("retries=0")).unwrap();
    let key = object_store::path::Path::from("volumes/x");
    let head = async || object_store::ObjectStoreExt::head(&store, &key).await.unwrap_err();
    bucket.answer(Some(Whim { status: 404, code: "NoSuchBucket", applies: false }));
    let error = head().await;
    assert!(error.to_string().contains("NoSuchBucket"), "{error}");
    bucket.answer(None);
    bucket.take_requests();
    for requests in [2, 1] {
        let error = head().await;
        assert!(matches!(error, object_store::Error::NotFound { .. }), "{error}");
        assert_eq!(bucket.take_requests().len(), requests);
    }
}

/// Opening writes nothing, and neither does what is only staged: what a history is like is fixed by
/// its first commit.
#[tokio::test]
async fn a_first_commit_that_fails_leaves_no_history_behind() {
    let bucket = Bucket::start().await;
    let location = bucket.location("retries=0");
    let volume = volume(&location).await;
    let block = volume.stage_at(0, "block").await.unwrap();
    bucket.answer(Some(Whim { status: 403, code: "AccessDenied", applies: false }));
    volume.commit([block.clone()], meta! {}).await.unwrap_err();
    bucket.answer(None);
    assert!(bucket.keys().iter().all(|key| key.contains("/data/")), "{:?}", bucket.keys());
    // The handle goes on.
    assert_eq!(volume.commit([block], meta! {}).await.unwrap().version().get(), 1);
}
