//! What a dataset promises, by its public interface.
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

mod bomb;
mod collected;
mod continued;
mod cost;
mod damage;
mod discarding;
mod fixtures;
mod forked;
mod helpers;
mod hive;
mod index;
mod inputs;
mod manifests;
mod outcomes;
mod plugins;
mod reading;
mod round_trip;
mod streaming;
mod third_party;
mod transactions;
mod writing;
