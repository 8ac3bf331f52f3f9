//! `lode sync`: bringing what a volume or dataset has into another store.

mod dataset;
mod volume;

use lode_std::replicate;

use crate::args::{Subject, SyncArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;

pub(super) async fn run(args: SyncArgs, out: &mut Output) -> Result<(), Failure> {
    match Subject::new(Some(&args.subject), args.layout)? {
        Subject::Volume(id, medium) => volume::run(&args, id, medium, out).await,
        Subject::Dataset(..) if args.format.is_some() => {
            let message = "the manifests of datasets have one format only: --format is for volumes";
            Err(Failure::refused("invalid-input", message))
        }
        Subject::Dataset(id, layout) => dataset::run(&args, id, layout, out).await,
    }
}

/// Shows how far a replication is.
fn show(progress: &Progress, step: replicate::Progress) {
    match step {
        replicate::Progress::Comparing(bytes) => progress.restart(bytes, "comparing"),
        replicate::Progress::Sending(bytes) => progress.restart(bytes, "sending"),
        replicate::Progress::Done(bytes) => progress.advance(bytes),
        _ => {}
    }
}
