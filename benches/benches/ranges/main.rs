//! Sets of byte ranges beside those of other crates, in one process.
//!
//! ```text
//! cargo bench -p lode-benches --bench ranges -- [--quick [--test]] [WORKLOAD]…
//! ```
//!
//! Every peer takes the same work in turn, round by round, so that what else the machine does
//! falls on all of them; of the rounds the least counts. A line gives the time of each, and the
//! ratio of ours to the best peer that knows bytes and not only blocks. The ratios are written,
//! each with its bar, to `target/bench/ranges.json`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench fails by panicking")]
#![allow(clippy::print_stdout, reason = "it reports")]
#![allow(clippy::indexing_slicing, reason = "peers are written as their users write them")]
#![allow(clippy::disallowed_methods, reason = "it is the time that is measured")]

mod memory;
mod peers;
mod report;
mod subject;
mod workload;

use std::env;

use lode_benches::is_trial;
use report::Report;
use workload::Workload;

/// How many ranges there are.
const SIZES: [usize; 3] = [1_000, 100_000, 10_000_000];

fn main() {
    // Cargo adds `--bench`; the child that measures memory is this program again.
    let args: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [flag, peer, size, how] = args.as_slice()
        && flag == memory::FLAG
    {
        return memory::child(peer, size.parse().unwrap(), how);
    }
    let is_given = |flag: &str| args.iter().any(|arg| arg == flag);
    // To see that it runs the smallest are enough.
    let sizes = match (is_given("--quick"), is_trial()) {
        (_, true) => &SIZES[..1],
        (true, false) => &SIZES[..2],
        (false, false) => &SIZES[..],
    };
    let names: Vec<&str> =
        args.iter().map(String::as_str).filter(|arg| !arg.starts_with("--")).collect();

    let mut report = Report::new(&subject::names());
    for size in sizes {
        let mut subjects = subject::all();
        for workload in Workload::ALL {
            if names.is_empty() || names.contains(&workload.name()) {
                report.line(workload, *size, &workload.measure(*size, &mut subjects));
            }
        }
    }
    if names.is_empty() || names.contains(&"memory") {
        for size in sizes.iter().filter(|size| **size > SIZES[0]) {
            report.memory("memory-inserted", *size, &memory::measure(*size, false));
            report.memory("memory-collected", *size, &memory::measure(*size, true));
        }
    }
    report.write();
}
