//! `lode probe`: what a store guarantees.

use lode_std::conformance::{Carries, Check, Conformance, Need, Outcome, Report};
use serde_json::{Value, json};

use crate::args::ProbeArgs;
use crate::failure::{Failure, printable};
use crate::output::Output;
use crate::stores;

pub(super) async fn run(args: ProbeArgs, out: &mut Output) -> Result<(), Failure> {
    let store = stores::open(&args.store)?;
    let conformance = Conformance::new().contenders(args.contenders.get());
    let report = conformance.run(store).await?;
    show(&report, out)?;
    match report.carries() {
        Carries::ConcurrentWriters => Ok(()),
        Carries::SingleWriter => Err(Failure::refused(
            "unsupported",
            "the store cannot carry concurrent writers: use another one, or see to it that there \
             is a single writer, and open with `single_writer()`",
        )),
        _ => Err(Failure::refused(
            "unsupported",
            "the store cannot be used: what failed above is needed by everybody",
        )),
    }
}

fn show(report: &Report, out: &mut Output) -> Result<(), Failure> {
    out.line(printable(report.store()))?;
    out.line("")?;
    let width = |text: fn(&Check) -> &str| {
        report.checks().iter().map(|check| text(check).chars().count()).max().unwrap_or(0)
    };
    let (names, purposes) = (width(|check| check.name), width(|check| check.purpose));
    for check in report.checks() {
        let (mark, found) = describe(&check.outcome);
        out.line(format_args!(
            "{mark:4}  {:names$}  {:purposes$}  {}",
            check.name,
            check.purpose,
            printable(found)
        ))?;
        out.json(&json!({
            "check": check.name,
            "purpose": check.purpose,
            "needed": needed(check.need),
            "holds": holds(&check.outcome),
            "found": found,
        }))?;
    }
    out.line("")?;
    out.line(match report.carries() {
        Carries::ConcurrentWriters => "it carries concurrent writers",
        Carries::SingleWriter => "it carries a single writer",
        _ => "it carries nothing",
    })
}

fn describe(outcome: &Outcome) -> (&'static str, &str) {
    match outcome {
        Outcome::Holds(found) => ("ok", found),
        Outcome::Fails(why) => ("FAIL", why),
        Outcome::NotApplicable(why) => ("-", why),
        _ => ("?", ""),
    }
}

fn holds(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Holds(_) => true.into(),
        Outcome::Fails(_) => false.into(),
        _ => Value::Null,
    }
}

fn needed(need: Need) -> &'static str {
    match need {
        Need::Always => "always",
        Need::ConcurrentWriters => "concurrent-writers",
        _ => "never",
    }
}
