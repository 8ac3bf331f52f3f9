//! JSON: what the Go implementation wrote, what we add to it, and what is not accepted.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests lie outside of test functions"
)]

mod blocks;
mod dataset;
mod descriptor;
mod fixtures;
mod hostile;
mod round_trip;

use lode_core::manifest::json::decode_volume;
use lode_core::manifest::{ManifestError, SlotContent, VolumeManifest};

/// The first version of a volume that Go wrote: one block, 0 to 256 of 1024.
const GO: &str = include_str!(
    "../fixtures/go-v0.9/volumes/disk-image/snapshots/1795380388392631951/manifest.json"
);

#[track_caller]
fn live(text: &str) -> VolumeManifest {
    match decode_volume(text.as_bytes()) {
        Ok(SlotContent::Live(manifest)) => manifest,
        other => panic!("{other:?}"),
    }
}

/// `text` with its only `from` replaced.
#[track_caller]
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from} in {text}");
    text.replace(from, to)
}

/// The name of the field that is wrong.
#[track_caller]
fn wrong_field<T: std::fmt::Debug>(result: Result<T, ManifestError>) -> String {
    match result {
        Err(ManifestError::Field { field, reason }) => {
            assert!(!reason.is_empty());
            field
        }
        other => panic!("{other:?}"),
    }
}

/// Where the JSON is wrong, and why.
#[track_caller]
fn wrong_json<T: std::fmt::Debug>(result: Result<T, ManifestError>) -> (usize, usize, String) {
    match result {
        Err(ManifestError::Json { line, column, reason }) => (line, column, reason),
        other => panic!("{other:?}"),
    }
}
