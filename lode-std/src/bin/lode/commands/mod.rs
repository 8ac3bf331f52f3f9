//! What the commands do.

mod dataset;
mod demo;
mod diff;
mod gaps;
mod get;
mod help;
mod log;
mod ls;
mod maintain;
mod map;
mod probe;
mod put;
mod read;
mod show;
mod stat;
mod sync;
mod uploads;
mod write;

use std::ops::Range;

use lode_core::id::Id;
use lode_core::range::GrowableRangeSet;
use lode_std::{ByteRange, Error, Snapshot, Volume, VolumeReader, store};

use crate::args::{Command, Medium, Selector, VolumeSource};
use crate::failure::Failure;
use crate::output::Output;
use crate::stores;

/// How often what collections have overtaken is staged again.
const RESTAGES: u32 = 8;

/// Does what is asked for.
pub(crate) async fn run(command: Command, out: &mut Output) -> Result<(), Failure> {
    match command {
        Command::Demo(args) => demo::run(args, out).await,
        Command::DemoWorker(args) => demo::work(args, out).await,
        Command::Put(args) => put::run(args, out).await,
        Command::Get(args) => get::run(args, out).await,
        Command::Gaps(args) => gaps::run(args, out).await,
        Command::Map(args) => map::run(args, out).await,
        Command::Sync(args) => sync::run(args, out).await,
        Command::Write(args) => write::run(args, out).await,
        Command::Read(args) => read::run(args, out).await,
        Command::Log(args) => log::run(args, out).await,
        Command::Show(args) => show::run(args, out).await,
        Command::Stat(args) => stat::run(args, out).await,
        Command::Diff(args) => diff::run(args, out).await,
        Command::Ls(args) => ls::run(args, out).await,
        Command::Verify(args) => maintain::verify::run(args, out).await,
        Command::Repair(args) => maintain::repair::run(args, out).await,
        Command::Gc(args) => maintain::gc::run(args, out).await,
        Command::Tag(args) => maintain::tags::tag(args, out).await,
        Command::Untag(args) => maintain::tags::untag(args, out).await,
        Command::Tags(args) => maintain::tags::tags(args, out).await,
        Command::Hold(args) => maintain::tags::hold(args, out).await,
        Command::Probe(args) => probe::run(args, out).await,
        Command::Uploads(args) => uploads::run(args, out).await,
        Command::Completions(args) => help::completions(&args, out),
        Command::Man(args) => help::man(&args, out),
    }
}

/// Opens a volume for reading, which writes nothing. On a device's medium it is the one that is
/// there, and must be the one that is asked for.
async fn open_reader(
    location: &str,
    id: Option<&Id>,
    medium: Option<Medium>,
) -> Result<VolumeReader, Failure> {
    let store = stores::open(location)?;
    match (medium, id) {
        (None, Some(id)) => Ok(Volume::existing(id.as_str()).open_read_only(store).await?),
        (None, None) => Err(Failure::refused("invalid-input", "name a volume: volumes/ID")),
        (Some(Medium::Device), wanted) => {
            let reader = VolumeReader::of_device(store).await?;
            match wanted {
                Some(wanted) if wanted != reader.id() => {
                    let found = reader.id();
                    let location = store::redact(location);
                    let message = format!("{location} holds volumes/{found}, not volumes/{wanted}");
                    Err(Failure::refused("mismatch", message))
                }
                _ => Ok(reader),
            }
        }
    }
}

/// Opens a volume for reading, and finds the snapshot that is asked for.
async fn open_snapshot(source: &VolumeSource) -> Result<(VolumeReader, Snapshot), Failure> {
    let reader = open_reader(&source.store, source.volume.as_ref(), source.layout).await?;
    let snapshot = find_snapshot(&reader, source.snapshot).await?;
    let snapshot = snapshot.ok_or_else(|| no_snapshot(reader.id()))?;
    Ok((reader, snapshot))
}

/// The snapshot of a volume that is asked for; `None` if that is the newest of none.
async fn find_snapshot(
    reader: &VolumeReader,
    snapshot: Selector,
) -> Result<Option<Snapshot>, Error> {
    match snapshot {
        Selector::Version(version) => reader.snapshot(version).await.map(Some),
        Selector::Latest => reader.latest().await,
    }
}

/// What is committed of a volume, even if that is nothing at all.
struct Coverage {
    id: Id,
    /// `None` if nothing has been committed yet.
    snapshot: Option<Snapshot>,
    length: u64,
}

impl Coverage {
    async fn look(source: &VolumeSource) -> Result<Self, Failure> {
        let reader = open_reader(&source.store, source.volume.as_ref(), source.layout).await?;
        let snapshot = find_snapshot(&reader, source.snapshot).await?;
        let length = snapshot.as_ref().map(Snapshot::len).or(reader.total_length());
        let length = length.ok_or_else(|| no_snapshot(reader.id()))?;
        Ok(Self { id: reader.id().clone(), snapshot, length })
    }

    /// The version for programs.
    fn version(&self) -> Option<String> {
        self.snapshot.as_ref().map(|snapshot| snapshot.version().to_string())
    }

    /// What is not committed of a range.
    async fn gaps(&self, range: Range<u64>) -> Result<Vec<ByteRange>, Error> {
        match &self.snapshot {
            Some(snapshot) => snapshot.gaps(range).collect().await,
            None => Ok(ByteRange::new(range.start, range.end).into_iter().collect()),
        }
    }

    /// What is committed.
    async fn covered(&self) -> Result<GrowableRangeSet, Error> {
        match &self.snapshot {
            Some(snapshot) => snapshot.coverage().await,
            None => Ok(GrowableRangeSet::new()),
        }
    }
}

fn no_snapshot(id: &Id) -> Failure {
    let message = format!("nothing has been committed to volumes/{id} yet: `lode put` does");
    Failure::refused("not-found", message)
}
