//! Columns made of rows.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Float32Builder, Float64Builder, Int32Builder, Int64Builder,
    StringBuilder, TimestampNanosecondBuilder,
};
use arrow_array::{ArrayRef, TimestampNanosecondArray};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Number, Value};

use crate::{ColumnType, time};

/// What is wrong with a value.
type Refused = String;

/// A column that values are added to.
pub(crate) enum Builder {
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    String(StringBuilder),
    Bool(BooleanBuilder),
    Bytes(BinaryBuilder),
    Timestamp(TimestampNanosecondBuilder),
}

impl Builder {
    pub(crate) fn new(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Int32 => Self::Int32(Int32Builder::new()),
            ColumnType::Int64 => Self::Int64(Int64Builder::new()),
            ColumnType::Float32 => Self::Float32(Float32Builder::new()),
            ColumnType::Float64 => Self::Float64(Float64Builder::new()),
            ColumnType::String => Self::String(StringBuilder::new()),
            ColumnType::Bool => Self::Bool(BooleanBuilder::new()),
            ColumnType::Bytes => Self::Bytes(BinaryBuilder::new()),
            ColumnType::Timestamp => Self::Timestamp(TimestampNanosecondBuilder::new()),
        }
    }

    /// Adds a value, which is not null, and returns how many bytes it has.
    pub(crate) fn push(&mut self, value: &Value) -> Result<usize, Refused> {
        match (self, value) {
            (Self::Int32(column), Value::Number(number)) => {
                let number = i32::try_from(whole(number)?);
                column.append_value(number.map_err(|_| "is outside of -2^31 to 2^31 - 1")?);
            }
            (Self::Int64(column), Value::Number(number)) => column.append_value(whole(number)?),
            (Self::Float32(column), Value::Number(number)) => column.append_value(single(number)?),
            (Self::Float64(column), Value::Number(number)) => column.append_value(double(number)?),
            (Self::String(column), Value::String(text)) => {
                column.append_value(text);
                return Ok(text.len());
            }
            (Self::Bool(column), Value::Bool(value)) => column.append_value(*value),
            (Self::Bytes(column), Value::String(text)) => {
                let bytes = BASE64_STANDARD.decode(text);
                let bytes = bytes.map_err(|error| format!("is not in base64: {error}"))?;
                column.append_value(&bytes);
                return Ok(bytes.len());
            }
            (Self::Timestamp(column), Value::String(text)) => {
                column.append_value(time::parse(text)?);
            }
            (builder, other) => {
                return Err(format!("is {}, not {}", describe(other), builder.expected()));
            }
        }
        Ok(0)
    }

    pub(crate) fn push_null(&mut self) {
        match self {
            Self::Int32(column) => column.append_null(),
            Self::Int64(column) => column.append_null(),
            Self::Float32(column) => column.append_null(),
            Self::Float64(column) => column.append_null(),
            Self::String(column) => column.append_null(),
            Self::Bool(column) => column.append_null(),
            Self::Bytes(column) => column.append_null(),
            Self::Timestamp(column) => column.append_null(),
        }
    }

    /// The column; the builder is empty again.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Int32(column) => Arc::new(column.finish()),
            Self::Int64(column) => Arc::new(column.finish()),
            Self::Float32(column) => Arc::new(column.finish()),
            Self::Float64(column) => Arc::new(column.finish()),
            Self::String(column) => Arc::new(column.finish()),
            Self::Bool(column) => Arc::new(column.finish()),
            Self::Bytes(column) => Arc::new(column.finish()),
            Self::Timestamp(column) => {
                let column: TimestampNanosecondArray = column.finish();
                Arc::new(column.with_timezone("UTC"))
            }
        }
    }

    fn expected(&self) -> &'static str {
        match self {
            Self::Int32(_) | Self::Int64(_) => "a whole number",
            Self::Float32(_) | Self::Float64(_) => "a number",
            Self::String(_) => "a text",
            Self::Bool(_) => "true or false",
            Self::Bytes(_) => "a text in base64",
            Self::Timestamp(_) => "a time as in RFC 3339",
        }
    }
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Whole numbers are exact in double precision up to here.
const EXACT: i64 = 1 << 53;

/// A whole number; one that was written as a fraction must be so, and must be exact.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "within 2^53")]
fn whole(number: &Number) -> Result<i64, Refused> {
    if let Some(number) = number.as_i64() {
        return Ok(number);
    }
    match number.as_f64() {
        _ if number.is_u64() => Err(format!("{number} is outside of -2^63 to 2^63 - 1")),
        Some(float) if float.fract() != 0.0 => Err(format!("{number} is not whole")),
        Some(float) if float.abs() <= EXACT as f64 => Ok(float as i64),
        _ => Err(format!("{number} is outside of -2^53 to 2^53, where fractions are exact")),
    }
}

#[expect(clippy::cast_precision_loss, reason = "within 2^53")]
fn double(number: &Number) -> Result<f64, Refused> {
    if number.is_f64() {
        return number.as_f64().ok_or_else(|| format!("{number} is out of range"));
    }
    match number.as_i64() {
        Some(whole) if whole.unsigned_abs() <= EXACT.unsigned_abs() => Ok(whole as f64),
        _ => Err(format!("{number} is outside of -2^53 to 2^53, and not exact as a fraction")),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "single precision is what was asked for")]
fn single(number: &Number) -> Result<f32, Refused> {
    let double = double(number)?;
    let single = double as f32;
    if !single.is_finite() {
        return Err(format!("{number} is out of range"));
    }
    // A fraction is rounded, as everywhere; a whole number that is not kept was a mistake.
    if !number.is_f64() && f64::from(single) != double {
        return Err(format!("{number} is not exact in single precision"));
    }
    Ok(single)
}
