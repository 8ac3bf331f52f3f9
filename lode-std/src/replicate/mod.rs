//! Replication: bringing what one volume or dataset has committed into another.
//!
//! Between any two stores, and from a device's medium into the cloud. Only what the target lacks
//! travels, verified when it is read; what both have is compared first, and nothing is written
//! unless all of it agrees. What was interrupted goes on where it was when it is run again.
//!
//! | what is brought | by | and becomes |
//! | --- | --- | --- |
//! | a snapshot of a volume | [`Replication`] | snapshots of the target, as many as it takes batches |
//! | all snapshots of a volume | [`Replay`] | the same, of each in order, with its metadata |
//! | the history of a dataset | [`Mirror`] | the same history, byte by byte |
//! | a snapshot of a dataset | [`DatasetReplication`] | the target's next snapshot |
//!
//! # Volumes
//!
//! A volume takes what it lacks, in blocks as the source has them, and others may write to it at
//! the same time. Its manifests are its own: they may have another format than the source's.
//!
//! ```
//! use lode_std::replicate::Replication;
//! use lode_std::{Volume, meta, store};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), lode_std::Error> {
//! # let card = Volume::builder("logger-7", 1024).open(store::open("memory:")?).await?;
//! # let block = card.stage_at(512, "recorded in the field").await?;
//! # card.commit([block], meta! { "trip" => 3 }).await?;
//! // Of an SD card: `VolumeReader::of_device(store::open("/media/card")?)`.
//! let source = card.latest().await?.expect("something was committed");
//!
//! let cloud = store::open("memory:")?;
//! let target = Volume::existing("logger-7").open_like(&source, cloud).await?;
//! let report = Replication::new(&source, &target).run().await?;
//! assert_eq!((report.sent, report.present), (21, 0));
//!
//! // Again, and there is nothing to do.
//! let report = Replication::new(&source, &target).run().await?;
//! assert_eq!((report.sent, report.present), (0, 21));
//! # Ok(())
//! # }
//! ```
//!
//! # Datasets
//!
//! ```
//! use lode_std::replicate::Mirror;
//! use lode_std::{Dataset, DatasetReader, LayoutKind, meta, store};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), lode_std::Error> {
//! let (here, there) = (store::open("memory:")?, store::open("memory:")?);
//! let models = Dataset::builder("models").open(here.clone()).await?;
//! models.write_blob("weights", meta! { "epoch" => 1 }).await?;
//!
//! let source = DatasetReader::new(here, LayoutKind::Default);
//! let report = Mirror::new(&source, "models", there.clone()).run().await?;
//! assert_eq!((report.snapshots, report.sent), (1, 7));
//!
//! // Later only what has been committed since travels.
//! models.write_blob("better weights", meta! { "epoch" => 2 }).await?;
//! let report = Mirror::new(&source, "models", there.clone()).run().await?;
//! assert_eq!((report.present, report.snapshots, report.sent), (1, 1, 14));
//!
//! let copy = DatasetReader::new(there, LayoutKind::Default);
//! let (ours, theirs) = (models.latest().await?, copy.latest("models").await?);
//! assert_eq!(ours.unwrap().manifest(), theirs.unwrap().manifest());
//! # Ok(())
//! # }
//! ```
//!
//! A copied history has the same versions, manifests and data files, under the same keys, so the
//! digests hold for it. Tags are not copied. What is committed at the source goes on into it as long
//! as nobody else commits to the copy.
//!
//! # What it costs
//!
//! In requests, where nothing fails and nobody else writes to the target. Of a volume:
//!
//! | what | at the source | at the target |
//! | --- | --- | --- |
//! | finding the head, of a new handle | | 3 |
//! | what equal ranges' digests by one algorithm tell | none | none |
//! | other ranges that both have, for each 4 MiB | 1 read for each block | 1 read for each block |
//! | if anything is missing, finding what an earlier run has left | | 1 look; 1 list of the blocks, for each thousand |
//! | each block that was left so | | 1 read, 1 create; for all of them 1 look |
//! | each block that is missing | 1 read | 1 create |
//! | each batch (up to 256 blocks and 64 MiB) | | 2 writes |
//! | making sure that nothing is missing any more | | 1 look |
//! | of large volumes, what lists their blocks | 1 read for each page | 1 read for each page that is not held |
//! | finding where a [`Replay`] goes on | finding the head, 1 read for each snapshot that is missing and one more | |
//! | each snapshot that is replayed | 1 read | 2 looks, and the above |
//!
//! The lists of the blocks of both are held in memory: 24 bytes for each block, and 48 more where its
//! length or writer differs from that of the one before.
//!
//! A target that [`open_like`](crate::VolumeBuilder::open_like) has created has the source's
//! checksum algorithm: what has travelled once need not be read again.
//!
//! Of a dataset:
//!
//! | what | at the source | at the target |
//! | --- | --- | --- |
//! | comparing the histories | finding the head (3), 1 read | finding the head (3), 1 read |
//! | of the Go implementation's, which has no digests of parents | 1 read for each snapshot | 1 read for each snapshot |
//! | if that is all | | finding the head (3), 1 read (the hint) |
//! | opening the target, new | 4 | 4, or 5 in the flat layout |
//! | each snapshot | 1 read | 2 writes; in the hive layout 1 more for each partition |
//! | each file of up to 8 MiB | 1 read | 1 create |
//! | each larger one | 1 read | 1 look; 1 write for each 8 MiB, and 2 |
//! | each file of the first snapshot that is missing | | 1 look more; 2, and 1 read of it, if it is there |

mod adopt;
mod compare;
mod dataset;
mod files;
mod mirror;
mod replay;
mod replica;
mod report;
mod send;
mod target;
mod volume;

pub use self::dataset::DatasetReplication;
pub use self::mirror::Mirror;
pub use self::replay::Replay;
pub use self::report::{DatasetReport, Progress, Report};
pub use self::target::DatasetTarget;
pub use self::volume::Replication;

/// How many bytes are held in memory at the same time, unless a single block has more.
const MEMORY: u64 = 64 << 20;
/// How many data files are on their way at the same time, unless it is said. Of each up to three
/// parts are held.
const FILES_IN_FLIGHT: usize = 4;

/// Whom progress is told.
type Watch<'a> = dyn Fn(Progress) + Send + Sync + 'a;
