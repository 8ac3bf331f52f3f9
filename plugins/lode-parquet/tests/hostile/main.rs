//! Damaged and hostile files: an error, no panic, and no more memory than allowed.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests lie outside of test functions"
)]

mod damage;
mod forge;
mod forged;

use std::sync::Once;

use lode_core::codec::{Codec, CodecError};
use lode_parquet::arrow_array::RecordBatch;
use lode_parquet::{Column, ColumnType, Parquet, Row, Schema};

/// The panics of the `parquet` crate are expected, and there are thousands: they are not told.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let file = info.location().map_or("", |location| location.file());
            if !file.contains("/registry/") {
                hook(info);
            }
        }));
    });
}

/// Reads it as batches; at most the first hundred.
fn batches(file: &[u8]) -> Result<Vec<RecordBatch>, CodecError> {
    quiet();
    Parquet::batches().decode(file.to_vec())?.take(100).collect()
}

fn rows(file: &[u8], column: &str, kind: ColumnType) -> Result<Vec<Row>, CodecError> {
    quiet();
    let schema = Schema::new([Column::nullable(column, kind)]).unwrap();
    Parquet::rows(schema).decode(file.to_vec())?.take(1000).collect()
}
