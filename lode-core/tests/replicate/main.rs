//! Bringing one volume or dataset into another: plans, comparisons, and what they are about.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests lie outside of test functions"
)]

mod blocks;
#[cfg(feature = "json")]
mod content;
mod history;
