//! Rows made of columns.

use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{
    Array, BinaryArray, BooleanArray, FixedSizeBinaryArray, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt8Array,
    UInt16Array, UInt32Array,
};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Number, Value};

use crate::{ColumnType, time};

/// A column of a batch, ready to be taken apart.
pub(crate) enum Cells {
    Int32(Int32Array),
    Int64(Int64Array),
    Float32(Float32Array),
    Float64(Float64Array),
    String(StringArray),
    Bool(BooleanArray),
    Bytes(BinaryArray),
    FixedBytes(FixedSizeBinaryArray),
    /// And how many make a second.
    Timestamp(Int64Array, i64),
    /// The file has no such column.
    Absent,
}

impl Cells {
    /// The column as one of this type, if its own is the same or narrower.
    pub(crate) fn new(array: &dyn Array, kind: ColumnType) -> Option<Self> {
        match kind {
            ColumnType::Int32 => narrow(array).map(Self::Int32),
            ColumnType::Int64 => wide(array).map(Self::Int64),
            ColumnType::Float32 => get(array).map(Self::Float32),
            ColumnType::Float64 => {
                get(array).map(Self::Float64).or_else(|| get(array).map(Self::Float32))
            }
            ColumnType::String => get(array).map(Self::String),
            ColumnType::Bool => get(array).map(Self::Bool),
            ColumnType::Bytes => {
                get(array).map(Self::Bytes).or_else(|| get(array).map(Self::FixedBytes))
            }
            ColumnType::Timestamp => timestamp(array),
        }
    }

    /// The value in a row.
    pub(crate) fn value(&self, row: usize) -> Result<Value, &'static str> {
        if self.is_null(row) {
            return Ok(Value::Null);
        }
        Ok(match self {
            Self::Int32(cells) => Value::from(cells.value(row)),
            Self::Int64(cells) => Value::from(cells.value(row)),
            Self::Float32(cells) => float(cells.value(row).into())?,
            Self::Float64(cells) => float(cells.value(row))?,
            Self::String(cells) => Value::from(cells.value(row)),
            Self::Bool(cells) => Value::from(cells.value(row)),
            Self::Bytes(cells) => Value::from(BASE64_STANDARD.encode(cells.value(row))),
            Self::FixedBytes(cells) => Value::from(BASE64_STANDARD.encode(cells.value(row))),
            Self::Timestamp(cells, per_second) => time::text(cells.value(row), *per_second)
                .map(Value::from)
                .ok_or("is outside of the years 0 to 9999")?,
            Self::Absent => Value::Null,
        })
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Int32(cells) => cells.is_null(row),
            Self::Int64(cells) | Self::Timestamp(cells, _) => cells.is_null(row),
            Self::Float32(cells) => cells.is_null(row),
            Self::Float64(cells) => cells.is_null(row),
            Self::String(cells) => cells.is_null(row),
            Self::Bool(cells) => cells.is_null(row),
            Self::Bytes(cells) => cells.is_null(row),
            Self::FixedBytes(cells) => cells.is_null(row),
            Self::Absent => true,
        }
    }
}

/// Cloning shares the values.
fn get<A: Array + Clone + 'static>(array: &dyn Array) -> Option<A> {
    array.as_any().downcast_ref::<A>().cloned()
}

fn narrow(array: &dyn Array) -> Option<Int32Array> {
    get(array)
        .or_else(|| Some(get::<Int8Array>(array)?.unary::<_, Int32Type>(i32::from)))
        .or_else(|| Some(get::<Int16Array>(array)?.unary::<_, Int32Type>(i32::from)))
        .or_else(|| Some(get::<UInt8Array>(array)?.unary::<_, Int32Type>(i32::from)))
        .or_else(|| Some(get::<UInt16Array>(array)?.unary::<_, Int32Type>(i32::from)))
}

fn wide(array: &dyn Array) -> Option<Int64Array> {
    get(array)
        .or_else(|| Some(get::<UInt32Array>(array)?.unary::<_, Int64Type>(i64::from)))
        .or_else(|| Some(narrow(array)?.unary::<_, Int64Type>(i64::from)))
}

fn timestamp(array: &dyn Array) -> Option<Cells> {
    let (cells, per_second) = if let Some(cells) = get::<TimestampNanosecondArray>(array) {
        (cells.reinterpret_cast::<Int64Type>(), 1_000_000_000)
    } else if let Some(cells) = get::<TimestampMicrosecondArray>(array) {
        (cells.reinterpret_cast::<Int64Type>(), 1_000_000)
    } else if let Some(cells) = get::<TimestampMillisecondArray>(array) {
        (cells.reinterpret_cast::<Int64Type>(), 1_000)
    } else {
        (get::<TimestampSecondArray>(array)?.reinterpret_cast::<Int64Type>(), 1)
    };
    Some(Cells::Timestamp(cells, per_second))
}

fn float(number: f64) -> Result<Value, &'static str> {
    Number::from_f64(number)
        .map(Value::Number)
        .ok_or("is not finite, which JSON has no number for: read batches")
}
