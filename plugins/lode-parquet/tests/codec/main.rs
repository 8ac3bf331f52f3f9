//! Both codecs, through what a host sees of them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests lie outside of test functions"
)]

mod batches;
mod go;
mod round_trip;
mod rows;
mod schema;
mod stats;

use lode_core::codec::{Codec, CodecError, Encoded};
use lode_parquet::{Column, ColumnType, Parquet, Row, Rows, Schema};
use serde_json::Value;

/// The columns of the file that the Go implementation wrote, in the order of its schema.
fn go_schema() -> Schema {
    Schema::new([
        Column::required("id", ColumnType::Int64),
        Column::required("i32", ColumnType::Int32),
        Column::nullable("name", ColumnType::String),
        Column::required("score", ColumnType::Float64),
        Column::required("f32", ColumnType::Float32),
        Column::required("ok", ColumnType::Bool),
        Column::required("raw", ColumnType::Bytes),
        Column::required("at", ColumnType::Timestamp),
    ])
    .unwrap()
}

fn row(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        other => panic!("{other}"),
    }
}

fn encode(codec: &Parquet<Rows>, rows: &[Row]) -> Result<(Vec<u8>, Encoded), CodecError> {
    let mut file = Vec::new();
    let encoded = codec.encode(rows.iter(), &mut file)?;
    Ok((file, encoded))
}

fn decode(codec: &Parquet<Rows>, file: Vec<u8>) -> Result<Vec<Row>, CodecError> {
    codec.decode(file)?.collect()
}
