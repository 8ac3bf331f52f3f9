//! Where versions are dense, nothing that looks for slots lists them: a listing is not one moment,
//! and costs more the longer the history is.

use std::sync::Arc;

use lode_jsonl::Jsonl;
use lode_std::verify::Verification;
use lode_std::{Dataset, DatasetReader, LayoutKind, Records, Volume, meta};
use object_store::ObjectStore;
use serde_json::Value;

use crate::support::scripted::Scripted;
use crate::world::{GRACE, Kind, Subject, World, last, version};

fn lists(calls: &[String]) -> Vec<&String> {
    calls.iter().filter(|call| call.starts_with("list")).collect()
}

/// All versions, by a reader of its own.
async fn versions(world: &World) -> usize {
    let store = world.scripted.store();
    let layout = match world.kind {
        Kind::Compact | Kind::Paged | Kind::Json => {
            let reader = Volume::existing("it").open_read_only(store).await.unwrap();
            return reader.versions().await.unwrap().len();
        }
        Kind::Default => LayoutKind::Default,
        Kind::Flat => LayoutKind::Flat,
        Kind::Hive => LayoutKind::Hive,
    };
    DatasetReader::new(store, layout).versions("it").await.unwrap().len()
}

#[tokio::test]
async fn no_slot_is_listed() {
    for kind in Kind::ALL {
        let (world, warm) = World::with_snapshots(kind, 4).await;
        world.clock.advance(GRACE + 2);
        warm.collect(&last(2)).await.unwrap();
        let others = [world.open().await, world.open().await, world.open().await];
        world.scripted.take_calls();
        let [cold, behind, overtaken] = others;
        assert_eq!(behind.latest().await, Some(4));
        overtaken.latest().await;
        assert_eq!(cold.commit(5).await.unwrap(), version(6));
        assert_eq!(warm.commit(6).await.unwrap(), version(7), "behind what it did not know");
        assert_eq!(behind.latest().await, Some(7));
        assert_eq!(overtaken.commit(7).await.unwrap(), version(8));
        assert_eq!(world.open().await.live().await, [3, 4, 6, 7, 8]);
        assert_eq!(versions(&world).await, 8);
        cold.read(3).await.unwrap();
        cold.maintenance().tag("third", version(3)).await.unwrap();
        cold.read_tagged("third").await.unwrap();
        let calls = world.scripted.take_calls();
        assert!(lists(&calls).is_empty(), "{kind:?}: {calls:?}");
    }
}

/// A verification lists everything once, for what nothing refers to, and of a volume, whose descriptor
/// it does not believe, what its manifests are named. The slots it knows by number.
#[tokio::test]
async fn a_verification_lists_what_it_has_no_numbers_of() {
    for kind in [Kind::Compact, Kind::Json, Kind::Default] {
        let (world, _) = World::with_snapshots(kind, 4).await;
        world.scripted.take_calls();
        let store = world.scripted.store();
        let verification = match kind.is_volume() {
            true => Verification::volume(store, "it").unwrap(),
            false => Verification::dataset(store, "it", Some(LayoutKind::Default)).unwrap(),
        };
        let report = verification.run(|_| {}).await.unwrap();
        assert_eq!((report.damage, report.snapshots), (0, 4));
        let calls = world.scripted.take_calls();
        let lists = lists(&calls);
        assert!(lists.len() <= 1 + usize::from(kind.is_volume()), "{kind:?}: {lists:?}");
    }
}

/// So many versions without any data, and the number of requests to find the newest: of a new
/// handle, of one without a hint, and of one that knows it.
async fn requests(count: u64) -> [usize; 3] {
    let scripted = Scripted::in_memory();
    let store: Arc<dyn ObjectStore> = scripted.clone();
    let open = async || -> Dataset<Records<Jsonl<Value>>> {
        Dataset::builder("it").codec(Jsonl::new()).open(store.clone()).await.unwrap()
    };
    let writer = open().await;
    for _ in 0..count {
        writer.write(&[], meta! {}).await.unwrap();
    }
    let find = async |dataset: &Dataset<Records<Jsonl<Value>>>| {
        scripted.take_calls();
        assert_eq!(dataset.latest().await.unwrap().unwrap().version().get(), count);
        scripted.take_calls().len()
    };
    let hinted = open().await;
    let cold = find(&hinted).await;
    let warm = find(&hinted).await;
    let lost = open().await;
    scripted.remove("datasets/it/latest").await;
    [cold, find(&lost).await, warm]
}

#[tokio::test]
async fn the_head_of_a_long_history_costs_what_that_of_a_short_one_does() {
    let (short, long) = (requests(10).await, requests(10_000).await);
    assert_eq!((short[0], short[2]), (3, 1));
    assert_eq!((long[0], long[2]), (3, 1));
    // The hint only saves looks: without it they are as many as twice the digits.
    assert!(short[1] <= 12 && long[1] <= 32, "{short:?}, {long:?}");
    println!("without a hint: {} of 10, {} of 10,000", short[1], long[1]);
}

impl Subject {
    /// The version of the newest snapshot.
    pub(crate) async fn latest(&self) -> Option<u64> {
        let version = match self {
            Self::Volume(volume) => volume.latest().await.unwrap().map(|found| found.version()),
            Self::Dataset(set) => set.latest().await.unwrap().map(|found| found.version()),
            Self::Hive(set) => set.latest().await.unwrap().map(|found| found.version()),
        };
        version.map(lode_std::Version::get)
    }
}
