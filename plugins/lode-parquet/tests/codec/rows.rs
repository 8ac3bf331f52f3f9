//! Which rows a schema takes, and what becomes of them.

use lode_core::codec::{Codec, CodecError};
use lode_parquet::{Column, ColumnType, Compression, Parquet, Rows, Schema, SchemaError};
use serde_json::{Value, json};

use crate::{decode, encode, go_schema, row};

fn codec(kind: ColumnType) -> Parquet<Rows> {
    Parquet::rows(Schema::new([Column::required("c", kind)]).unwrap())
}

/// The value comes back as `expected`.
#[track_caller]
fn takes(kind: ColumnType, value: Value, expected: Value) {
    let codec = codec(kind);
    let (file, _) = encode(&codec, &[row(json!({ "c": value }))]).unwrap();
    assert_eq!(decode(&codec, file).unwrap(), [row(json!({ "c": expected }))]);
}

/// The second row is refused, for a reason with these words.
#[track_caller]
fn refuses(kind: ColumnType, good: Value, value: Value, words: &str) {
    let rows = [row(json!({ "c": good })), row(json!({ "c": value }))];
    match encode(&codec(kind), &rows) {
        Err(CodecError::SchemaViolation { index: 1, column, reason }) => {
            assert_eq!(column, "c");
            assert!(reason.contains(words), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn integers() {
    for kind in [ColumnType::Int32, ColumnType::Int64] {
        takes(kind, json!(7), json!(7));
        takes(kind, json!(-7.0), json!(-7));
        takes(kind, json!(-0.0), json!(0));
        refuses(kind, json!(1), json!(0.5), "whole");
        refuses(kind, json!(1), json!(1e300), "2^53");
        refuses(kind, json!(1), json!(u64::MAX), "2^63");
        refuses(kind, json!(1), json!("1"), "a text, not a whole number");
        refuses(kind, json!(1), json!(true), "not a whole number");
    }
    takes(ColumnType::Int32, json!(i32::MIN), json!(i32::MIN));
    takes(ColumnType::Int32, json!(2_147_483_647.0), json!(i32::MAX));
    refuses(ColumnType::Int32, json!(1), json!(2_147_483_648.0), "2^31");
    refuses(ColumnType::Int32, json!(1), json!(-2_147_483_649_i64), "2^31");
    takes(ColumnType::Int64, json!(i64::MAX), json!(i64::MAX));
    takes(ColumnType::Int64, json!(i64::MIN), json!(i64::MIN));
    takes(ColumnType::Int64, json!(9_007_199_254_740_992.0), json!(1_i64 << 53));
    takes(ColumnType::Int64, json!(-9_007_199_254_740_992.0), json!(-(1_i64 << 53)));
    refuses(ColumnType::Int64, json!(1), json!(9_007_199_254_740_994.0), "2^53");
    refuses(ColumnType::Int64, json!(1), json!(-9_007_199_254_740_994.0), "2^53");
}

#[test]
fn floats() {
    for kind in [ColumnType::Float32, ColumnType::Float64] {
        takes(kind, json!(0.5), json!(0.5));
        takes(kind, json!(-3), json!(-3.0));
        refuses(kind, json!(1), json!((1_i64 << 53) + 1), "2^53");
        refuses(kind, json!(1), json!(i64::MIN), "2^53");
        refuses(kind, json!(1), json!("0.5"), "a text, not a number");
    }
    takes(ColumnType::Float64, json!(-(1_i64 << 53)), json!(-9_007_199_254_740_992.0));
    takes(ColumnType::Float64, json!(0.1), json!(0.1));
    takes(ColumnType::Float32, json!(0.1), json!(f64::from(0.1_f32)));
    takes(ColumnType::Float32, json!(1 << 24), json!(16_777_216.0));
    refuses(ColumnType::Float32, json!(1), json!((1 << 24) + 1), "single precision");
    refuses(ColumnType::Float32, json!(1), json!(1e39), "out of range");
}

#[test]
fn texts_bytes_and_truth() {
    takes(ColumnType::String, json!("ä\u{0}"), json!("ä\u{0}"));
    refuses(ColumnType::String, json!(""), json!(1), "a number, not a text");
    takes(ColumnType::Bool, json!(true), json!(true));
    refuses(ColumnType::Bool, json!(true), json!(1), "true or false");
    takes(ColumnType::Bytes, json!("AP8="), json!("AP8="));
    refuses(ColumnType::Bytes, json!(""), json!("AP8"), "base64");
    refuses(ColumnType::Bytes, json!(""), json!([0]), "a list");
}

#[test]
fn timestamps() {
    let kind = ColumnType::Timestamp;
    takes(kind, json!("2026-01-02T03:04:05Z"), json!("2026-01-02T03:04:05Z"));
    takes(
        kind,
        json!("2026-01-02T03:04:05.000000001+01:30"),
        json!("2026-01-02T01:34:05.000000001Z"),
    );
    takes(kind, json!("1969-12-31T23:59:59.9Z"), json!("1969-12-31T23:59:59.9Z"));
    takes(kind, json!("2262-04-11T23:47:16.854775807Z"), json!("2262-04-11T23:47:16.854775807Z"));
    let good = || json!("2026-01-02T03:04:05Z");
    refuses(kind, good(), json!("2262-04-11T23:47:16.854775808Z"), "1677 to 2262");
    refuses(kind, good(), json!("2026-01-02"), "RFC 3339");
    refuses(kind, good(), json!("2026-01-02T03:04:05"), "RFC 3339");
    refuses(kind, good(), json!("2016-12-31T23:59:60Z"), "leap second");
    refuses(kind, good(), json!(1_767_323_045), "a number");
}

#[test]
fn nulls_and_columns_that_nobody_asked_for() {
    refuses(ColumnType::Bool, json!(true), Value::Null, "null");
    let rows = [row(json!({ "c": true })), row(json!({}))];
    let error = encode(&codec(ColumnType::Bool), &rows).unwrap_err();
    assert_eq!(error.to_string(), "record 1, column \"c\": is missing");

    let nullable = Column::nullable("n", ColumnType::String);
    let required = Column::required("r", ColumnType::Int32);
    let codec = Parquet::rows(Schema::new([nullable, required.clone()]).unwrap());
    let rows = [row(json!({ "r": 1 })), row(json!({ "n": null, "r": 2, "other": [1] }))];
    let (file, encoded) = encode(&codec, &rows).unwrap();
    assert_eq!(encoded.stats.unwrap().columns[0].null_count, 2);
    let expected = [row(json!({ "n": null, "r": 1 })), row(json!({ "n": null, "r": 2 }))];
    assert_eq!(decode(&codec, file.clone()).unwrap(), expected);

    // Fewer, wider, and not there.
    let wider = [Column::required("r", ColumnType::Int64), Column::nullable("x", ColumnType::Bool)];
    let codec = Parquet::rows(Schema::new(wider).unwrap());
    let rows = decode(&codec, file.clone()).unwrap();
    assert_eq!(rows[1], row(json!({ "r": 2, "x": null })));

    let reason = |columns: Vec<Column>| {
        let codec = Parquet::rows(Schema::new(columns).unwrap());
        decode(&codec, file.clone()).unwrap_err().to_string()
    };
    let text = Column::required("r", ColumnType::String);
    assert_eq!(reason(vec![text]), "record 0, column \"r\": is Int32 in the file, not string");
    let absent = Column::required("x", ColumnType::Bool);
    assert_eq!(reason(vec![required, absent]), "record 0, column \"x\": is not in the file");
    let null = Column::required("n", ColumnType::String);
    assert_eq!(reason(vec![null]), "record 0, column \"n\": is null, but required");
}

#[test]
fn a_row_that_json_cannot_tell_is_an_error_in_its_place() {
    use lode_parquet::arrow_array::{Float64Array, RecordBatch};
    use std::sync::Arc;

    let column = Arc::new(Float64Array::from(vec![1.0, f64::NAN, 3.0]));
    let batch = RecordBatch::try_from_iter([("c", column as _)]).unwrap();
    let mut file = Vec::new();
    Parquet::batches().encode([&batch].into_iter(), &mut file).unwrap();
    let rows: Vec<_> = codec(ColumnType::Float64).decode(file).unwrap().collect();
    assert!(
        matches!(&rows[1], Err(CodecError::SchemaViolation { index: 1, column, .. }) if column == "c")
    );
    assert_eq!((rows.len(), rows[2].as_ref().unwrap()), (3, &row(json!({ "c": 3.0 }))));
}

#[test]
fn a_file_without_rows() {
    let codec = Parquet::rows(go_schema());
    let (file, encoded) = encode(&codec, &[]).unwrap();
    assert_eq!((encoded.rows, encoded.stats.unwrap().columns.len()), (0, 8));
    assert_eq!(decode(&codec, file).unwrap(), Vec::<lode_parquet::Row>::new());
}

#[test]
fn appends() {
    let mut file = b"before".to_vec();
    let rows = [row(json!({ "c": "x".repeat(1000) }))];
    let codec = codec(ColumnType::String).compression(Compression::None);
    codec.encode(rows.iter(), &mut file).unwrap();
    assert_eq!(decode(&codec, file.split_off(6)).unwrap(), rows);
}

#[test]
fn schemas() {
    let column = |name| Column::required(name, ColumnType::Bool);
    assert_eq!(Schema::new([]), Err(SchemaError::NoColumns));
    assert_eq!(Schema::new([column("a"), column("")]), Err(SchemaError::EmptyName { index: 1 }));
    let duplicate = Schema::new([column("a"), column("b"), column("a")]);
    assert_eq!(duplicate, Err(SchemaError::Duplicate { name: "a".into() }));
    assert_eq!(Parquet::rows(go_schema()).name(), "parquet");
}

#[test]
fn what_is_written_can_be_read_with_the_same_options() {
    let rows = [row(json!({ "c": "x".repeat(8 << 20) }))];
    let codec = codec(ColumnType::String).compression(Compression::Zstd);
    let (file, _) = encode(&codec, &rows).unwrap();
    assert_eq!(decode(&codec, file.clone()).unwrap(), rows);

    let limited = codec.page_bytes(4 << 20);
    let limit = |error| matches!(error, CodecError::Limit { what: "row group", at: 0, limit } if limit == 4 << 20);
    assert!(limit(encode(&limited, &rows).unwrap_err()));
    assert!(limit(decode(&limited, file).unwrap_err()));
}
