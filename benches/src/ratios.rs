//! Ratios to peers, on their way to `target/bench/*.json`, which `cargo xtask bench` reads.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Serialize;

/// How many times as good as a peer Lode is: as fast, or as small.
#[derive(Debug, Serialize)]
pub struct Ratio {
    /// What is measured.
    pub name: String,
    /// More is better.
    pub ratio: f64,
    /// What it must be at the least; less is a failure.
    pub bar: f64,
    /// Who the peer is.
    pub reason: String,
}

impl Ratio {
    /// Of what Lode takes and what a peer takes, where `most` is how much of the peer's it may
    /// take.
    pub fn of_costs(name: String, ours: f64, (who, peer): (&str, f64), most: f64) -> Self {
        Self { name, ratio: peer / ours, bar: 1.0 / most, reason: who.to_string() }
    }
}

/// Writes them to a file of this name; nothing after a trial.
///
/// # Errors
///
/// If the file cannot be written.
pub fn write(name: &str, ratios: &[Ratio]) -> io::Result<()> {
    if crate::is_trial() {
        return Ok(());
    }
    let folder = target().join("bench");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("{name}.json")), serde_json::to_string_pretty(ratios)?)
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    chosen.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"))
}
