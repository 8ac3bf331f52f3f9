//! Statistics of batches: what has an order, and what manifests can tell.

use std::sync::Arc;

use lode_core::codec::{Codec, ColumnStats};
use lode_core::manifest::Value;
use lode_parquet::Parquet;
use lode_parquet::arrow_array::types::Int32Type;
use lode_parquet::arrow_array::{
    ArrayRef, Date32Array, Float32Array, Float64Array, Int64Array, ListArray, RecordBatch,
    StringArray, TimestampMillisecondArray, UInt32Array, UInt64Array,
};

/// Of a column in row groups of two rows.
fn stats(column: impl Into<ArrayRef>) -> ColumnStats {
    let batch = RecordBatch::try_from_iter_with_nullable([("c", column.into(), true)]).unwrap();
    let codec = Parquet::batches().row_group_rows(2);
    let encoded = codec.encode([&batch].into_iter(), &mut Vec::new()).unwrap();
    let mut columns = encoded.stats.unwrap().columns;
    assert_eq!(columns.len(), 1);
    columns.remove(0)
}

#[track_caller]
fn bounds<V: Into<Value>>(column: ArrayRef, expected: Option<(V, V)>) {
    let found = stats(column);
    let (min, max) = expected.map(|(min, max)| (min.into(), max.into())).unzip();
    assert_eq!((found.min, found.max), (min, max));
}

const NONE: Option<(i64, i64)> = None;

#[test]
fn not_a_number_is_no_bound() {
    let nan = f64::NAN;
    bounds(Arc::new(Float64Array::from(vec![nan, 2.0, nan, nan, -1.0, nan])), Some((-1.0, 2.0)));
    bounds(Arc::new(Float64Array::from(vec![nan, nan])), NONE);
    bounds(Arc::new(Float32Array::from(vec![f32::NAN, 0.5])), Some((0.5, 0.5)));
}

#[test]
fn infinity_cannot_be_told() {
    let found = stats(Arc::new(Float64Array::from(vec![f64::INFINITY, 2.0])) as ArrayRef);
    assert_eq!((found.min, found.max), (Some(Value::Float(2.0)), None));
}

#[test]
fn zero_has_no_sign() {
    let found = stats(Arc::new(Float64Array::from(vec![0.0, -0.0])) as ArrayRef);
    for bound in [found.min, found.max] {
        assert!(matches!(bound, Some(Value::Float(zero)) if zero.is_sign_positive()), "{bound:?}");
    }
}

#[test]
fn integers() {
    let column = Int64Array::from(vec![Some(3), None, Some(i64::MIN), Some(i64::MAX), None]);
    let found = stats(Arc::new(column) as ArrayRef);
    assert_eq!(found.null_count, 2);
    assert_eq!((found.min, found.max), (Some(i64::MIN.into()), Some(i64::MAX.into())));
    bounds(Arc::new(UInt32Array::from(vec![u32::MAX, 1])), Some((1_u32, u32::MAX)));
    bounds(Arc::new(UInt64Array::from(vec![1, 5, u64::MAX])), Some((1, u64::MAX)));
    bounds(Arc::new(Int64Array::from(vec![None, None])), NONE);
}

#[test]
fn texts_are_known_only_as_a_whole() {
    let texts = |texts: Vec<&str>| Arc::new(StringArray::from(texts)) as ArrayRef;
    bounds(texts(vec!["b", "ä", "a"]), Some(("a", "ä")));
    let long = "x".repeat(65);
    let found = stats(texts(vec!["b", &long, "c"]));
    assert_eq!((found.min, found.max), (Some("b".into()), None));
}

#[test]
fn timestamps_are_told_in_utc_or_not_at_all() {
    let column = TimestampMillisecondArray::from(vec![1_500, -1]);
    bounds(Arc::new(column.clone()), NONE);
    let expected = ("1969-12-31T23:59:59.999Z", "1970-01-01T00:00:01.5Z");
    bounds(Arc::new(column.with_timezone("+02:00")), Some(expected));
}

#[test]
fn other_types_have_no_bounds() {
    bounds(Arc::new(Date32Array::from(vec![1, 2])), NONE);
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)])]);
    let batch = RecordBatch::try_from_iter([("list", Arc::new(list) as ArrayRef)]).unwrap();
    let encoded = Parquet::batches().encode([&batch].into_iter(), &mut Vec::new()).unwrap();
    assert_eq!(encoded.stats.unwrap().columns, []);
}

/// Readers that know no other order take no statistics of it.
#[test]
fn the_order_of_floats_is_the_one_that_all_readers_know() {
    use lode_parquet::parquet::basic::{ColumnOrder, SortOrder};
    use lode_parquet::parquet::file::metadata::ParquetMetaDataReader;

    let column = Arc::new(Float64Array::from(vec![1.0, f64::NAN])) as ArrayRef;
    let batch = RecordBatch::try_from_iter([("a", column.clone()), ("b", column)]).unwrap();
    let mut file = b"before".to_vec();
    Parquet::batches().encode([&batch].into_iter(), &mut file).unwrap();
    let file = file.split_off(6);
    let footer = &file[..file.len() - 8];
    let length = u32::from_le_bytes(file[footer.len()..][..4].try_into().unwrap());
    let footer = &footer[footer.len() - usize::try_from(length).unwrap()..];
    let metadata = ParquetMetaDataReader::decode_metadata(footer).unwrap();
    let orders = metadata.file_metadata().column_orders().unwrap();
    assert_eq!(orders, &[ColumnOrder::TYPE_DEFINED_ORDER(SortOrder::SIGNED); 2]);
}
