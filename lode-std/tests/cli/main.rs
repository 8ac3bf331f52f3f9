//! The `lode` command, run as a user runs it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod datasets;
mod datasets_go;
mod datasets_wrong;
mod demo;
mod errors;
mod go;
mod help;
mod interrupted;
mod maintain;
#[path = "../support/medium.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared by several test crates")]
mod medium;
mod parquet;
mod parquet_wrong;
mod reading;
mod stat;
mod stores;
mod strays;
mod support;
mod sync;
mod tour;
mod writing;
