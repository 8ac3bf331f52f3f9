//! Arrow batches, and what must not be mixed.

use std::sync::Arc;

use lode_core::codec::{Codec, CodecError};
use lode_parquet::arrow_array::types::Int32Type;
use lode_parquet::arrow_array::{
    ArrayRef, DictionaryArray, Int32Array, LargeStringArray, ListArray, RecordBatch, StringArray,
};
use lode_parquet::{Compression, Parquet};

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

fn ids(range: std::ops::Range<i32>) -> ArrayRef {
    Arc::new(Int32Array::from_iter_values(range))
}

fn round_trip(codec: &Parquet<lode_parquet::Batches>, batches: &[RecordBatch]) -> Vec<RecordBatch> {
    let mut file = Vec::new();
    let encoded = codec.encode(batches.iter(), &mut file).unwrap();
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(encoded.rows, u64::try_from(rows).unwrap());
    codec.decode(file).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn types_come_back_as_they_were() {
    let words: DictionaryArray<Int32Type> = [Some("a"), None, Some("a")].into_iter().collect();
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([
        Some(vec![Some(1), None]),
        None,
        Some(vec![]),
    ]);
    let large = LargeStringArray::from(vec!["x", "y", "z"]);
    let batch = batch(vec![
        ("words", Arc::new(words) as _),
        ("lists", Arc::new(lists) as _),
        ("large", Arc::new(large) as _),
    ]);
    let batches = [batch];
    for compression in [
        Compression::None,
        Compression::Snappy,
        Compression::Gzip,
        Compression::Zstd,
        Compression::Lz4,
    ] {
        let codec = Parquet::batches().compression(compression);
        assert_eq!(round_trip(&codec, &batches), batches);
    }
}

#[test]
fn comes_row_group_by_row_group() {
    let batches = [batch(vec![("id", ids(0..7))]), batch(vec![("id", ids(7..25))])];
    let codec = Parquet::batches().row_group_rows(10).batch_rows(8);
    let read = round_trip(&codec, &batches);
    let rows: Vec<_> = read.iter().map(RecordBatch::num_rows).collect();
    assert_eq!(rows, [8, 2, 8, 2, 5]);
    assert_eq!(read[3].column(0).as_ref(), ids(18..20).as_ref());
}

#[test]
fn damage_shows_when_its_row_group_is_reached() {
    let mut file = Vec::new();
    let batch = batch(vec![("id", ids(0..20))]);
    let codec = Parquet::batches().row_group_rows(10).compression(Compression::None);
    codec.encode([&batch].into_iter(), &mut file).unwrap();
    // Both row groups begin with the same page header.
    let header = file[4..8].to_vec();
    let at = 8 + file[8..].windows(4).position(|bytes| bytes == header).unwrap();
    file[at] = 0xff;
    let mut records = codec.decode(file).unwrap();
    assert_eq!(records.next().unwrap().unwrap().num_rows(), 10);
    let error = records.next().unwrap().unwrap_err();
    assert!(matches!(error, CodecError::Decode { at: 1, unit: "row group", .. }), "{error}");
    assert!(records.next().is_none());
}

#[track_caller]
fn refused(first: &RecordBatch, second: &RecordBatch, column: &str, reason: &str) {
    let error = Parquet::batches().encode([first, second].into_iter(), &mut Vec::new());
    let (column, reason) = (column.to_owned(), reason.to_owned());
    assert_eq!(error, Err(CodecError::SchemaViolation { index: 1, column, reason }));
}

#[test]
fn all_have_the_same_columns() {
    let texts = || Arc::new(StringArray::from(vec!["a"])) as ArrayRef;
    let first = batch(vec![("id", ids(0..1)), ("name", texts())]);
    let other = batch(vec![("id", ids(0..1)), ("title", texts())]);
    refused(&first, &other, "name", "in its place is \"title\"");
    let other = batch(vec![("id", ids(0..1)), ("name", ids(0..1))]);
    refused(&first, &other, "name", "is Int32, not Utf8");
    let other = batch(vec![("id", ids(0..1))]);
    refused(&first, &other, "name", "is missing");
    refused(&other, &first, "name", "is not in the schema");
    let nullable = RecordBatch::try_from_iter_with_nullable([
        ("id", ids(0..1), false),
        ("name", texts(), true),
    ]);
    refused(&first, &nullable.unwrap(), "name", "is nullable, not required");
}

#[test]
fn the_schema_can_be_given() {
    let id = batch(vec![("id", ids(0..3))]);
    let codec = Parquet::batches_of(id.schema());
    assert_eq!(round_trip(&codec, &[]), []);
    let batches = [id];
    assert_eq!(round_trip(&codec, &batches), batches);

    let other = batch(vec![("key", ids(0..3))]);
    let error = codec.encode([&other].into_iter(), &mut Vec::new()).unwrap_err();
    assert!(matches!(error, CodecError::SchemaViolation { index: 0, .. }));
    let mut file = Vec::new();
    Parquet::batches().encode([&other].into_iter(), &mut file).unwrap();
    let error = codec.decode(file).unwrap_err();
    assert_eq!(error.to_string(), "record 0, column \"id\": in its place is \"key\"");
}

#[test]
fn nothing_at_all() {
    assert_eq!(round_trip(&Parquet::batches(), &[]), []);
}
