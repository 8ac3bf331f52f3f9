//! Every path of the machines, against a model of a store.
//!
//! Two or three writers, and at times a reader, collectors and somebody who takes tags, take steps
//! in every order. Each step has every outcome that a store can have: applied or not, reported
//! truthfully or not, applied long after it was given up, repeated by a client on the way, a crash
//! before or after it; and time passes at any moment. What must always hold is checked in every
//! state. A budget of faults and of time keeps the number of states finite, and a test that plants
//! mistakes in the shells shows that the checks can fail.
//!
//! With `LODE_PROVE=1` in the environment larger worlds are explored, for minutes; with
//! `LODE_PROVE=deep` still larger ones, for as long as it takes.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "helpers of tests lie outside of test functions"
)]

mod collecting;
mod collector;
mod events;
mod explore;
mod mistakes;
mod mix;
mod promises;
mod proof;
mod reader;
mod resolve;
mod setup;
mod setups;
mod shell;
mod steps;
mod store;
mod tagger;
mod time;
mod world;
mod writer;
