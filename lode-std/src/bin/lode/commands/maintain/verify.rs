//! `lode verify`: whether all that was committed is there and holds.

use std::sync::Arc;

use lode_std::verify::{Affected, Finding, Problem, Progress, Report, Severity, Verification};
use lode_std::{DatasetReader, LayoutKind, Volume, store};
use object_store::ObjectStore;
use serde_json::{Value, json};

use super::layout_of_volume;
use crate::args::{Target, VerifyArgs};
use crate::failure::{Failure, printable};
use crate::output::{Output, short_time, time};
use crate::progress;
use crate::units::{count, counted, human};

pub(in crate::commands) async fn run(args: VerifyArgs, out: &mut Output) -> Result<(), Failure> {
    let store = store::open(&args.store)?;
    let targets = match &args.target {
        Some(target) => vec![target.clone()],
        None => all(&store).await?,
    };
    if targets.is_empty() {
        out.note(format_args!("there are no volumes and no datasets in {}", args.store));
    }
    let mut damage = 0;
    for target in &targets {
        damage += verify(&args, store.clone(), target, out).await?;
    }
    match damage {
        0 => Ok(()),
        _ => {
            let what = counted(damage, "finding");
            let advice = "`lode repair` shows what can be repaired";
            Err(Failure::refused("corrupt", format!("{what} of damage, see above: {advice}")))
        }
    }
}

/// All that can be listed.
async fn all(store: &Arc<dyn ObjectStore>) -> Result<Vec<Target>, Failure> {
    let volumes = Volume::list(store.clone()).await?;
    let datasets = DatasetReader::new(store.clone(), LayoutKind::Default).datasets().await?;
    let volumes = volumes.into_iter().map(Target::Volume);
    Ok(volumes.chain(datasets.into_iter().map(Target::Dataset)).collect())
}

/// Verifies one of them: how many findings are damage.
async fn verify(
    args: &VerifyArgs,
    store: Arc<dyn ObjectStore>,
    target: &Target,
    out: &mut Output,
) -> Result<u64, Failure> {
    let mut verification = match target {
        Target::Volume(id) => {
            layout_of_volume(args.layout)?;
            Verification::volume(store, id.as_str())?
        }
        Target::Dataset(id) => Verification::dataset(store, id.as_str(), args.layout)?,
    };
    verification = verification.data(args.data);
    if let Some(version) = args.snapshot {
        verification = verification.snapshot(version);
    }
    if let Some(rate) = args.bandwidth {
        verification = verification.bandwidth(rate);
    }
    let bar = progress::Progress::new(out, 0, "reading");
    let watch = |step| match step {
        Progress::Reading(bytes) => bar.restart(bytes, "reading"),
        Progress::Done(bytes) => bar.advance(bytes),
        _ => {}
    };
    let mut said = Ok(());
    let found = |finding: &Finding| {
        if said.is_ok() {
            bar.hide_while(|| said = show(target, finding, out));
        }
    };
    let report = verification.watch(watch).run(found).await?;
    bar.finish();
    said?;
    tell(target, &report, out)?;
    Ok(report.damage)
}

/// Says what was found.
pub(super) fn show(target: &Target, finding: &Finding, out: &mut Output) -> Result<(), Failure> {
    let Finding { object, part, problem, affected, .. } = finding;
    let (word, severity) = match finding.severity() {
        Severity::Damage => ("DAMAGED", "damage"),
        Severity::Notice => ("notice ", "notice"),
    };
    let age = match problem {
        Problem::Orphan { modified: Some(at), .. } => {
            format!(", written {}", short_time(Some(*at)))
        }
        _ => String::new(),
    };
    out.line(printable(format_args!("{word}  {object}: {problem}{age}{}", describe(affected))))?;
    let spans: Vec<_> = affected
        .snapshots
        .iter()
        .map(|span| json!({ "first": span.first.to_string(), "last": span.last.to_string() }))
        .collect();
    let tags: Vec<_> = affected.tags.iter().map(|tag| tag.as_str()).collect();
    let range = affected.range.map(|range| json!({ "start": range.start(), "end": range.end() }));
    let modified = match problem {
        Problem::Orphan { modified, .. } => time(*modified),
        _ => None,
    };
    out.json(&json!({
        "target": target.to_string(),
        "severity": severity,
        "object": object,
        "part": part.name(),
        "kind": problem.kind(),
        "problem": problem.to_string(),
        "snapshots": spans,
        "tags": tags,
        "range": range,
        "modified": modified,
    }))
}

/// What depends on an object.
fn describe(affected: &Affected) -> String {
    let mut parts = Vec::new();
    let spans = affected.snapshots.iter().map(|span| match span.first == span.last {
        true => span.first.get().to_string(),
        false => format!("{}-{}", span.first.get(), span.last.get()),
    });
    let spans: Vec<_> = spans.collect();
    if !spans.is_empty() {
        parts.push(format!("version {}", spans.join(", ")));
    }
    if !affected.tags.is_empty() {
        let tags: Vec<_> = affected.tags.iter().map(|tag| tag.as_str()).collect();
        parts.push(format!("tag {}", tags.join(", ")));
    }
    if let Some(range) = affected.range {
        parts.push(format!("bytes {range}"));
    }
    match parts.is_empty() {
        true => String::new(),
        false => format!(" ({})", parts.join("; ")),
    }
}

fn tell(target: &Target, report: &Report, out: &mut Output) -> Result<(), Failure> {
    let Report { snapshots, collected, tags, objects, verified, orphans, .. } = report;
    let verdict = match report.damage {
        0 => "whole".to_string(),
        damage => counted(damage, "finding") + " of damage",
    };
    out.line(printable(format_args!(
        "{target}: {verdict}; {}, {collected} collected, {}; {}, {}, {} read; {} in no snapshot",
        counted(*snapshots, "snapshot"),
        counted(*tags, "tag"),
        counted(objects.objects, "object"),
        human(objects.bytes),
        human(verified.bytes),
        count(usize::try_from(orphans.objects).unwrap_or(usize::MAX), "object"),
    )))?;
    out.json(&to_json(target, report))
}

fn to_json(target: &Target, report: &Report) -> Value {
    let tally = |tally: lode_std::maintain::Tally| json!({ "objects": tally.objects, "bytes": tally.bytes });
    json!({
        "target": target.to_string(),
        "damage": report.damage,
        "notices": report.notices,
        "snapshots": report.snapshots,
        "collected": report.collected,
        "tags": report.tags,
        "objects": tally(report.objects),
        "verified": tally(report.verified),
        "orphans": tally(report.orphans),
    })
}
