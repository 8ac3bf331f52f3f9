//! A table for people, and ratios for the check.

use lode_benches::ratios::{self, Ratio};

use crate::workload::Workload;

/// How much of the time and the memory of `roaring` a set may take where all ranges lie on one grid.
const ON_A_GRID: f64 = 1.5;

/// Collects what has been measured.
pub(crate) struct Report {
    names: Vec<(&'static str, bool)>,
    ratios: Vec<Ratio>,
}

impl Report {
    pub(crate) fn new(names: &[(&'static str, bool)]) -> Self {
        print!("{:27}", "ns an operation");
        names.iter().for_each(|(name, _)| print!("{name:>12}"));
        println!("{:>9}{:>7}  {:>9}{:>7}", "ratio", "bar", "on a grid", "bar");
        Self { names: names.to_vec(), ratios: Vec::new() }
    }

    pub(crate) fn line(&mut self, workload: Workload, size: usize, times: &[Option<f64>]) {
        self.put(&format!("ranges/{}/{size}", workload.name()), times, workload.bar());
    }

    /// 16 bytes are two offsets; packed, there may be one more. A vector that is filled in order
    /// has no room to spare, but one that takes them in any order needs some.
    pub(crate) fn memory(&mut self, name: &str, size: usize, bytes: &[Option<f64>]) {
        let bar = if name == "memory-collected" { 17.0 / 16.0 } else { 1.6 };
        self.put(&format!("ranges/{name}/{size}"), bytes, bar);
    }

    fn put(&mut self, name: &str, values: &[Option<f64>], bar: f64) {
        let bytewise = values.iter().zip(&self.names).skip(1).filter(|(_, (_, bytes))| *bytes);
        let best = bytewise.filter_map(|(value, _)| *value).fold(f64::INFINITY, f64::min);
        print!("{name:27}");
        for value in values {
            match value {
                Some(value) => print!("{value:12.2}"),
                None => print!("{:>12}", "-"),
            }
        }
        if let Some(Some(ours)) = values.first() {
            self.ratio(name, *ours, ("the best of the crates that know bytes", best), bar);
        }
        // Both know blocks only.
        if let [.., Some(ours), Some(peer)] = values {
            self.ratio(
                &format!("{name}/grid"),
                *ours,
                ("roaring, on ids of blocks", *peer),
                ON_A_GRID,
            );
        }
        println!();
    }

    fn ratio(&mut self, name: &str, ours: f64, peer: (&str, f64), bar: f64) {
        let ratio = ours / peer.1;
        let mark = if ratio > bar { "*" } else { " " };
        print!("{ratio:9.2}{bar:7.2} {mark}");
        self.ratios.push(Ratio::of_costs(name.to_string(), ours, peer, bar));
    }

    /// For `cargo xtask bench`.
    pub(crate) fn write(self) {
        ratios::write("ranges", &self.ratios).unwrap();
    }
}
