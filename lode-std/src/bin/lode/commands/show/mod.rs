//! `lode show`: all there is to know about a snapshot.

mod dataset;
mod volume;

use crate::args::{ShowArgs, Target};
use crate::failure::Failure;
use crate::output::Output;

/// How many blocks or files people are shown if they do not say.
const SHOWN: usize = 16;

pub(super) async fn run(args: ShowArgs, out: &mut Output) -> Result<(), Failure> {
    match &args.target {
        Target::Volume(id) => volume::show(id, &args, out).await,
        Target::Dataset(id) => dataset::show(id, &args, out).await,
    }
}
