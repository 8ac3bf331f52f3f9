//! Stores as they are: their guarantees, many writers, lost replies, and what a call costs there.
//!
//! Without more ado these run on a directory and in memory. With `LODE_TEST_STORE` they run on a
//! server (`cargo xtask stores test` starts some), and so do those that are ignored otherwise.
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

mod bucket;
mod conformance;
#[cfg(feature = "blocking")]
mod device;
mod directory;
mod faults;
mod history;
mod locations;
mod outages;
mod proxy;
mod race;
mod refusals;
mod requests;
mod uploads;
mod writer;
