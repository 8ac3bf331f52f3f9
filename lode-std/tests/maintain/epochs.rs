//! Epochs and floors: what keeps collections and writers apart, whatever the time is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{BoxStream, StreamExt, TryStreamExt};
use lode_std::maintain::Retention;
use lode_std::{Error, Retry, Volume, meta};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use crate::support::pattern;
use crate::support::scripted::Scripted;
use crate::world::{Kind, World, last, numbers, version};

/// The moment at which a writer is suspended: its data are there, and its manifest has been sent,
/// but arrives when a collection has run. Nothing says how long that takes.
#[tokio::test]
async fn a_create_that_was_held_up_finds_its_slot_taken() {
    for kind in Kind::ALL {
        let (world, subject) = World::with_snapshots(kind, 4).await;
        let writer = world.open().await;
        let gate = world.scripted.hold(fifth(kind));
        let commit = writer.commit(5);
        let collect = async {
            gate.reached().await;
            // It may well be older than any grace period.
            world.clock.advance(1_000_000);
            let hasty = subject.maintenance().with_grace_period(Duration::ZERO);
            let report = hasty.collect(&last(2)).await.unwrap();
            gate.open();
            report
        };
        let (committed, report) = tokio::join!(commit, collect);
        assert_eq!(report.record, Some(version(5)), "{kind:?}");
        assert!(report.deleted.objects > 0, "its data are gone: {report:?}");
        // Where it has the bytes it stages them again by itself.
        match (committed, kind) {
            (Err(error), Kind::Compact | Kind::Paged | Kind::Json) => {
                assert!(matches!(error, Error::StageExpired { .. }), "{kind:?}: {error}");
                assert_eq!(writer.commit(5).await.unwrap(), version(6));
            }
            (committed, _) => assert_eq!(committed.unwrap(), version(6), "{kind:?}"),
        }
        world.check([3, 4, 6]).await;
    }
}

/// The key of slot 5, for as long as the tests run.
fn fifth(kind: Kind) -> &'static str {
    Box::leak(kind.slot(5).into_boxed_str())
}

/// It lands before the record: then the collection has to read it.
#[tokio::test]
async fn a_record_that_was_held_up_finds_its_slot_taken() {
    for kind in Kind::ALL {
        let (world, subject) = World::with_snapshots(kind, 4).await;
        let writer = world.open().await;
        world.clock.advance(1_000_000);
        let gate = world.scripted.hold(fifth(kind));
        let hasty = subject.maintenance().with_grace_period(Duration::ZERO);
        let rules = last(2);
        let collect = hasty.collect(&rules);
        let commit = async {
            gate.reached().await;
            let committed = writer.commit(5).await.unwrap();
            gate.open();
            committed
        };
        let (report, committed) = tokio::join!(collect, commit);
        let report = report.unwrap();
        assert_eq!((committed, report.record), (version(5), Some(version(6))), "{kind:?}");
        let dropped = numbers(report.buried);
        world.check((1..=5).filter(|number| !dropped.contains(number))).await;
    }
}

/// A collection that spares nobody: the writer is told, and stages again.
#[tokio::test]
async fn a_collection_that_spares_nobody_costs_work_and_no_data() {
    let (world, subject) = World::with_snapshots(Kind::Compact, 2).await;
    let retry = Retry { base: Duration::ZERO, ..Retry::conflicts(5) };
    let builder = Volume::existing("it").retry(retry).clock(world.clock.clone());
    let volume = builder.open(world.aged.store()).await.unwrap();
    let hasty = subject.maintenance().with_grace_period(Duration::ZERO);
    let mut expired = 0;
    for number in 3_u64..8 {
        let start = (number - 1) * 10;
        let snapshot = loop {
            let block = volume.stage_at(start, pattern(start, 10)).await.unwrap();
            if expired < number - 2 {
                hasty.collect(&Retention::ALL).await.unwrap();
            }
            match volume.commit([block], meta! { "number" => number }).await {
                Ok(snapshot) => break snapshot,
                Err(Error::StageExpired { .. }) => expired += 1,
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!(snapshot.covered(), number * 10);
    }
    assert_eq!(expired, 5, "once for each");
    let all: Vec<_> = volume.snapshots().try_collect().await.unwrap();
    assert_eq!(all.len(), 7);
    assert_eq!(all[6].read_at(0..70).await.unwrap(), pattern(0, 70));
}

/// A store that folds case, and lists keys in capitals.
#[derive(Debug)]
struct Shouting(Arc<Scripted>);

impl fmt::Display for Shouting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a store that lists in capitals")
    }
}

fn shouted(mut meta: ObjectMeta) -> ObjectMeta {
    // The folders that were asked for have the names that they were asked by.
    let shout = |part: &str| {
        let is_token = part.len() == 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        match is_token || part.ends_with(".bin") || part.ends_with(".lode") {
            true => part.to_ascii_uppercase(),
            false => part.replace("day=", "DAY="),
        }
    };
    let parts: Vec<_> = meta.location.as_ref().split('/').map(shout).collect();
    meta.location = Path::parse(parts.join("/")).unwrap();
    meta
}

#[async_trait]
impl ObjectStore for Shouting {
    async fn put_opts(&self, at: &Path, bytes: PutPayload, how: PutOptions) -> Result<PutResult> {
        self.0.put_opts(at, bytes, how).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(at, how).await
    }

    async fn get_opts(&self, at: &Path, how: GetOptions) -> Result<GetResult> {
        self.0.get_opts(at, how).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let fold = |path: Path| Path::from(path.as_ref().to_ascii_lowercase());
        self.0.delete_stream(paths.map_ok(fold).boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list(prefix).map_ok(shouted).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.0.copy_opts(from, to, options).await
    }
}

/// What is referred to is listed under another name: nothing of it may be taken for garbage.
#[tokio::test]
async fn where_case_is_folded_nothing_is_deleted_that_may_be_referred_to() {
    for kind in Kind::ALL {
        let (world, subject) = World::with_snapshots(kind, 4).await;
        subject.litter().await;
        let shouting = World { shouts: true, ..world };
        let other = shouting.open().await;
        shouting.clock.advance(1_000_000);
        let before = shouting.data().await;
        let report = other.collect(&last(2)).await.unwrap();
        assert_eq!(report.kept.objects, 0, "{kind:?}: nothing is listed by its name");
        assert_eq!(numbers(report.buried.clone()), [1, 2]);
        if kind.is_volume() {
            // All of it is in folders of which something is missing in the list.
            assert_eq!(report.deleted.objects, 0, "{kind:?}: {report:?}");
            assert_eq!(shouting.data().await, before, "{kind:?}");
        }
        shouting.check([3, 4]).await;
    }
}

/// See [`Shouting`].
pub(crate) fn shouting(scripted: &Arc<Scripted>) -> Arc<dyn ObjectStore> {
    Arc::new(Shouting(scripted.clone()))
}
