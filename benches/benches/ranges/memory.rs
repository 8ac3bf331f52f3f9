//! How much memory a range takes: inserted one by one in random order, or collected.

use std::env;
use std::hint::black_box;
use std::process::Command;

use lode_benches::memory;

use crate::subject;
use crate::workload::{Random, ranges};

/// Asks this program for the memory of one peer.
pub(crate) const FLAG: &str = "--memory-of";

/// Bytes a range for each subject. Each has a process to itself, since what an earlier one freed
/// would be taken again; none for those that would take for ever, and where there is no `/proc`.
pub(crate) fn measure(size: usize, collected: bool) -> Vec<Option<f64>> {
    let how = if collected { "collected" } else { "inserted" };
    let of = |(peer, _)| {
        let mut child = Command::new(env::current_exe().ok()?);
        let output = child.args([FLAG, peer, &size.to_string(), how]).output().ok()?;
        let bytes: f64 = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
        Some(bytes / size as f64)
    };
    subject::names().into_iter().map(of).collect()
}

/// Prints how many bytes more are resident once the set is built.
pub(crate) fn child(peer: &str, size: usize, how: &str) {
    let names = subject::names();
    let place = names.iter().position(|(name, _)| *name == peer).unwrap();
    let mut subject = subject::all().remove(place);
    let mut random = Random::of(size);
    let ranges = ranges(size, &mut random);
    let shuffled = random.shuffle(ranges.clone());
    let before = memory("VmRSS");
    match how {
        "collected" => subject.load_collected(&shuffled),
        _ if subject.is_vector() => subject.load(&ranges),
        _ => subject.load(&shuffled),
    }
    let after = memory("VmRSS");
    black_box(&subject);
    if let Some((before, after)) = before.zip(after) {
        println!("{}", after.saturating_sub(before));
    }
}
