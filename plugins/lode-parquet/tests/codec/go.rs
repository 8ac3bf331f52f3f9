//! What version 0.9 of the Go implementation wrote.

use lode_core::codec::{Codec, FileStats};
use lode_core::manifest::Value as Stat;
use lode_parquet::arrow_array::RecordBatch;
use lode_parquet::{Parquet, Row};
use serde_json::{Value, json};

use crate::{decode, encode, go_schema, row};

const FILE: &[u8] = include_bytes!("../fixtures/go-v0.9.parquet");
const MANIFEST: &str = include_str!("../fixtures/go-v0.9.manifest.json");

fn expected() -> Vec<Row> {
    let name = |i: u32| if i.is_multiple_of(3) { Value::Null } else { json!(format!("n{i}")) };
    // One byte each; from 0x00 to 0x31.
    let raw = |i: u32| {
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let digit = |bits: u32| char::from(digits[usize::try_from(bits).unwrap()]);
        format!("{}{}==", digit(i >> 2), digit((i & 3) << 4))
    };
    (0..50)
        .map(|i: u32| {
            row(json!({
                "id": i,
                "i32": i,
                "name": name(i),
                "score": f64::from(i) / 3.0,
                "f32": f64::from(i),
                "ok": i.is_multiple_of(2),
                "raw": raw(i),
                "at": format!("2026-01-02T03:04:{:02}.6789Z", 5 + i),
            }))
        })
        .collect()
}

#[test]
fn reads_every_row() {
    let rows = decode(&Parquet::rows(go_schema()), FILE.to_vec()).unwrap();
    assert_eq!(rows, expected());
}

#[test]
fn reads_batches() {
    let batches: Vec<RecordBatch> =
        Parquet::batches().decode(FILE.to_vec()).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 50);
    assert_eq!(batches[0].column_by_name("name").unwrap().null_count(), 17);
}

fn number(value: &Stat) -> Option<f64> {
    match value {
        Stat::Integer(number) => i32::try_from(*number).ok().map(f64::from),
        Stat::Float(number) => Some(*number),
        _ => None,
    }
}

fn equal(ours: Option<&Stat>, theirs: &Value) -> bool {
    match (ours, theirs) {
        (None, Value::Null) => true,
        (Some(Stat::Text(text)), Value::String(theirs)) => text == theirs,
        (Some(ours), theirs) => number(ours).is_some() && number(ours) == theirs.as_f64(),
        _ => false,
    }
}

fn assert_stats(stats: &FileStats) {
    let manifest: Value = serde_json::from_str(MANIFEST).unwrap();
    let theirs = &manifest["files"][0]["stats"];
    assert_eq!(Some(stats.row_count), theirs["row_count"].as_u64());
    let columns = theirs["columns"].as_array().unwrap();
    assert_eq!(stats.columns.len(), columns.len());
    for (ours, theirs) in stats.columns.iter().zip(columns) {
        assert_eq!(ours.name.as_ref(), theirs["name"]);
        assert_eq!(Some(ours.null_count), theirs["null_count"].as_u64(), "{}", ours.name);
        assert!(equal(ours.min.as_ref(), &theirs["min"]), "{ours:?} {theirs}");
        assert!(equal(ours.max.as_ref(), &theirs["max"]), "{ours:?} {theirs}");
    }
}

#[test]
fn has_the_same_statistics() {
    let codec = Parquet::rows(go_schema());
    for codec in [codec.clone(), codec.row_group_rows(7)] {
        let (_, encoded) = encode(&codec, &expected()).unwrap();
        assert_eq!(encoded.rows, 50);
        assert_stats(&encoded.stats.unwrap());
    }
}
