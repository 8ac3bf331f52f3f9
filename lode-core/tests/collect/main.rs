//! Collecting: the plan, the marks, the format of tags, and the order that the machines keep.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "helpers lie outside of tests")]

mod machines;
mod marks;
mod plan;
mod tag;

use lode_core::Version;
use lode_core::time::Timestamp;

fn v(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::new(seconds, 0).unwrap()
}
