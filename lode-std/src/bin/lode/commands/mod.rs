//! What the commands do.

mod demo;
mod gaps;
mod get;
mod log;
mod ls;
mod map;
mod put;
mod show;

use lode_core::id::Id;
use lode_std::{Error, Snapshot, Volume, VolumeReader, store};

use crate::args::{Command, Selector, Source};
use crate::failure::Failure;
use crate::output::Output;

/// Does what is asked for.
pub(crate) async fn run(command: Command, out: &mut Output) -> Result<(), Failure> {
    match command {
        Command::Demo(args) => demo::run(args, out).await,
        Command::DemoWorker(args) => demo::work(args, out).await,
        Command::Put(args) => put::run(args, out).await,
        Command::Get(args) => get::run(args, out).await,
        Command::Gaps(args) => gaps::run(args, out).await,
        Command::Map(args) => map::run(args, out).await,
        Command::Log(args) => log::run(args, out).await,
        Command::Show(args) => show::run(args, out).await,
        Command::Ls(args) => ls::run(args, out).await,
    }
}

/// Opens a volume for reading, which writes nothing.
async fn open_reader(location: &str, id: &Id) -> Result<VolumeReader, Error> {
    Volume::existing(id.as_str()).open_read_only(store::open(location)?).await
}

/// Opens a volume for reading, and finds the snapshot that is asked for.
async fn open_snapshot(source: &Source) -> Result<(VolumeReader, Snapshot), Failure> {
    let reader = open_reader(&source.store, source.target.volume()).await?;
    let snapshot = match source.snapshot {
        Selector::Version(version) => reader.snapshot(version).await?,
        Selector::Latest => reader.latest().await?.ok_or_else(|| no_snapshot(reader.id()))?,
    };
    Ok((reader, snapshot))
}

fn no_snapshot(id: &Id) -> Failure {
    let message = format!("nothing has been committed to volumes/{id} yet: `lode put` does");
    Failure::refused("not-found", message)
}
