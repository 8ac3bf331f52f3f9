//! Every path of the machines, against a model of a store.
//!
//! Two or three writers, and at times a reader, collectors, somebody who takes tags and somebody
//! who repairs, take steps in every order. Each step has every outcome that a store can have:
//! applied or not, reported truthfully or not, applied at any later moment, repeated by a client on
//! the way, a crash before or after it. There is no clock: what was sent may be applied after
//! anything else has happened, and a process may rest for as long as it likes between two steps.
//! What must always hold is checked in every state. A budget of faults keeps the number of states
//! finite, and a test that plants mistakes in the shells shows that the checks can fail.
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
mod repairer;
mod repairs;
mod resolve;
mod setup;
mod setups;
mod shell;
mod state;
mod steps;
mod store;
mod tagger;
mod world;
mod writer;
