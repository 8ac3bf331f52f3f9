//! `lode repair`: bringing back the last good state.

use lode_std::repair::Repair;
use lode_std::verify::{Finding, Severity};
use serde_json::json;

use super::{layout_of_volume, verify};
use crate::args::{RepairArgs, Target};
use crate::failure::{Failure, printable};
use crate::output::Output;
use crate::stores;
use crate::units::count;

pub(in crate::commands) async fn run(args: RepairArgs, out: &mut Output) -> Result<(), Failure> {
    let (store, target) = (stores::open(&args.kept.store)?, &args.kept.target);
    let mut repair = match target {
        Target::Volume(id) => {
            layout_of_volume(args.kept.layout)?;
            Repair::volume(store, id.as_str())?
        }
        Target::Dataset(id) => Repair::dataset(store, id.as_str(), args.kept.layout)?,
    };
    repair = repair.data(args.data).drop_damaged(args.drop_damaged);
    if let Some(period) = args.grace {
        repair = repair.grace_period(period);
    }
    let mut said = Ok(());
    let found = |finding: &Finding| {
        if said.is_ok() && finding.severity() == Severity::Damage {
            said = verify::show(target, finding, out);
        }
    };
    let proposal = repair.propose(found).await?;
    said?;
    for unreadable in proposal.unreadable() {
        verify::show_unreadable(target, unreadable, out)?;
    }
    let plan = proposal.plan();
    for step in &plan.steps {
        let step = printable(step);
        out.line(format_args!("{}  {step}", if args.yes { "do" } else { "would" }))?;
        out.json(&json!({ "step": step, "done": args.yes }))?;
    }
    for refusal in &plan.refused {
        out.line(format_args!("cannot  {}: {}", printable(&refusal.object), refusal.reason))?;
        out.json(&json!({ "refused": refusal.object, "reason": refusal.reason }))?;
    }
    if args.yes {
        proposal.carry_out().await?;
    }
    let steps = count(plan.steps.len(), "step");
    let head = plan.head.map(|head| format!("; version {} is the newest", head.get()));
    out.note(match (plan.steps.is_empty(), args.yes) {
        (true, _) if !proposal.unreadable().is_empty() => {
            format!("nothing of {target} is repaired while some of it cannot be read")
        }
        (true, _) => format!("there is nothing to repair in {target}"),
        (false, true) => format!("{steps} done{}", head.unwrap_or_default()),
        (false, false) => format!("{steps} to do: say --yes if no other writer is at work"),
    });
    match plan.refused.len() {
        0 => Ok(()),
        _ if !proposal.unreadable().is_empty() => {
            let what = count(proposal.unreadable().len(), "object");
            let message =
                format!("{what} could not be read: repair {target} when all of it can be read");
            Err(Failure::refused("unreadable", message))
        }
        refused => {
            let what = count(refused, "object");
            Err(Failure::refused("corrupt", format!("{what} cannot be repaired: see above")))
        }
    }
}
