//! `lode verify`: whether all that was committed is there and holds.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

use lode_std::verify::{
    Affected, Finding, Problem, Progress, Report, Severity, Unreadable, Verification,
};
use lode_std::{DatasetReader, LayoutKind, Volume, store};
use object_store::ObjectStore;
use serde_json::{Map, Value, json};

use super::layout_of_volume;
use crate::args::{Target, VerifyArgs};
use crate::failure::{Failure, printable};
use crate::output::{Output, short_time, time};
use crate::progress;
use crate::stores;
use crate::units::{count, counted, human};

pub(in crate::commands) async fn run(args: VerifyArgs, out: &mut Output) -> Result<(), Failure> {
    let store = stores::open(&args.store)?;
    let mut sum = Sum::default();
    if let Some(target) = &args.target {
        sum.add(&verify(&args, store, target, out).await?);
        return sum.end();
    }
    let targets = all(&store, &mut sum, out).await?;
    let mut is_empty = true;
    for target in &targets {
        match verify(&args, store.clone(), target, out).await {
            Ok(report) => sum.add(&report),
            // A folder of somebody else's.
            Err(failure) if failure.is_absence() => continue,
            Err(Failure::Lode(error)) => sum.fail(target, Failure::Lode(error), out)?,
            Err(failure) => return Err(failure),
        }
        is_empty = false;
    }
    if is_empty && sum.failed == 0 {
        let location = store::redact(&args.store);
        out.note(format_args!("there are no volumes and no datasets in {location}"));
    }
    sum.end()
}

/// What several verifications have found.
#[derive(Default)]
struct Sum {
    damage: u64,
    unreadable: u64,
    /// How many could not be verified at all.
    failed: u64,
}

impl Sum {
    fn add(&mut self, report: &Report) {
        self.damage += report.damage;
        self.unreadable += report.unreadable;
    }

    /// Says why something could not be verified; the others are.
    fn fail(
        &mut self,
        what: impl Display,
        failure: Failure,
        out: &mut Output,
    ) -> Result<(), Failure> {
        self.failed += 1;
        let what = what.to_string();
        out.line(printable(format_args!("ERROR    {what}: {}", failure.message())))?;
        let mut json = failure.to_json();
        if let Some(fields) = json.as_object_mut() {
            fields.insert("target".to_string(), what.into());
        }
        out.json(&json)
    }

    fn end(self) -> Result<(), Failure> {
        let unread = match (self.unreadable, self.failed) {
            (0, 0) => None,
            (0, failed) => Some(format!("{} could not be verified", counted(failed, "folder"))),
            (objects, 0) => Some(format!("{} could not be read", counted(objects, "object"))),
            (objects, failed) => Some(format!(
                "{} could not be read, and {} not verified",
                counted(objects, "object"),
                counted(failed, "folder")
            )),
        };
        let again = "of them nothing is known: verify again when they can be read";
        match (self.damage, unread) {
            (0, None) => Ok(()),
            (0, Some(unread)) => {
                Err(Failure::refused("unreadable", format!("{unread}, see above: {again}")))
            }
            (damage, unread) => {
                let what = counted(damage, "finding");
                let advice = "`lode repair` shows what can be repaired";
                let more = unread.map(|unread| format!("; {unread}: {again}")).unwrap_or_default();
                let message = format!("{what} of damage, see above: {advice}{more}");
                Err(Failure::refused("corrupt", message))
            }
        }
    }
}

/// All that can be listed.
async fn all(
    store: &Arc<dyn ObjectStore>,
    sum: &mut Sum,
    out: &mut Output,
) -> Result<Vec<Target>, Failure> {
    let mut targets = Vec::new();
    match Volume::list(store.clone()).await {
        Ok(volumes) => targets.extend(volumes.into_iter().map(Target::Volume)),
        Err(error) => sum.fail("volumes", error.into(), out)?,
    }
    match DatasetReader::new(store.clone(), LayoutKind::Default).datasets().await {
        Ok(datasets) => targets.extend(datasets.into_iter().map(Target::Dataset)),
        Err(error) => sum.fail("datasets", error.into(), out)?,
    }
    Ok(targets)
}

/// Where several say things in turn, until the output fails.
struct Speaker<'a> {
    out: &'a mut Output,
    said: Result<(), Failure>,
}

impl Speaker<'_> {
    fn say(&mut self, say: impl FnOnce(&mut Output) -> Result<(), Failure>) {
        if self.said.is_ok() {
            self.said = say(self.out);
        }
    }
}

/// Verifies one of them.
async fn verify(
    args: &VerifyArgs,
    store: Arc<dyn ObjectStore>,
    target: &Target,
    out: &mut Output,
) -> Result<Report, Failure> {
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
    let speaker = Mutex::new(Speaker { out: &mut *out, said: Ok(()) });
    let say = |say: &dyn Fn(&mut Output) -> Result<(), Failure>| {
        let mut speaker = speaker.lock().unwrap_or_else(PoisonError::into_inner);
        bar.hide_while(|| speaker.say(say));
    };
    let found = |finding: &Finding| say(&|out| show(target, finding, out));
    let unreadable = |found: &Unreadable| say(&|out| show_unreadable(target, found, out));
    let report = verification.watch(watch).unreadable(unreadable).run(found).await?;
    bar.finish();
    speaker.into_inner().unwrap_or_else(PoisonError::into_inner).said?;
    tell(target, &report, out)?;
    Ok(report)
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
    let modified = match problem {
        Problem::Orphan { modified, .. } => time(*modified),
        _ => None,
    };
    let mut json = affected_to_json(affected);
    json.extend([
        ("target".to_string(), target.to_string().into()),
        ("severity".to_string(), severity.into()),
        ("object".to_string(), object.as_str().into()),
        ("part".to_string(), part.name().into()),
        ("kind".to_string(), problem.kind().into()),
        ("problem".to_string(), problem.to_string().into()),
        ("modified".to_string(), modified.into()),
    ]);
    out.json(&json.into())
}

/// Says what could not be read.
pub(super) fn show_unreadable(
    target: &Target,
    unreadable: &Unreadable,
    out: &mut Output,
) -> Result<(), Failure> {
    let Unreadable { object, part, reason, affected, .. } = unreadable;
    let needs = describe(affected);
    out.line(printable(format_args!("UNREAD   {object}: cannot be read now: {reason}{needs}")))?;
    let mut json = affected_to_json(affected);
    json.extend([
        ("target".to_string(), target.to_string().into()),
        ("severity".to_string(), "unreadable".into()),
        ("object".to_string(), object.as_str().into()),
        ("part".to_string(), part.name().into()),
        ("kind".to_string(), "unreadable".into()),
        ("problem".to_string(), reason.as_str().into()),
    ]);
    out.json(&json.into())
}

/// What depends on an object, for programs.
fn affected_to_json(affected: &Affected) -> Map<String, Value> {
    let spans: Vec<_> = affected
        .snapshots
        .iter()
        .map(|span| json!({ "first": span.first.to_string(), "last": span.last.to_string() }))
        .collect();
    let tags: Vec<_> = affected.tags.iter().map(|tag| tag.as_str()).collect();
    let range = affected.range.map(|range| json!({ "start": range.start(), "end": range.end() }));
    Map::from_iter([
        ("snapshots".to_string(), spans.into()),
        ("tags".to_string(), tags.into()),
        ("range".to_string(), range.into()),
    ])
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
    let verdict = match (report.damage, report.unreadable) {
        (0, 0) => "whole".to_string(),
        (0, unread) => counted(unread, "object") + " could not be read",
        (damage, 0) => counted(damage, "finding") + " of damage",
        (damage, unread) => format!(
            "{} of damage, and {} could not be read",
            counted(damage, "finding"),
            counted(unread, "object")
        ),
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
        "unreadable": report.unreadable,
        "snapshots": report.snapshots,
        "collected": report.collected,
        "tags": report.tags,
        "objects": tally(report.objects),
        "verified": tally(report.verified),
        "orphans": tally(report.orphans),
    })
}
