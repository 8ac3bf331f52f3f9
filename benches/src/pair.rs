//! Lode and a peer by turns, and the bars that their ratios are held to.
//!
//! Both run in the same process, one after the other in each round, so that a machine that has a
//! bad minute has it for both. What counts is the median of the rounds' ratios.

use std::io;
use std::time::Duration;

use crate::bars::BARS;
use crate::ratios::{self, Ratio};

/// What was measured, on its way to `target/bench/paired.json`.
#[derive(Debug)]
pub struct Paired {
    /// Whether fewer rounds are enough.
    short: bool,
    /// What is measured: names that contain this.
    filter: String,
    found: Vec<Ratio>,
}

impl Paired {
    /// As the command line says: `--quick` for fewer rounds, and a part of a name to measure only
    /// those.
    pub fn from_args() -> Self {
        let mut args: Vec<_> = std::env::args().skip(1).collect();
        let short = args.iter().any(|arg| arg == "--quick");
        // Cargo passes arguments of its own.
        args.retain(|arg| !arg.starts_with("--"));
        Self { short, filter: args.pop().unwrap_or_default(), found: Vec::new() }
    }

    /// Whether fewer rounds are enough.
    pub fn is_short(&self) -> bool {
        self.short
    }

    /// Whether this is to be measured.
    pub fn wants(&self, name: &str) -> bool {
        name.contains(&self.filter)
    }

    /// Runs Lode's way and the peer's by turns, each of which says how long it took: how many times
    /// the speed of the peer Lode has. The peer is given `allowance` besides.
    pub fn compare(
        &mut self,
        name: &'static str,
        rounds: usize,
        allowance: Duration,
        mut ours: impl FnMut() -> Duration,
        mut peer: impl FnMut() -> Duration,
    ) {
        if !self.wants(name) {
            return;
        }
        let rounds = match self.short {
            _ if crate::is_trial() => 1,
            true => rounds.div_ceil(3),
            false => rounds,
        };
        // The first round is for warming up.
        let mut times: Vec<_> = (0..=rounds).map(|_| (ours(), peer())).skip(1).collect();
        let ratio = |(ours, peer): &(Duration, Duration)| {
            (*peer + allowance).as_secs_f64() / ours.as_secs_f64()
        };
        times.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
        if let Some(median) = times.get(times.len() / 2) {
            let said = format!("{:?} against {:?}", median.0, median.1);
            self.note(name, ratio(median), &said);
        }
    }

    /// Takes note of a ratio that was measured otherwise.
    ///
    /// # Panics
    ///
    /// If the name has no bar.
    #[allow(clippy::print_stdout, clippy::panic, reason = "it is for people, in a bench")]
    pub fn note(&mut self, name: &'static str, ratio: f64, said: &str) {
        let Some(bar) = BARS.iter().find(|bar| bar.name == name) else {
            panic!("{name} has no bar: add it to benches/src/bars.rs");
        };
        println!("{name}: {ratio:.3}, bar {:.3} ({said})", bar.at_least);
        let reason = bar.reason.to_string();
        self.found.push(Ratio { name: name.to_string(), ratio, bar: bar.at_least, reason });
    }

    /// Writes what was measured, for `cargo xtask bench`.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write(self) -> io::Result<()> {
        ratios::write("paired", &self.found)
    }
}

/// How long this takes.
#[allow(clippy::disallowed_methods, reason = "it is the time that is measured")]
pub fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let begin = std::time::Instant::now();
    let made = std::hint::black_box(work());
    let elapsed = begin.elapsed();
    drop(made);
    elapsed
}
