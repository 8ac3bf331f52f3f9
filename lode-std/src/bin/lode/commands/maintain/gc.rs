//! `lode gc`: dropping old snapshots, and deleting what nothing refers to.

use std::time::Duration;

use lode_std::maintain::{Garbage, Plan, Reason, Report, Retention, Tally, Verdict};
use serde_json::{Value, json};

use super::open;
use crate::args::GcArgs;
use crate::failure::{Failure, printable};
use crate::output::{Output, time};
use crate::units::{counted, human};

pub(in crate::commands) async fn run(args: GcArgs, out: &mut Output) -> Result<(), Failure> {
    let mut maintenance = open(&args.kept).await?;
    let grace = if args.now { Some(Duration::ZERO) } else { args.grace };
    if let Some(grace) = grace {
        maintenance = maintenance.with_grace_period(grace);
    }
    let rules = Retention {
        last: args.keep,
        within: args.keep_within.map(|within| within.as_secs()),
        tagged: args.keep_tagged,
    };
    let mut garbage = Vec::new();
    let listed = |object| {
        if args.dry_run {
            garbage.push(object);
        }
    };
    let rehearsed = maintenance.rehearse(&rules, listed).await?;
    show_plan(&rehearsed.plan, out)?;
    for object in &garbage {
        show_garbage(object, out)?;
    }
    show_tallies("would delete", &rehearsed, out)?;
    if args.dry_run {
        return out.json(&to_json(&rehearsed, true));
    }
    let done = maintenance.collect(&rules).await?;
    let dropped = counted(done.buried.len() as u64, "snapshot");
    out.line(format_args!("dropped {dropped}"))?;
    show_tallies("deleted", &done, out)?;
    out.json(&to_json(&done, false))
}

fn show_plan(plan: &Plan, out: &mut Output) -> Result<(), Failure> {
    for (version, verdict) in plan.verdicts() {
        let (what, why) = describe(verdict);
        out.line(format_args!("{}  {what}  {why}", version.get()))?;
        out.json(&json!({ "version": version.to_string(), "verdict": what, "reason": why }))?;
    }
    Ok(())
}

/// What becomes of a snapshot, and why.
fn describe(verdict: &Verdict) -> (&'static str, String) {
    let reason = match verdict {
        Verdict::Drop { newer, age } => {
            let newer = format!("{newer} newer");
            let age = age.map(|age| {
                let age = humantime::format_duration(std::time::Duration::from_secs(age));
                format!(", {age} old")
            });
            return ("drop", newer + age.as_deref().unwrap_or_default());
        }
        Verdict::Keep(Reason::Head) => "the newest",
        Verdict::Keep(Reason::Predecessor) => "the newest was made from it",
        Verdict::Keep(Reason::NoRule) => "no rule drops any",
        Verdict::Keep(Reason::Last) => "--keep",
        Verdict::Keep(Reason::Recent) => "--keep-within",
        Verdict::Keep(Reason::Undated) => "its age is not known",
        Verdict::Keep(Reason::Tagged) => "it has a tag",
        _ => "a rule keeps it",
    };
    ("keep", reason.to_string())
}

fn show_garbage(garbage: &Garbage, out: &mut Output) -> Result<(), Failure> {
    let Garbage { key, bytes, modified, .. } = garbage;
    out.line(format_args!("{}  {}", printable(key), human(*bytes)))?;
    out.json(&json!({ "key": key.as_str(), "bytes": bytes, "modified": time(*modified) }))
}

fn show_tallies(verb: &str, report: &Report, out: &mut Output) -> Result<(), Failure> {
    let Report { deleted, kept, young, left, .. } = report;
    out.line(format_args!("{verb} {}", tally(*deleted)))?;
    for (what, found) in [
        ("in use", kept),
        ("in no snapshot yet, and may still be committed", young),
        ("left to the next collection", left),
    ] {
        if found.objects > 0 {
            out.line(format_args!("{}: {what}", tally(*found)))?;
        }
    }
    Ok(())
}

fn tally(Tally { objects, bytes, .. }: Tally) -> String {
    format!("{}, {}", counted(objects, "object"), human(bytes))
}

fn to_json(report: &Report, dry_run: bool) -> Value {
    let tally = |tally: Tally| json!({ "objects": tally.objects, "bytes": tally.bytes });
    let dropped: Vec<_> = report.buried.iter().map(ToString::to_string).collect();
    json!({
        "dry_run": dry_run,
        "dropped": dropped,
        "deleted": tally(report.deleted),
        "kept": tally(report.kept),
        "young": tally(report.young),
        "left": tally(report.left),
    })
}
