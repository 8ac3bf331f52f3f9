//! Trees of pages: they answer as one table of all blocks does, whatever is in them and however
//! small the pages are; and what somebody has tampered with is an error.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests lie outside of test functions"
)]

mod bounds;
#[path = "../support/forge.rs"]
mod forge;
mod hostile;
mod model;
mod shape;
mod support;
