//! Ratios of Lode to its peers, which the benches leave in `target/bench/*.json`.

use std::path::PathBuf;

use serde::Deserialize;

use crate::command::{Failure, remove, target};

/// How many times the speed of a peer Lode has.
#[derive(Debug, Deserialize)]
pub(super) struct Ratio {
    pub(super) name: String,
    pub(super) ratio: f64,
    /// What it must be at the least.
    pub(super) bar: f64,
    /// Who the peer is.
    #[serde(default)]
    pub(super) reason: String,
}

fn folder() -> PathBuf {
    target().join("bench")
}

/// Removes what earlier runs have left.
pub(super) fn forget() -> Result<(), Failure> {
    remove(&folder())
}

/// All that were measured, by name.
pub(super) fn read() -> Result<Vec<Ratio>, Failure> {
    let folder = folder();
    let entries = std::fs::read_dir(&folder).map_err(|e| Failure::io(folder.display(), e))?;
    let mut ratios = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| Failure::io(folder.display(), source))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read(&path);
            let text = text.map_err(|source| Failure::io(path.display(), source))?;
            let found: Vec<Ratio> = serde_json::from_slice(&text)
                .map_err(|error| Failure::Check(format!("{}: {error}", path.display())))?;
            ratios.extend(found);
        }
    }
    ratios.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(ratios)
}

/// Fails if one is below its bar, or there is none.
pub(super) fn check() -> Result<(), Failure> {
    let ratios = read()?;
    let below = ratios.iter().filter(|ratio| ratio.ratio < ratio.bar || ratio.ratio.is_nan());
    let below: Vec<_> = below
        .map(|Ratio { name, ratio, bar, .. }| format!("\n  {name}: {ratio:.3}, not {bar:.3}"))
        .collect();
    match below.is_empty() {
        _ if ratios.is_empty() => Err(Failure::Check("no ratio was measured".to_string())),
        true => Ok(()),
        false => Err(Failure::Check(format!("below its bar:{}", below.concat()))),
    }
}
