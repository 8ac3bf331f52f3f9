//! Volumes and datasets to maintain, on a clock that is moved by hand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;
use lode_core::manifest::pages::PageSizes;
use lode_hive::Hive;
use lode_jsonl::Jsonl;
use lode_std::maintain::{Maintenance, Report, Retention};
use lode_std::{
    Dataset, DatasetBuilder, DatasetSnapshot, Error, Format, Metadata, Partitioned, Records, Retry,
    Snapshot, Version, Volume, meta,
};
use serde_json::{Value, json};

use crate::support::aged::Aged;
use crate::support::clock::ManualClock;
use crate::support::pattern;
use crate::support::scripted::Scripted;

/// The grace period, in seconds.
pub(crate) const GRACE: i64 = 100;

pub(crate) fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

/// Keeps the newest so many.
pub(crate) fn last(count: u64) -> Retention {
    Retention { last: Some(count), ..Retention::ALL }
}

pub(crate) fn numbers(versions: impl IntoIterator<Item = Version>) -> Vec<u64> {
    versions.into_iter().map(Version::get).collect()
}

/// All that can be maintained.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Compact,
    /// A volume with a deep tree of small pages.
    Paged,
    Json,
    Default,
    Flat,
    Hive,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] =
        [Self::Compact, Self::Paged, Self::Json, Self::Default, Self::Flat, Self::Hive];

    pub(crate) fn is_volume(self) -> bool {
        matches!(self, Self::Compact | Self::Paged | Self::Json)
    }

    /// The key of a slot.
    pub(crate) fn slot(self, number: u64) -> String {
        match self {
            Self::Compact | Self::Paged => {
                format!("volumes/it/snapshots/{number:019}/manifest.lode")
            }
            Self::Json => format!("volumes/it/snapshots/{number:019}/manifest.json"),
            Self::Default => format!("datasets/it/snapshots/{number:019}/manifest.json"),
            Self::Flat => format!("it/{number:019}/manifest.json"),
            Self::Hive => format!("datasets/it/segments/{number:019}/manifest.json"),
        }
    }
}

/// An empty store, and its clock.
pub(crate) struct World {
    pub(crate) kind: Kind,
    pub(crate) scripted: Arc<Scripted>,
    pub(crate) aged: Aged,
    pub(crate) clock: Arc<ManualClock>,
    /// Whether new handles see keys listed in another case.
    pub(crate) shouts: bool,
}

impl World {
    pub(crate) fn new(kind: Kind) -> Self {
        let (scripted, clock) = (Scripted::new(), ManualClock::new());
        let aged = Aged::over(scripted.store(), clock.clone());
        Self { kind, scripted, aged, clock, shouts: false }
    }

    /// A new handle.
    pub(crate) async fn open(&self) -> Subject {
        let retry = Retry { base: Duration::ZERO, ..Retry::conflicts(3) };
        let grace = Duration::from_secs(GRACE.unsigned_abs());
        let format = match self.kind {
            Kind::Json => Format::Json,
            _ => Format::Compact,
        };
        let builder = Volume::builder("it", 10_000).format(format).clock(self.clock.clone());
        let mut volume = builder.retry(retry).grace_period(grace);
        if self.kind == Kind::Paged {
            volume = volume.page_sizes(PageSizes { inline: 1, leaf: 1, node: 2 });
        }
        let builder: DatasetBuilder<_> = Dataset::builder("it").codec(Jsonl::new());
        let dataset = builder.clock(self.clock.clone()).retry(retry).grace_period(grace);
        let store = match self.shouts {
            true => crate::epochs::shouting(&self.scripted),
            false => self.aged.store(),
        };
        match self.kind {
            Kind::Compact | Kind::Paged | Kind::Json => {
                Subject::Volume(volume.open(store).await.unwrap())
            }
            Kind::Default => Subject::Dataset(dataset.open(store).await.unwrap()),
            Kind::Flat => Subject::Dataset(dataset.flat().open(store).await.unwrap()),
            Kind::Hive => {
                let hive = dataset.partition_by(Hive::by(["day"]).unwrap());
                Subject::Hive(hive.open(store).await.unwrap())
            }
        }
    }

    /// One with snapshots 1 to `count`, a second apart.
    pub(crate) async fn with_snapshots(kind: Kind, count: u64) -> (Self, Subject) {
        let world = Self::new(kind);
        let subject = world.open().await;
        for number in 1..=count {
            assert_eq!(subject.commit(number).await.unwrap(), version(number));
            world.clock.advance(1);
        }
        (world, subject)
    }

    pub(crate) async fn objects(&self) -> BTreeMap<String, Bytes> {
        self.scripted.objects().await.into_iter().collect()
    }

    /// The keys of all data objects and pages.
    pub(crate) async fn data(&self) -> Vec<String> {
        let is_data = |key: &String| key.contains("/data/") || key.contains("/pages/");
        self.objects().await.into_keys().filter(is_data).collect()
    }

    /// Checks that these versions are the live ones and can be read, by a handle that knows nothing
    /// yet.
    pub(crate) async fn check(&self, live: impl IntoIterator<Item = u64>) {
        let subject = self.open().await;
        let live: Vec<_> = live.into_iter().collect();
        assert_eq!(subject.live().await, live, "{:?}", self.kind);
        for number in live {
            subject.read(number).await.unwrap();
        }
    }
}

type Events<D = lode_std::Whole> = Dataset<Records<Jsonl<Value>>, D>;

/// A handle.
#[derive(Clone)]
pub(crate) enum Subject {
    Volume(Volume),
    Dataset(Events),
    Hive(Events<Partitioned<Hive>>),
}

/// What snapshot `number` of a dataset has.
fn records(number: u64) -> Vec<Value> {
    vec![json!({ "n": number, "day": number }), json!({ "n": number, "day": "every" })]
}

/// Which commit a snapshot is of. Its version is another one where records have taken some.
fn number_of(metadata: &Metadata) -> u64 {
    match metadata["number"] {
        lode_std::Value::Integer(number) => number.unsigned_abs(),
        ref other => panic!("{other:?}"),
    }
}

async fn check_dataset<D: lode_std::Division<Value>>(
    dataset: &Events<D>,
    snapshot: &DatasetSnapshot,
) -> Result<(), Error> {
    let found = dataset.read_snapshot(snapshot).await?;
    let streamed: Vec<_> = dataset.read_snapshot_stream(snapshot)?.try_collect().await?;
    assert_eq!(found, records(number_of(snapshot.metadata())));
    assert_eq!(found, streamed);
    Ok(())
}

async fn check_volume(snapshot: &Snapshot) -> Result<(), Error> {
    let number = number_of(snapshot.metadata());
    assert_eq!(snapshot.coverage().await?.len(), 1);
    assert_eq!(snapshot.read_at(0..number * 10).await?, pattern(0, number as usize * 10));
    Ok(())
}

impl Subject {
    /// Commits what snapshot `number` has more than the one before.
    pub(crate) async fn commit(&self, number: u64) -> Result<Version, Error> {
        let meta = meta! { "number" => number };
        match self {
            Self::Volume(volume) => {
                let start = (number - 1) * 10;
                let block = volume.stage_at(start, pattern(start, 10)).await?;
                Ok(volume.commit([block], meta).await?.version())
            }
            Self::Dataset(dataset) => Ok(dataset.write(&records(number), meta).await?.version()),
            Self::Hive(dataset) => Ok(dataset.write(&records(number), meta).await?.version()),
        }
    }

    /// Writes data, and does not commit them.
    pub(crate) async fn litter(&self) {
        match self {
            Self::Volume(volume) => drop(volume.stage_at(5000, "litter").await.unwrap()),
            Self::Dataset(dataset) => drop(dataset.begin().stage(&records(0)).await.unwrap()),
            Self::Hive(dataset) => drop(dataset.begin().stage(&records(0)).await.unwrap()),
        }
    }

    /// Reads the snapshot of a version, and compares.
    pub(crate) async fn read(&self, number: u64) -> Result<(), Error> {
        let version = version(number);
        match self {
            Self::Volume(volume) => check_volume(&volume.snapshot(version).await?).await,
            Self::Dataset(set) => check_dataset(set, &set.snapshot(version).await?).await,
            Self::Hive(set) => check_dataset(set, &set.snapshot(version).await?).await,
        }
    }

    /// Reads the snapshot of a tag, and compares.
    pub(crate) async fn read_tagged(&self, name: &str) -> Result<(), Error> {
        match self {
            Self::Volume(volume) => check_volume(&volume.tagged(name).await?).await,
            Self::Dataset(set) => check_dataset(set, &set.tagged(name).await?).await,
            Self::Hive(set) => check_dataset(set, &set.tagged(name).await?).await,
        }
    }

    /// The live snapshots.
    pub(crate) async fn live(&self) -> Vec<u64> {
        match self {
            Self::Volume(volume) => {
                let all: Vec<_> = volume.snapshots().try_collect().await.unwrap();
                numbers(all.iter().map(Snapshot::version))
            }
            Self::Dataset(set) => {
                let all: Vec<_> = set.snapshots().try_collect().await.unwrap();
                numbers(all.iter().map(DatasetSnapshot::version))
            }
            Self::Hive(set) => {
                let all: Vec<_> = set.snapshots().try_collect().await.unwrap();
                numbers(all.iter().map(DatasetSnapshot::version))
            }
        }
    }

    pub(crate) fn maintenance(&self) -> Maintenance {
        match self {
            Self::Volume(volume) => volume.maintenance(),
            Self::Dataset(dataset) => dataset.maintenance(),
            Self::Hive(dataset) => dataset.maintenance(),
        }
    }

    pub(crate) async fn collect(&self, rules: &Retention) -> Result<Report, Error> {
        self.maintenance().collect(rules).await
    }
}
