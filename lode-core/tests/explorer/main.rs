//! Every path of the commit machine, against a model of a store.
//!
//! Two writers, and at times a reader and a collector, take steps in every order. Each step has
//! every outcome that a store can have: applied or not, reported truthfully or not, applied long
//! after it was given up, a crash before or after it. What must always hold is checked in every
//! state; a budget of faults keeps the number of states finite, and a test that breaks the shell
//! or the store on purpose shows that the checks can fail.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "helpers of tests lie outside of test functions"
)]

mod events;
mod explore;
mod promises;
mod resolve;
mod setups;
mod shell;
mod store;
mod world;
