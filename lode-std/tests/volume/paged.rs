//! Volumes whose blocks are in pages: nothing is different for who uses them, but what it costs.

use futures::TryStreamExt;
use lode_core::manifest::Blocks;
use lode_core::manifest::pages::PageSizes;
use lode_std::maintain::Retention;
use lode_std::{
    ByteRange, CommitUnknown, Error, Format, Retry, Snapshot, Version, Volume, VolumeBuilder, meta,
};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::support::scripted::{Fault, Scripted};
use crate::support::{fresh, pattern};

/// The length of a block; blocks lie this far apart, too.
const BLOCK: u64 = 8;
/// A deep tree of few blocks.
const SMALL: PageSizes = PageSizes { inline: 4, leaf: 4, node: 4 };

fn builder() -> VolumeBuilder {
    let base = std::time::Duration::ZERO;
    let retry = Retry { base, ..Retry::none() };
    Volume::builder("disk", 1 << 20).page_sizes(SMALL).retry(retry)
}

/// Commits these blocks, by their places, together.
async fn commit(volume: &Volume, places: impl IntoIterator<Item = u64>) -> Result<Snapshot, Error> {
    let mut staged = Vec::new();
    for place in places {
        let offset = place * 2 * BLOCK;
        staged.push(volume.stage_at(offset, pattern(offset, BLOCK as usize)).await?);
    }
    volume.commit(staged, meta! {}).await
}

/// Checks all that a snapshot says of itself, if it has the blocks at these places.
async fn check(snapshot: &Snapshot, places: impl IntoIterator<Item = u64>) {
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_unstable();
    let range = |place: u64| ByteRange::with_length(place * 2 * BLOCK, BLOCK).unwrap();
    let expected: Vec<_> = places.iter().map(|place| range(*place)).collect();
    assert_eq!(snapshot.manifest().blocks.len(), places.len());
    assert_eq!(snapshot.covered(), places.len() as u64 * BLOCK);
    let blocks = snapshot.blocks(0..snapshot.len()).collect().await.unwrap();
    assert_eq!(blocks.iter().map(|block| block.range).collect::<Vec<_>>(), expected);
    let covered = snapshot.coverage().await.unwrap();
    assert!(covered.iter().eq(expected.iter().copied()));
    let whole = ByteRange::new(0, snapshot.len()).unwrap();
    let gaps = snapshot.gaps(whole.into()).collect().await.unwrap();
    assert!(covered.gaps(whole).eq(gaps.iter().copied()));
    let streamed: Vec<_> = snapshot.gaps(whole.into()).into_stream().try_collect().await.unwrap();
    assert_eq!(streamed, gaps);
    for range in expected {
        let bytes = snapshot.read_at(range.into()).await.unwrap();
        assert_eq!(bytes, pattern(range.start(), BLOCK as usize));
    }
}

fn level(snapshot: &Snapshot) -> usize {
    match &snapshot.manifest().blocks {
        Blocks::Inline(_) => 0,
        Blocks::Paged(root) => usize::from(root.level()),
    }
}

/// The calls to pages among these, and the others.
fn divided(calls: Vec<String>) -> (Vec<String>, Vec<String>) {
    calls.into_iter().partition(|call| call.contains("/pages/"))
}

#[tokio::test]
async fn a_volume_grows_into_pages_and_nobody_notices() {
    let store = fresh();
    let volume = Volume::builder("disk", 1 << 20).open(store.clone()).await.unwrap();
    commit(&volume, 0..500).await.unwrap();
    for (from, to, expected) in [(500, 512, 0), (512, 513, 1), (513, 700, 1)] {
        let snapshot = commit(&volume, from..to).await.unwrap();
        assert_eq!(level(&snapshot), expected);
        check(&snapshot, 0..to).await;
    }
    let reader = Volume::existing("disk").open_read_only(store.clone()).await.unwrap();
    for (number, to) in [(1, 500), (2, 512), (3, 513), (4, 700)] {
        let snapshot = reader.snapshot(Version::new(number).unwrap()).await.unwrap();
        check(&snapshot, 0..to).await;
    }
    // What is there already is not committed again, by whomever.
    let other = Volume::existing("disk").open(store).await.unwrap();
    assert_eq!(commit(&other, [0, 333, 699]).await.unwrap().version().get(), 4);
    let block = other.stage_at(333 * 2 * BLOCK + 1, "in the way").await.unwrap();
    match other.commit([block], meta! {}).await {
        Err(Error::Overlap { source, version }) => {
            assert_eq!(source.existing.start(), 333 * 2 * BLOCK);
            assert_eq!(version, Version::new(4));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn in_json_there_are_none() {
    let volume = builder().format(Format::Json).open(fresh()).await.unwrap();
    let snapshot = commit(&volume, 0..20).await.unwrap();
    assert_eq!(level(&snapshot), 0);
    check(&snapshot, 0..20).await;
}

#[tokio::test]
async fn any_order_makes_the_same_volume() {
    let volume = builder().open(fresh()).await.unwrap();
    let order = (0..60_u64).map(|number| number * 37 % 60);
    for (count, place) in (1..).zip(order.clone()) {
        let snapshot = commit(&volume, [place]).await.unwrap();
        if count % 10 == 0 {
            check(&snapshot, order.clone().take(count)).await;
        }
    }
    let head = volume.latest().await.unwrap().unwrap();
    assert!(level(&head) > 1);
    // Where it is read as a stream, a gap is an error, and behind it it goes on.
    let mut reader = head.reader();
    let mut bytes = [0; BLOCK as usize];
    for place in [0, 59, 7] {
        let offset = place * 2 * BLOCK;
        reader.seek(std::io::SeekFrom::Start(offset)).await.unwrap();
        reader.read_exact(&mut bytes).await.unwrap();
        assert_eq!(bytes[..], pattern(offset, bytes.len()));
        assert!(reader.read_u8().await.is_err(), "a gap follows");
    }
}

#[tokio::test]
async fn a_warm_commit_writes_a_page_of_each_level_and_reads_nothing() {
    let scripted = Scripted::new();
    let volume = builder().open(scripted.store()).await.unwrap();
    commit(&volume, 0..50).await.unwrap();
    scripted.take_calls();
    let block = volume.stage_at(50 * 2 * BLOCK, "12345678").await.unwrap();
    scripted.take_calls();
    let snapshot = volume.commit([block], meta! {}).await.unwrap();
    assert_eq!(level(&snapshot), 2);
    let (pages, others) = divided(scripted.take_calls());
    assert_eq!(pages.len(), level(&snapshot), "{pages:?}");
    assert!(pages.iter().all(|call| call.starts_with("create ")), "{pages:?}");
    let slot = "create volumes/disk/snapshots/0000000000000000002/manifest.lode";
    assert_eq!(others, [slot, "put volumes/disk/latest"]);

    // A handle that keeps nothing reads as many.
    let cold = builder().page_cache(0).open(scripted.store()).await.unwrap();
    cold.latest().await.unwrap();
    scripted.take_calls();
    let snapshot = commit(&cold, [51]).await.unwrap();
    let (pages, others) = divided(scripted.take_calls());
    let reads = pages.iter().filter(|call| call.starts_with("get ")).count();
    assert_eq!((reads, pages.len()), (level(&snapshot), 2 * level(&snapshot)), "{pages:?}");
    assert_eq!(others.len(), 3, "{others:?}");
}

#[tokio::test]
async fn a_cold_read_is_the_manifest_a_page_of_each_level_and_the_block() {
    let scripted = Scripted::new();
    let volume = builder().open(scripted.store()).await.unwrap();
    let head = commit(&volume, 0..50).await.unwrap();
    let reader = Volume::existing("disk").open_read_only(scripted.store()).await.unwrap();
    scripted.take_calls();
    let snapshot = reader.snapshot(Version::FIRST).await.unwrap();
    let offset = 20 * 2 * BLOCK;
    snapshot.read_at(offset..offset + 2).await.unwrap();
    let (pages, others) = divided(scripted.take_calls());
    assert_eq!((pages.len(), others.len()), (level(&head), 2), "{pages:?}, {others:?}");
    // Once more it is the block alone.
    snapshot.read_at(offset..offset + 2).await.unwrap();
    assert_eq!(scripted.take_calls().len(), 1);
    // What is covered without gaps is not looked into, and totals are in the manifest.
    assert_eq!(snapshot.covered(), 50 * BLOCK);
    assert_eq!(scripted.take_calls().len(), 0);
    snapshot.gaps(0..snapshot.len()).collect().await.unwrap();
    let first = scripted.take_calls();
    assert!(first.len() < 50 && !first.is_empty(), "{first:?}");
    snapshot.gaps(0..snapshot.len()).collect().await.unwrap();
    assert_eq!(scripted.take_calls(), [""; 0]);
}

#[tokio::test]
async fn pages_without_gaps_are_not_looked_into() {
    let scripted = Scripted::new();
    let volume = builder().open(scripted.store()).await.unwrap();
    let mut staged = Vec::new();
    for place in (0..64).filter(|place| *place != 40) {
        staged.push(volume.stage_at(place * BLOCK, vec![7; BLOCK as usize]).await.unwrap());
    }
    volume.commit(staged, meta! {}).await.unwrap();
    let reader = Volume::existing("disk").open_read_only(scripted.store()).await.unwrap();
    let snapshot = reader.latest().await.unwrap().unwrap();
    scripted.take_calls();
    let gaps = snapshot.gaps(0..64 * BLOCK).collect().await.unwrap();
    assert_eq!(gaps, [ByteRange::with_length(40 * BLOCK, BLOCK).unwrap()]);
    let calls = scripted.take_calls();
    assert!(calls.len() <= level(&snapshot), "one of each level at the most: {calls:?}");
}

/// Whatever number of writes the store still takes: the commit is there as a whole or not at all,
/// and the next one makes it good.
#[tokio::test]
async fn a_crash_on_the_way_leaves_the_volume_as_it_was() {
    for writes in 0.. {
        let scripted = Scripted::new();
        let volume = builder().open(scripted.store()).await.unwrap();
        commit(&volume, 0..50).await.unwrap();
        let block = volume.stage_at(50 * 2 * BLOCK, pattern(50 * 2 * BLOCK, 8)).await.unwrap();
        scripted.allow_writes(Some(writes));
        let committed = volume.commit([block], meta! {}).await;
        scripted.allow_writes(None);
        let (pages, slot) = (2, 1);
        assert_eq!(committed.is_ok(), writes >= pages + slot, "{writes}: {committed:?}");
        let again = Volume::existing("disk").open(scripted.store()).await.unwrap();
        let head = again.latest().await.unwrap().unwrap();
        check(&head, 0..if committed.is_ok() { 51 } else { 50 }).await;
        check(&commit(&again, 50..55).await.unwrap(), 0..55).await;
        if committed.is_ok() {
            break;
        }
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_settled_with_its_pages() {
    for applied in [true, false] {
        let scripted = Scripted::new();
        let retry = Retry { resends: 0, ..Retry::none() };
        let volume = builder().retry(retry).open(scripted.store()).await.unwrap();
        commit(&volume, 0..50).await.unwrap();
        let fault = if applied { Fault::AppliedButFailed } else { Fault::NotApplied };
        scripted.fault("/manifest.lode", fault);
        let error = commit(&volume, [50]).await.unwrap_err();
        let Error::CommitUnknown(unknown) = error else { panic!("{error}") };
        let text = serde_json::to_string(&unknown).unwrap();

        let unknown: CommitUnknown = serde_json::from_str(&text).unwrap();
        let other = builder().open(scripted.store()).await.unwrap();
        let snapshot = other.resolve(unknown.clone()).await.unwrap();
        check(&snapshot, 0..51).await;
    }
}

/// What was not applied before a collection never is, for its record has the slot.
#[tokio::test]
async fn a_collection_settles_an_unknown_outcome() {
    let scripted = Scripted::new();
    let retry = Retry { resends: 0, ..Retry::none() };
    let volume = builder().retry(retry).open(scripted.store()).await.unwrap();
    commit(&volume, 0..50).await.unwrap();
    scripted.fault("/manifest.lode", Fault::NotApplied);
    let error = commit(&volume, [50]).await.unwrap_err();
    let Error::CommitUnknown(unknown) = error else { panic!("{error}") };
    let other = builder().open(scripted.store()).await.unwrap();
    let hasty = other.maintenance().with_grace_period(std::time::Duration::ZERO);
    let report = hasty.collect(&Retention::ALL).await.unwrap();
    assert_eq!(report.deleted.objects, 3, "a block and two pages");
    for handle in [volume, other] {
        let error = handle.resolve((*unknown).clone()).await.unwrap_err();
        assert!(matches!(error, Error::Conflict { .. }), "{error}");
        let head = handle.latest().await.unwrap().unwrap();
        assert_eq!(head.version(), Version::FIRST, "nothing was sent");
        check(&head, 0..50).await;
    }
}

#[tokio::test]
async fn a_page_that_is_not_what_was_committed_is_named() {
    let scripted = Scripted::new();
    let volume = builder().open(scripted.store()).await.unwrap();
    commit(&volume, 0..50).await.unwrap();
    let objects = scripted.objects().await;
    let pages: Vec<_> = objects.iter().filter(|(key, _)| key.contains("/pages/")).collect();
    assert!(pages.len() > 10, "{}", pages.len());
    for (number, (key, good)) in pages.iter().enumerate() {
        let (other, _) = pages[(number + 1) % pages.len()];
        let another = objects.iter().find(|(key, _)| key == other).unwrap().1.clone();
        for bad in [None, Some(another), Some(vec![7; (1 << 20) + 1].into())] {
            match &bad {
                None => scripted.remove(key).await,
                Some(bytes) => scripted.tamper(key, bytes.clone()).await,
            }
            let cold = builder().open(scripted.store()).await.unwrap();
            let head = cold.latest().await.unwrap().unwrap();
            let all = head.blocks(0..head.len()).collect().await;
            let gaps = head.gaps(0..head.len()).collect().await;
            let read = head.coverage().await;
            let errors = [all.err(), gaps.err(), read.err()];
            for error in errors {
                let error = error.unwrap();
                assert!(error.to_string().contains(key), "{key}: {error}");
                assert!(matches!(
                    (&bad, error),
                    (None, Error::Missing { .. }) | (Some(_), Error::ManifestInvalid { .. })
                ));
            }
            scripted.tamper(key, good.clone()).await;
        }
    }
    let cold = builder().open(scripted.store()).await.unwrap();
    check(&cold.latest().await.unwrap().unwrap(), 0..50).await;
}

/// After an error a cursor can be asked again, and leaves nothing out.
#[tokio::test]
async fn what_was_interrupted_goes_on() {
    let scripted = Scripted::new();
    let volume = builder().open(scripted.store()).await.unwrap();
    commit(&volume, 0..50).await.unwrap();
    let reader = Volume::existing("disk").open_read_only(scripted.store()).await.unwrap();
    let snapshot = reader.latest().await.unwrap().unwrap();
    let objects = scripted.objects().await;
    for (key, _) in objects.iter().filter(|(key, _)| key.contains("/pages/")) {
        scripted.remove(key).await;
    }
    let (mut blocks, mut gaps) = (snapshot.blocks(0..1600), snapshot.gaps(0..1600));
    assert!(blocks.next().await.is_err() && gaps.next().await.is_err());
    for (key, good) in objects.iter().filter(|(key, _)| key.contains("/pages/")) {
        scripted.tamper(key, good.clone()).await;
    }
    assert_eq!(blocks.collect().await.unwrap().len(), 50);
    assert_eq!(gaps.count().await.unwrap(), 50, "behind each of them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_at_once_lose_nothing() {
    let store = fresh();
    let (writers, commits) = (4, 12);
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let volume = builder().retry(Retry::conflicts(1000)).open(store).await.unwrap();
                for number in 0..commits {
                    commit(&volume, [number * writers + writer]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let reader = Volume::existing("disk").open_read_only(store).await.unwrap();
    let head = reader.latest().await.unwrap().unwrap();
    assert_eq!(head.version().get(), writers * commits);
    check(&head, 0..writers * commits).await;
}

/// The same page is not sent twice: where a rival has changed another one, what this commit has
/// sent in its first attempt is used in the second.
#[tokio::test]
async fn after_a_conflict_pages_are_made_anew() {
    let scripted = Scripted::new();
    let open = || builder().retry(Retry { base: Default::default(), ..Retry::conflicts(1) });
    let ours = open().open(scripted.store()).await.unwrap();
    let theirs = open().open(scripted.store()).await.unwrap();
    commit(&ours, (0..50).filter(|place| *place != 2)).await.unwrap();
    commit(&theirs, [50]).await.unwrap();
    scripted.take_calls();
    let snapshot = commit(&ours, [2]).await.unwrap();
    assert_eq!(snapshot.version().get(), 3);
    check(&snapshot, 0..51).await;
    let (pages, _) = divided(scripted.take_calls());
    let mut creates: Vec<_> = pages.iter().filter(|call| call.starts_with("create ")).collect();
    let all = creates.len();
    creates.sort();
    creates.dedup();
    assert_eq!(creates.len(), all, "the leaves are the same in both attempts: {creates:?}");
}
