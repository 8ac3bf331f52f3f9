//! The schema of a file that others wrote, and its rows.

use std::sync::Arc;

use lode_core::codec::{Codec, CodecError};
use lode_parquet::arrow_array::types::Int32Type;
use lode_parquet::arrow_array::{
    ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, Date32Array, DictionaryArray,
    FixedSizeBinaryArray, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array,
    Int64Array, LargeBinaryArray, LargeStringArray, ListArray, RecordBatch, StringArray,
    StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt16Array, UInt32Array,
    UInt64Array,
};
use lode_parquet::arrow_schema::{self, DataType, Field};
use lode_parquet::{ColumnType, Parquet, Schema, SchemaError, check_schema, read_schema};
use serde_json::{Value, json};

fn file(name: &str, array: ArrayRef) -> (RecordBatch, Vec<u8>) {
    let batch = RecordBatch::try_from_iter_with_nullable([(name, array, true)]).unwrap();
    let mut file = Vec::new();
    Parquet::batches().encode([&batch].into_iter(), &mut file).unwrap();
    (batch, file)
}

/// A column of a value and a null is read as rows of this type.
#[track_caller]
fn reads(array: impl lode_parquet::arrow_array::Array + 'static, kind: ColumnType, value: Value) {
    let (batch, file) = file("c", Arc::new(array));
    let by_arrow = Schema::from_arrow(&batch.schema()).unwrap();
    let schema = Schema::from_arrow(&read_schema(&file).unwrap()).unwrap();
    assert_eq!(schema, by_arrow);
    let column = &schema.columns()[0];
    assert_eq!((column.name(), column.kind(), column.is_nullable()), ("c", kind, true));
    let rows: Vec<_> =
        Parquet::rows(schema).decode(file).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(Value::from(rows), json!([{ "c": value }, { "c": null }]));
}

#[test]
fn numbers() {
    reads(Int8Array::from(vec![Some(-7), None]), ColumnType::Int32, json!(-7));
    reads(Int16Array::from(vec![Some(-7), None]), ColumnType::Int32, json!(-7));
    reads(Int32Array::from(vec![Some(i32::MIN), None]), ColumnType::Int32, json!(i32::MIN));
    reads(Int64Array::from(vec![Some(i64::MIN), None]), ColumnType::Int64, json!(i64::MIN));
    reads(UInt8Array::from(vec![Some(255), None]), ColumnType::Int32, json!(255));
    reads(UInt16Array::from(vec![Some(65_535), None]), ColumnType::Int32, json!(65_535));
    reads(UInt32Array::from(vec![Some(u32::MAX), None]), ColumnType::Int64, json!(u32::MAX));
    reads(Float32Array::from(vec![Some(0.5), None]), ColumnType::Float32, json!(0.5));
    reads(Float64Array::from(vec![Some(0.1), None]), ColumnType::Float64, json!(0.1));
    reads(BooleanArray::from(vec![Some(true), None]), ColumnType::Bool, json!(true));
}

#[test]
fn texts_and_bytes() {
    let (kind, texts) = (ColumnType::String, vec![Some("ä"), None]);
    reads(StringArray::from(texts.clone()), kind, json!("ä"));
    reads(LargeStringArray::from(texts.clone()), kind, json!("ä"));
    reads(StringViewArray::from(texts.clone()), kind, json!("ä"));
    reads(texts.into_iter().collect::<DictionaryArray<Int32Type>>(), kind, json!("ä"));

    let (kind, bytes) = (ColumnType::Bytes, vec![Some(&b"\0\xff"[..]), None]);
    reads(BinaryArray::from(bytes.clone()), kind, json!("AP8="));
    reads(LargeBinaryArray::from(bytes.clone()), kind, json!("AP8="));
    reads(BinaryViewArray::from(bytes.clone()), kind, json!("AP8="));
    let fixed = FixedSizeBinaryArray::try_from_sparse_iter_with_size(bytes.into_iter(), 2);
    reads(fixed.unwrap(), kind, json!("AP8="));
}

#[test]
fn times_of_every_unit() {
    let (kind, second) = (ColumnType::Timestamp, 1_767_323_045);
    let at = "2026-01-02T03:04:05";
    let seconds = TimestampSecondArray::from(vec![Some(second), None]);
    reads(seconds.clone(), kind, json!(format!("{at}Z")));
    reads(seconds.with_timezone("+02:00"), kind, json!(format!("{at}Z")));
    let thousandths = TimestampMillisecondArray::from(vec![Some(second * 1000 + 678), None]);
    reads(thousandths.clone(), kind, json!(format!("{at}.678Z")));
    reads(thousandths.with_timezone("+02:00"), kind, json!(format!("{at}.678Z")));
    let millionths = TimestampMicrosecondArray::from(vec![Some(second * 1_000_000 + 1), None]);
    reads(millionths, kind, json!(format!("{at}.000001Z")));
    let billionths = TimestampNanosecondArray::from(vec![Some(second * 1_000_000_000 + 1), None]);
    reads(billionths.with_timezone("UTC"), kind, json!(format!("{at}.000000001Z")));
}

#[test]
fn types_that_rows_have_not() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)])]);
    for (array, says) in [
        (Arc::new(list) as ArrayRef, "List(Int32)"),
        (Arc::new(Date32Array::from(vec![1])), "Date32"),
        (Arc::new(UInt64Array::from(vec![1])), "UInt64"),
    ] {
        let (_, file) = file("tags", array);
        let error = Schema::from_arrow(&read_schema(&file).unwrap()).unwrap_err();
        assert!(matches!(&error, SchemaError::Unsupported { name, .. } if &**name == "tags"));
        let says = format!("the column \"tags\" is {says}, which rows cannot tell");
        assert_eq!(error.to_string(), says);
    }
    let schema = |fields: Vec<Field>| Schema::from_arrow(&arrow_schema::Schema::new(fields));
    assert_eq!(schema(vec![]), Err(SchemaError::NoColumns));
    let field = || Field::new("c", DataType::Boolean, false);
    assert_eq!(schema(vec![field(), field()]), Err(SchemaError::Duplicate { name: "c".into() }));
    assert!(!schema(vec![field()]).unwrap().columns()[0].is_nullable());
}

/// Arrow tells these types apart, and Parquet does not.
#[test]
fn what_differs_in_arrow_alone_is_the_same_in_files() {
    let schema = |array| read_schema(&file("c", array).1).unwrap();
    let plain = schema(Arc::new(StringArray::from(vec!["x"])));
    check_schema(&plain, &schema(Arc::new(LargeStringArray::from(vec!["x"])))).unwrap();
    check_schema(&plain, &schema(Arc::new(StringViewArray::from(vec!["x"])))).unwrap();
    match check_schema(&plain, &schema(Arc::new(BinaryArray::from(vec![&b"x"[..]])))) {
        Err(CodecError::SchemaViolation { index: 0, column, reason }) => {
            assert_eq!((column.as_str(), reason.as_str()), ("c", "is Binary, not Utf8"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_rows_have_columns_too() {
    let empty =
        RecordBatch::new_empty(file("c", Arc::new(BooleanArray::from(vec![true]))).0.schema());
    let mut file = Vec::new();
    let encoded = Parquet::batches().encode([&empty].into_iter(), &mut file).unwrap();
    assert_eq!(encoded.rows, 0);
    let records = Parquet::batches().decode(file).unwrap();
    assert_eq!(records.schema(), &empty.schema());
    assert_eq!(records.count(), 0);
}
