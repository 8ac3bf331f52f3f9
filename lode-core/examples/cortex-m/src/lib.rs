//! A data logger on a Cortex-M3: it samples, stages sparse ranges, commits, and survives resets.
//!
//! It prints a line for each commit that was acknowledged, so that the host can tell whether it is
//! there:
//!
//! ```text
//! acknowledged <volume> <version> <offset> <length>
//! ```

#![no_std]
#![deny(unsafe_code)]

pub mod exercise;
pub mod files;
pub mod logger;
pub mod nor;
pub mod probe;
pub mod resets;
pub mod retained;
pub mod slots;
