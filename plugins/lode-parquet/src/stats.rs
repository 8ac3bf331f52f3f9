//! Statistics for the manifest, from those that were written into the file.

use std::cmp::Ordering;

use lode_core::codec::{ColumnStats, FileStats};
use lode_core::manifest::Value;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescriptor;

use crate::time;

/// How the values of a column are ordered, and written.
#[derive(Clone, Copy)]
enum Order {
    Signed,
    Unsigned,
    Float,
    Text,
    /// How many make a second.
    Time(i64),
}

#[derive(PartialEq, PartialOrd)]
enum Bound {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
}

/// One end of a column: what the row groups so far say.
enum End {
    /// No value yet.
    Empty,
    Known(Bound),
    /// There are values, but no exact bound of them.
    Unknown,
}

/// The statistics of a file, of its columns that are not nested.
pub(crate) fn of_file(metadata: &ParquetMetaData) -> FileStats {
    let file = metadata.file_metadata();
    let columns = (0..file.schema_descr().num_columns())
        .filter(|&leaf| file.schema_descr().column(leaf).path().parts().len() == 1)
        .map(|leaf| {
            let chunks = metadata.row_groups().iter().filter_map(|group| group.columns().get(leaf));
            of_column(&file.schema_descr().column(leaf), chunks)
        })
        .collect();
    FileStats { row_count: u64::try_from(file.num_rows()).unwrap_or(0), columns }
}

fn of_column<'a>(
    column: &ColumnDescriptor,
    chunks: impl Iterator<Item = &'a ColumnChunkMetaData>,
) -> ColumnStats {
    let order = order(column);
    let (mut min, mut max, mut null_count) = (End::Empty, End::Empty, 0);
    for chunk in chunks {
        let nulls = chunk.statistics().and_then(Statistics::null_count_opt).unwrap_or(0);
        null_count += nulls;
        if u64::try_from(chunk.num_values()).is_ok_and(|values| values > nulls) {
            let (low, high) = bounds(order, chunk.statistics());
            min = min.with(low, Ordering::Less);
            max = max.with(high, Ordering::Greater);
        }
    }
    let (min, max) = (min.into_value(order), max.into_value(order));
    ColumnStats { name: column.name().into(), min, max, null_count }
}

/// `None` for types whose values have no form in a manifest, or no order that all agree on.
fn order(column: &ColumnDescriptor) -> Option<Order> {
    Some(match (column.logical_type_ref(), column.converted_type(), column.physical_type()) {
        (Some(LogicalType::Integer(int)), ..) if int.is_signed => Order::Signed,
        (Some(LogicalType::Integer(_)), ..) => Order::Unsigned,
        (Some(LogicalType::String), ..) => Order::Text,
        (Some(LogicalType::Timestamp(time)), ..) if time.is_adjusted_to_u_t_c => {
            Order::Time(match time.unit {
                TimeUnit::MILLIS => 1_000,
                TimeUnit::MICROS => 1_000_000,
                TimeUnit::NANOS => 1_000_000_000,
            })
        }
        (Some(_), ..) => return None,
        (None, ConvertedType::UTF8, _) => Order::Text,
        (None, ConvertedType::TIMESTAMP_MILLIS, _) => Order::Time(1_000),
        (None, ConvertedType::TIMESTAMP_MICROS, _) => Order::Time(1_000_000),
        (None, ConvertedType::NONE, Type::INT32 | Type::INT64) => Order::Signed,
        (None, ConvertedType::NONE, Type::FLOAT | Type::DOUBLE) => Order::Float,
        _ => return None,
    })
}

fn bounds(order: Option<Order>, stats: Option<&Statistics>) -> (End, End) {
    let Some((order, stats)) = order.zip(stats) else {
        return (End::Unknown, End::Unknown);
    };
    let (low, high) = match stats {
        Statistics::Int32(s) => {
            let bound = |value: &i32| match order {
                // The bits of an unsigned number are kept in the signed one of the same width.
                Order::Unsigned => Bound::Unsigned(value.cast_unsigned().into()),
                _ => Bound::Signed((*value).into()),
            };
            (s.min_opt().map(bound), s.max_opt().map(bound))
        }
        Statistics::Int64(s) => {
            let bound = |value: &i64| match order {
                Order::Unsigned => Bound::Unsigned(value.cast_unsigned()),
                _ => Bound::Signed(*value),
            };
            (s.min_opt().map(bound), s.max_opt().map(bound))
        }
        Statistics::Float(s) => {
            let bound = |value: &f32| Bound::Float((*value).into());
            (s.min_opt().map(bound), s.max_opt().map(bound))
        }
        Statistics::Double(s) => {
            let bound = |value: &f64| Bound::Float(*value);
            (s.min_opt().map(bound), s.max_opt().map(bound))
        }
        Statistics::ByteArray(s) => {
            let bound = |value: &parquet::data_type::ByteArray| {
                value.as_utf8().ok().map(|text| Bound::Text(text.to_owned()))
            };
            // Long texts are cut in the file: then they are bounds, but no values.
            let low = s.min_opt().filter(|_| s.min_is_exact()).and_then(bound);
            (low, s.max_opt().filter(|_| s.max_is_exact()).and_then(bound))
        }
        _ => (None, None),
    };
    (End::of(low), End::of(high))
}

impl End {
    fn of(bound: Option<Bound>) -> Self {
        match bound {
            None => Self::Unknown,
            // Written where a column holds nothing else: it is no value that has an order.
            Some(Bound::Float(number)) if number.is_nan() => Self::Empty,
            Some(bound) => Self::Known(bound),
        }
    }

    fn with(self, other: Self, wanted: Ordering) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Empty, end) | (end, Self::Empty) => end,
            (Self::Known(one), Self::Known(other)) => {
                let replaces = other.partial_cmp(&one) == Some(wanted);
                Self::Known(if replaces { other } else { one })
            }
        }
    }

    fn into_value(self, order: Option<Order>) -> Option<Value> {
        let Self::Known(bound) = self else { return None };
        match (bound, order) {
            (Bound::Signed(count), Some(Order::Time(per_second))) => {
                time::text(count, per_second).map(Value::Text)
            }
            (Bound::Signed(number), _) => Some(Value::from(number)),
            (Bound::Unsigned(number), _) => Some(Value::from(number)),
            // Zero is written as -0 at the lower end, and JSON has no infinity.
            (Bound::Float(number), _) => number.is_finite().then_some(Value::Float(number + 0.0)),
            (Bound::Text(text), _) => Some(Value::Text(text)),
        }
    }
}
