//! What a volume promises, by its public interface.
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

mod bad_input;
mod beside_go;
mod compared;
mod concurrency;
mod cost;
mod discarding;
mod fetching;
mod fixtures;
mod group;
mod outcomes;
mod paged;
mod reading;
mod staging;
