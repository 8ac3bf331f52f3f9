//! Crashes: what is left is one line of whole snapshots, with everything that was acknowledged.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests fail by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod cuts;
mod disk;
mod journal;
mod kill;
mod leftovers;
mod power_cut;
