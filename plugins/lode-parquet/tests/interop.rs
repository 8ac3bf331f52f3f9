//! Files for other readers of Parquet, and files of theirs; `interop.py` is the other side.
//!
//! Both tests need the folder that `LODE_PARQUET_INTEROP` names: `write` fills it, and `check` reads
//! what the other side has put there.

#![allow(clippy::unwrap_used, reason = "helpers of tests lie outside of test functions")]

use std::path::PathBuf;

use lode_core::codec::{Codec, FileStats};
use lode_core::manifest::Value as Stat;
use lode_parquet::arrow_array::RecordBatch;
use lode_parquet::{Column, ColumnType, Compression, Parquet, Row, Schema};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    std::env::var_os("LODE_PARQUET_INTEROP").unwrap().into()
}

fn schema() -> Schema {
    let both = [("", false), ("_or_null", true)];
    let kinds = [
        ("int32", ColumnType::Int32),
        ("int64", ColumnType::Int64),
        ("float32", ColumnType::Float32),
        ("float64", ColumnType::Float64),
        ("string", ColumnType::String),
        ("bool", ColumnType::Bool),
        ("bytes", ColumnType::Bytes),
        ("timestamp", ColumnType::Timestamp),
    ];
    let columns = kinds.iter().flat_map(|(name, kind)| {
        both.map(|(suffix, nullable)| {
            let name = format!("{name}{suffix}");
            if nullable { Column::nullable(&name, *kind) } else { Column::required(&name, *kind) }
        })
    });
    Schema::new(columns).unwrap()
}

/// The same rows as those of the other side.
fn rows() -> Vec<Row> {
    let value = |kind: ColumnType, i: i32| match kind {
        ColumnType::Int32 => json!(i * 1000 - 50_000),
        ColumnType::Int64 => json!(i64::from(i) * 10_000_000_000 - 7),
        ColumnType::Float32 => json!(f64::from(i) / 4.0),
        ColumnType::Float64 => json!(f64::from(i) / 3.0),
        ColumnType::String => json!(format!("näme {i}")),
        ColumnType::Bool => json!(i % 3 == 0),
        ColumnType::Bytes => json!(["", "AA==", "AP8="].get(usize::try_from(i % 3).unwrap())),
        _ => json!(format!("2026-01-02T03:{:02}:05.{:09}Z", i % 60, i * 10 + 1)),
    };
    let row = |i: i32| {
        let column = |column: &Column| {
            let is_null = column.is_nullable() && i % 4 == 0;
            let value = if is_null { Value::Null } else { value(column.kind(), i) };
            (column.name().to_owned(), value)
        };
        schema().columns().iter().map(column).collect()
    };
    (0..100).map(row).collect()
}

fn stats(stats: &FileStats) -> Value {
    let value = |stat: &Option<Stat>| match stat {
        Some(Stat::Integer(number)) => json!(number),
        Some(Stat::Float(number)) => json!(number),
        Some(Stat::Text(text)) => json!(text),
        _ => Value::Null,
    };
    let columns = stats.columns.iter().map(|column| {
        let bounds = json!({
            "min": value(&column.min),
            "max": value(&column.max),
            "null_count": column.null_count,
        });
        (column.name.to_string(), bounds)
    });
    json!({ "row_count": stats.row_count, "columns": Value::Object(columns.collect()) })
}

#[test]
#[ignore = "writes into a folder that has to be given"]
fn write() {
    for (name, compression) in [
        ("none", Compression::None),
        ("snappy", Compression::Snappy),
        ("gzip", Compression::Gzip),
        ("zstd", Compression::Zstd),
        ("lz4", Compression::Lz4),
    ] {
        let codec = Parquet::rows(schema()).compression(compression).row_group_rows(40);
        let mut file = Vec::new();
        let encoded = codec.encode(rows().iter(), &mut file).unwrap();
        std::fs::write(folder().join(format!("lode-{name}.parquet")), file).unwrap();
        let stats = serde_json::to_vec(&stats(&encoded.stats.unwrap())).unwrap();
        std::fs::write(folder().join(format!("lode-{name}.json")), stats).unwrap();
    }
    let mut file = Vec::new();
    Parquet::rows(schema()).encode([].iter(), &mut file).unwrap();
    std::fs::write(folder().join("lode-empty.parquet"), file).unwrap();
}

#[test]
#[ignore = "reads a folder that has to be given"]
fn check() {
    let mut count = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("theirs-") {
            continue;
        }
        let file = std::fs::read(&path).unwrap();
        let read: Result<Vec<Row>, _> =
            Parquet::rows(schema()).decode(file.clone()).unwrap().collect();
        assert_eq!(read.unwrap(), rows(), "{name}");
        let batches: Result<Vec<RecordBatch>, _> =
            Parquet::batches().decode(file).unwrap().collect();
        let batches = batches.unwrap();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 100, "{name}");
        count += 1;
    }
    assert_eq!(count, 8);
}
