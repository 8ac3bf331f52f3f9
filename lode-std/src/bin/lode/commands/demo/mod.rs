//! `lode demo`: all of it at once, on real bytes.
//!
//! A child process writes a file into a volume and is killed part way. The parent reopens the
//! volume, fills the gaps and compares the whole with the file.

mod child;
mod plan;
mod recovery;
mod worker;

use serde_json::json;

use self::child::Child;
use self::plan::Plan;
use self::recovery::Recovery;
pub(super) use self::worker::run as work;
use crate::args::DemoArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::units::{count, grouped, human};

/// The volume that the demo writes.
const VOLUME: &str = "demo";

pub(super) async fn run(args: DemoArgs, out: &mut Output) -> Result<(), Failure> {
    let plan = Plan::make(args).await?;
    announce(&plan, out)?;
    let acknowledged = Child::start(&plan)?.kill_part_way(&plan, out).await?;
    let recovery = Recovery::open(&plan).await?;
    recovery.show_damage(&acknowledged, out).await?;
    let snapshot = recovery.fill_gaps(out).await?;
    recovery.verify(&snapshot, out).await
}

fn announce(plan: &Plan, out: &mut Output) -> Result<(), Failure> {
    out.line(format_args!(
        "{} bytes of {}, in {} of {} each, go into volumes/{VOLUME} in {}",
        grouped(plan.source.extent().length()),
        plan.source.path().display(),
        count(plan.blocks(), "block"),
        human(plan.block),
        plan.dir.display()
    ))?;
    out.json(&json!({
        "step": "begin",
        "dir": plan.dir.display().to_string(),
        "file": plan.source.path().display().to_string(),
        "bytes": plan.source.extent().length(),
        "block": plan.block,
        "blocks": plan.blocks(),
        "tasks": plan.tasks.get(),
        "seed": plan.seed,
    }))
}
