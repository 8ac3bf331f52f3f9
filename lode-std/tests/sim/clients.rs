//! Who uses the store: writers, readers, two collectors and a tagger, each of which may crash at any
//! moment and come back with new handles.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{join, join_all};
use lode_core::manifest::pages::PageSizes;
use lode_hive::Hive;
use lode_jsonl::Jsonl;
use lode_std::maintain::Retention;
use lode_std::{
    CommitUnknown, Dataset, DatasetBuilder, Error, ErrorKind, GroupCommitter, Partitioned, Records,
    Retry, Version, Volume, VolumeBuilder, meta,
};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::blobs::{self, blobs};
use crate::copies;
use crate::store::LATE;
use crate::support::pattern;
use crate::world::{GRACE, World};

/// The size of a block.
pub(crate) const BLOCK: u64 = 16;
/// How many writers there are.
const WRITERS: u64 = 3;
/// How many snapshots a collection leaves.
const LAST: u64 = 3;

pub(crate) fn volume(world: &Arc<World>) -> VolumeBuilder {
    let builder = Volume::builder("disk", 1 << 20).retry(retry()).grace_period(GRACE);
    // A deep tree of pages before long.
    let builder = builder.page_sizes(PageSizes { inline: 3, leaf: 2, node: 2 });
    builder.clock(world.clock()).entropy(world.entropy())
}

pub(crate) fn dataset(
    world: &Arc<World>,
) -> DatasetBuilder<Records<Jsonl<Value>>, Partitioned<Hive>> {
    let builder = Dataset::builder("events").codec(Jsonl::new()).retry(retry());
    let builder = builder.partition_by(Hive::by(["parity"]).unwrap()).grace_period(GRACE);
    builder.clock(world.clock()).entropy(world.entropy())
}

pub(crate) fn retry() -> Retry {
    let (base, cap) = (Duration::from_millis(100), Duration::from_secs(2));
    Retry { conflicts: 200, resends: 2, base, cap, ..Retry::none() }
}

pub(crate) fn record(number: u64) -> Value {
    json!({ "number": number, "parity": number % 2 })
}

/// Everybody does their work, and what is late comes to its end.
pub(crate) async fn run(world: &Arc<World>, steps: u64) {
    let writers = join_all((0..WRITERS).map(|writer| write(world.clone(), writer, steps)));
    let writers = join(writers, uploads(world));
    let collectors = join(collect(world), collect(world));
    let others = join(join(read(world), tag(world)), join(collectors, copies::copy(world)));
    tokio::select! {
        biased;
        _ = writers => {}
        _ = others => {}
    }
    world.stores().iter().for_each(|store| store.calm_down());
    // What is late lands.
    tokio::time::sleep(Duration::from_millis(2 * LATE)).await;
    let volume = volume(world).open(world.store()).await.unwrap().maintenance();
    let dataset = dataset(world).open(world.store()).await.unwrap().maintenance();
    for maintenance in [volume, dataset] {
        let hasty = maintenance.with_grace_period(Duration::ZERO);
        let report = hasty.collect(&rules()).await.unwrap();
        assert_eq!((report.young.objects, report.left.objects), (0, 0), "{report:?}");
        world.count(|counts| counts.collected += report.buried.len() as u64);
    }
}

/// Large files take their time, so that they are written in some runs only.
async fn uploads(world: &Arc<World>) {
    if world.uploads {
        blobs::write(world).await;
    }
}

pub(crate) fn rules() -> Retention {
    Retention { last: Some(LAST), ..Retention::ALL }
}

/// Does something until it is done.
pub(crate) async fn patiently<T, F: Future<Output = Result<T, Error>>>(
    mut act: impl FnMut() -> F,
) -> T {
    loop {
        match act().await {
            Ok(done) => return done,
            Err(error) => assert!(is_excused(&error), "{error}"),
        }
    }
}

/// Whether an error may come of lost requests: nothing that is promised is broken by it.
pub(crate) fn is_excused(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Store | ErrorKind::Unknown | ErrorKind::Conflict)
}

async fn write(world: Arc<World>, writer: u64, steps: u64) {
    for step in 0..steps {
        world.wait(8000).await;
        let number = writer * 1000 + step;
        world.promises.lock().unwrap().tried.insert(number);
        // A crash is a future that is dropped, wherever it is.
        let patience = if world.chance(150) { world.below(3000) } else { u64::MAX >> 20 };
        let work = join(write_block(&world, number), write_record(&world, number));
        if timeout(Duration::from_millis(patience), work).await.is_err() {
            world.count(|counts| counts.crashes += 1);
        }
    }
}

/// With a new handle each time, as a process that comes back would have. What is staged may be
/// committed by another process, or with what others of the same process have staged.
async fn write_block(world: &Arc<World>, number: u64) {
    let open = || patiently(|| volume(world).open(world.store()));
    let stager = open().await;
    match world.below(3) {
        0 => commit_block(world, number, &stager, &stager, None).await,
        1 => commit_block(world, number, &stager, &open().await, None).await,
        _ => {
            let group = stager.committer();
            let numbers = [number, number + 100, number + 200];
            world.promises.lock().unwrap().tried.extend(numbers);
            let commits =
                numbers.map(|number| commit_block(world, number, &stager, &stager, Some(&group)));
            join_all(commits).await;
        }
    }
}

/// Stages a block, and commits it; until that is done.
async fn commit_block(
    world: &Arc<World>,
    number: u64,
    stager: &Volume,
    committer: &Volume,
    group: Option<&GroupCommitter>,
) {
    let offset = number * BLOCK;
    let bytes = pattern(offset, BLOCK as usize);
    let meta = || meta! { "step" => number % 100 };
    let mut block = patiently(|| stager.stage_at(offset, bytes.clone())).await;
    let version = loop {
        let committed = match group {
            Some(group) => group.commit([block.clone()], meta()).await,
            None => committer.commit([block.clone()], meta()).await,
        };
        match committed {
            Ok(snapshot) => break snapshot.version().get(),
            Err(Error::CommitUnknown(unknown)) => {
                let settle = |unknown| async { committer.resolve(unknown).await };
                if let Some(snapshot) = settled(*unknown, settle).await {
                    break snapshot.version().get();
                }
            }
            // A collection has passed its epoch. Who has staged it learns of that as well.
            Err(error) if error.kind() == ErrorKind::Expired => {
                world.count(|counts| counts.expired += 1);
                let _ = stager.latest().await;
                block = patiently(|| stager.stage_at(offset, bytes.clone())).await;
            }
            Err(error) => assert!(is_excused(&error), "block {number}: {error}"),
        }
    };
    world.count(|counts| counts.acknowledged += 1);
    world.promises.lock().unwrap().blocks.insert(number, version);
}

async fn write_record(world: &Arc<World>, number: u64) {
    let dataset = patiently(|| dataset(world).open(world.store())).await;
    let record = [record(number)];
    let version = loop {
        match dataset.write(&record, meta! {}).await {
            Ok(snapshot) => break snapshot.version().get(),
            Err(Error::CommitUnknown(unknown)) => {
                let settle = |unknown| async { dataset.resolve(unknown).await };
                if let Some(snapshot) = settled(*unknown, settle).await {
                    break snapshot.version().get();
                }
            }
            Err(error) if error.kind() == ErrorKind::Expired => {
                world.count(|counts| counts.expired += 1);
            }
            Err(error) => assert!(is_excused(&error), "record {number}: {error}"),
        }
    };
    world.count(|counts| counts.acknowledged += 1);
    world.promises.lock().unwrap().records.insert(number, version);
}

/// Settles a commit; `None` if it did not take place, and never will.
pub(crate) async fn settled<T, F: Future<Output = Result<T, Error>>>(
    unknown: CommitUnknown,
    resolve: impl Fn(CommitUnknown) -> F,
) -> Option<T> {
    loop {
        match resolve(unknown.clone()).await {
            Ok(snapshot) => return Some(snapshot),
            Err(error) if error.kind() == ErrorKind::Conflict => return None,
            Err(error) if error.kind() == ErrorKind::Expired => return None,
            Err(error) => assert!(is_excused(&error), "{error}"),
        }
    }
}

/// Reads forever: nothing goes backwards, and what was acknowledged before is seen.
async fn read(world: &Arc<World>) {
    let reader = patiently(|| volume(world).open(world.store())).await.reader();
    let mut seen = 0;
    loop {
        world.wait(4000).await;
        let known: Vec<_> = world.promises.lock().unwrap().blocks.keys().copied().collect();
        let head = match reader.latest().await {
            Ok(head) => head,
            Err(error) => {
                assert!(is_excused(&error), "{error}");
                continue;
            }
        };
        let Some(head) = head else {
            assert!(known.is_empty() && seen == 0, "{known:?} were acknowledged, and are gone");
            continue;
        };
        assert!(head.version().get() >= seen, "from {seen} back to {}", head.version());
        seen = head.version().get();
        for number in known {
            let range = number * BLOCK..(number + 1) * BLOCK;
            match head.read_at(range.clone()).await {
                Ok(bytes) => assert_eq!(bytes, pattern(range.start, BLOCK as usize)),
                // It was dropped while it was being read, which took its time.
                Err(error) if error.kind() == ErrorKind::Collected => break,
                Err(error) => assert!(is_excused(&error), "{number} in {seen}: {error}"),
            }
        }
    }
}

/// Collects forever, and crashes now and then.
async fn collect(world: &Arc<World>) {
    loop {
        world.wait(60_000).await;
        let patience = if world.chance(300) { world.below(5000) } else { u64::MAX >> 20 };
        let work = async {
            let volume = patiently(|| volume(world).open(world.store())).await;
            let dataset = patiently(|| dataset(world).open(world.store())).await;
            let blobs = match world.uploads {
                true => Some(patiently(|| blobs(world).open(world.store())).await.maintenance()),
                false => None,
            };
            for maintenance in
                [volume.maintenance(), dataset.maintenance()].into_iter().chain(blobs)
            {
                // Some spare nobody.
                let maintenance = match world.chance(300) {
                    true => maintenance.with_grace_period(Duration::ZERO),
                    false => maintenance,
                };
                match maintenance.collect(&rules()).await {
                    Ok(report) => {
                        let buried = report.buried.len() as u64;
                        world.count(|counts| counts.collected += buried);
                    }
                    Err(error) => assert!(is_excused(&error), "{error}"),
                }
            }
        };
        if timeout(Duration::from_millis(patience), work).await.is_err() {
            world.count(|counts| counts.crashes += 1);
        }
    }
}

/// Tags whatever is the newest, forever, and holds it for a while.
async fn tag(world: &Arc<World>) {
    for number in 0.. {
        world.wait(30_000).await;
        let volume = patiently(|| volume(world).open(world.store())).await;
        let Ok(Some(head)) = volume.latest().await else { continue };
        let name = format!("tag-{number}");
        match volume.maintenance().tag(&name, head.version()).await {
            Ok(()) => {
                let version = head.version().get();
                world.promises.lock().unwrap().tags.insert(name, version);
            }
            Err(error) if error.kind() == ErrorKind::Collected => {}
            Err(error) => assert!(is_excused(&error), "{error}"),
        }
        // When a lease ends is said by clocks.
        if !world.wrong_clocks {
            hold(world, &volume, head.version()).await;
        }
    }
}

/// Takes a lease, and reads what it holds as long as it does.
async fn hold(world: &Arc<World>, volume: &Volume, version: Version) {
    const FOR: Duration = Duration::from_secs(200);
    let begun = world.elapsed();
    let lease = match volume.maintenance().hold(version, FOR).await {
        Ok(lease) => lease,
        Err(error) if error.kind() == ErrorKind::Collected => return,
        Err(error) => return assert!(is_excused(&error), "{error}"),
    };
    let is_held = || world.elapsed() + Duration::from_secs(40) < begun + FOR;
    while is_held() {
        let read = async {
            let snapshot = volume.tagged(lease.name.as_str()).await?;
            for range in &snapshot.coverage().await? {
                let bytes = snapshot.read_at(range.into()).await?;
                assert_eq!(bytes, pattern(range.start(), bytes.len()));
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = read.await {
            // It took its time, and there is none left.
            assert!(is_excused(&error) || !is_held(), "leased: {error}");
        }
        world.wait(60_000).await;
    }
}
