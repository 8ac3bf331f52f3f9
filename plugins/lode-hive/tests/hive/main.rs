//! Partitions from the outside: which folder a record goes into, and what is read back from it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod paths;
mod records;
