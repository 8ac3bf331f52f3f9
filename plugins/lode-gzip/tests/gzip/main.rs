//! gzip from the outside: what goes in comes out, and damage is found.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod drive;
mod hostile;
mod round_trip;
