//! `benches/RESULTS.md`, and the plots beside it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

use super::criterion::{self, Estimate};
use super::{plot, ratios};
use crate::command::{Failure, Program, root};

/// The crates that are compared with, or that most depends on.
const CRATES: [&str; 5] = ["object_store", "parquet", "serde_json", "tokio", "xxhash-rust"];

/// Writes what was measured last.
pub(super) fn write() -> Result<(), Failure> {
    let folder = root().join("benches");
    let estimates = criterion::read()?;
    let mut text = head()?;
    text.push_str(&ratio_table(&ratios::read()?));
    let groups: BTreeSet<_> = estimates.iter().map(|estimate| &estimate.group).collect();
    for group in groups {
        let of_group: Vec<_> = estimates.iter().filter(|one| one.group == *group).collect();
        let _ = write!(text, "\n## {group}\n\n{}", table(&of_group));
        if let Some(svg) = plot::draw(group, &of_group) {
            let name = format!("plots/{}.svg", group.replace(|c: char| !c.is_alphanumeric(), "-"));
            fs::create_dir_all(folder.join("plots"))
                .and_then(|()| fs::write(folder.join(&name), svg))
                .map_err(|source| Failure::io(&name, source))?;
            let _ = write!(text, "\n![{group}]({name})\n");
        }
    }
    let path = folder.join("RESULTS.md");
    fs::write(&path, text).map_err(|source| Failure::io(path.display(), source))
}

/// Where and when it was measured.
fn head() -> Result<String, Failure> {
    let said = |program: &str, args: &[&str]| -> Result<String, Failure> {
        let output = Program::new(program).args(args).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
    };
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap_or_default();
    let versions = CRATES.iter().filter_map(|name| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        Some(format!("{name} {}", rest.split_once('"')?.0))
    });
    Ok(format!(
        "# What was measured\n\nBy `cargo xtask bench`, which writes this page. Absolute figures \
         are those of one machine;\nthe ratios are to hold on others.\n\n\
         * {}, at commit {}\n* {}, {cores} cores\n* {}\n* {}\n",
        said("date", &["--utc", "+%F"])?,
        said("git", &["rev-parse", "--short", "HEAD"])?,
        model.map_or("an unknown processor", |(_, model)| model),
        said("rustc", &["--version"])?,
        versions.collect::<Vec<_>>().join(", "),
    ))
}

fn ratio_table(ratios: &[ratios::Ratio]) -> String {
    let mut text = "\n## Against peers\n\nHow many times the peer's speed, measured by turns in \
                    one process, and what it must be at the\nleast.\n\n\
                    | what | ratio | bar | the peer |\n| --- | --: | --: | --- |\n"
        .to_string();
    for ratios::Ratio { name, ratio, bar, reason } in ratios {
        let _ = writeln!(text, "| {name} | {ratio:.2} | {bar:.2} | {reason} |");
    }
    text
}

fn table(estimates: &[&Estimate]) -> String {
    let mut text = "| what | size | median | 95 % of it |\n| --- | --: | --: | --: |\n".to_string();
    for Estimate { function, value, nanoseconds, interval: (low, high), .. } in estimates {
        let [median, low, high] = [*nanoseconds, *low, *high].map(duration);
        let _ = writeln!(text, "| {function} | {value} | {median} | {low} … {high} |");
    }
    text
}

/// A duration in a unit that suits it.
pub(super) fn duration(nanoseconds: f64) -> String {
    match nanoseconds {
        ns if ns < 1e3 => format!("{ns:.1} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
        ns => format!("{:.2} s", ns / 1e9),
    }
}
