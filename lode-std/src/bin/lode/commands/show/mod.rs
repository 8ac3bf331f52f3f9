//! `lode show`: all there is to know about a snapshot.

mod dataset;
mod volume;

use crate::args::{ShowArgs, Subject};
use crate::failure::Failure;
use crate::output::Output;

/// How many blocks or files people are shown if they do not say.
const SHOWN: usize = 16;

pub(super) async fn run(args: ShowArgs, out: &mut Output) -> Result<(), Failure> {
    match Subject::new(args.target.as_ref(), args.layout)? {
        Subject::Volume(id, medium) => volume::show((id, medium), &args, out).await,
        Subject::Dataset(id, layout) => dataset::show((id, layout), &args, out).await,
    }
}
