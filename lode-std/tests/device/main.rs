//! A device's medium on a host: its stores, and opening what a device has written.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests fail by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod contract;
mod directory;
mod engine;
mod fat;
mod kill;
mod opening;
mod remote;
