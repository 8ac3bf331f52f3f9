//! What criterion has measured: `target/criterion/**/new/estimates.json`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::command::{Failure, target};

/// What one thing costs, at one size.
#[derive(Debug)]
pub(super) struct Estimate {
    pub(super) group: String,
    pub(super) function: String,
    /// The size, as it is said.
    pub(super) value: String,
    /// The median, and its 95 % confidence interval.
    pub(super) nanoseconds: f64,
    pub(super) interval: (f64, f64),
}

/// All estimates, by group, function and size.
pub(super) fn read() -> Result<Vec<Estimate>, Failure> {
    let mut estimates = Vec::new();
    walk(&target().join("criterion"), &mut estimates)?;
    estimates.sort_by(|a: &Estimate, b: &Estimate| {
        let size = |estimate: &Estimate| estimate.size().unwrap_or(0.0);
        let names = (&a.group, &a.function).cmp(&(&b.group, &b.function));
        names.then(size(a).total_cmp(&size(b)))
    });
    Ok(estimates)
}

impl Estimate {
    /// The size, if it is a number.
    pub(super) fn size(&self) -> Option<f64> {
        self.value.replace(['_', ','], "").parse().ok()
    }
}

fn walk(folder: &Path, estimates: &mut Vec<Estimate>) -> Result<(), Failure> {
    let failed = |source| Failure::io(folder.display(), source);
    let new = folder.join("new");
    if new.join("estimates.json").exists() {
        let (what, how) =
            (parse(&new.join("benchmark.json"))?, parse(&new.join("estimates.json"))?);
        estimates.extend(estimate(&what, &how));
        return Ok(());
    }
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "report") {
            walk(&path, estimates)?;
        }
    }
    Ok(())
}

fn parse(path: &Path) -> Result<Value, Failure> {
    let text = fs::read(path).map_err(|source| Failure::io(path.display(), source))?;
    serde_json::from_slice(&text)
        .map_err(|error| Failure::Check(format!("{}: {error}", path.display())))
}

fn estimate(what: &Value, how: &Value) -> Option<Estimate> {
    let text = |name| what.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
    let median = how.get("median")?;
    let interval = median.get("confidence_interval")?;
    let bound = |name| interval.get(name).and_then(Value::as_f64);
    Some(Estimate {
        group: text("group_id"),
        function: text("function_id"),
        value: text("value_str"),
        nanoseconds: median.get("point_estimate")?.as_f64()?,
        interval: (bound("lower_bound")?, bound("upper_bound")?),
    })
}
