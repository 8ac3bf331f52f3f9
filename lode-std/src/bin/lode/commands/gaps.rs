//! `lode gaps`: what has not been committed.

use lode_std::ByteRange;
use serde_json::{Value, json};

use super::Coverage;
use crate::args::GapsArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::units::{count, grouped};

pub(super) async fn run(args: GapsArgs, out: &mut Output) -> Result<(), Failure> {
    let coverage = Coverage::look(&args.source).await?;
    let range = args.range.within(coverage.length)?;
    let within = range.end - range.start;
    let gaps = coverage.gaps(range.clone()).await?;
    let missing: u64 = gaps.iter().map(|gap| gap.length()).sum();
    for gap in &gaps {
        out.line(format_args!("{gap} {}", gap.length()))?;
    }
    out.note(format_args!(
        "{}, {} of {} bytes have not been committed",
        count(gaps.len(), "gap"),
        grouped(missing),
        grouped(within)
    ));
    out.json(&json!({
        "volume": coverage.id.as_str(),
        "version": coverage.version(),
        "start": range.start,
        "end": range.end,
        "missing": missing,
        "gaps": to_json(&gaps),
    }))
}

/// Ranges for programs.
pub(super) fn to_json<'a>(ranges: impl IntoIterator<Item = &'a ByteRange>) -> Value {
    let object = |range: &ByteRange| json!({ "start": range.start(), "end": range.end(), "length": range.length() });
    ranges.into_iter().map(object).collect()
}
