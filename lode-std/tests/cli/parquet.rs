//! `lode write --codec parquet`, and `lode read` of what it wrote.

use std::fs;
use std::sync::Arc;

use lode_core::codec::Codec;
use lode_parquet::Parquet;
use lode_parquet::arrow_array::types::Int32Type;
use lode_parquet::arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, DictionaryArray, Float32Array, Float64Array, Int8Array,
    Int64Array, LargeStringArray, RecordBatch, StringArray, TimestampMicrosecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt32Array,
};
use serde_json::{Value, json};

use crate::support::{EVENTS, Place, lode, lode_with};

const PARQUET: [&str; 2] = ["--codec", "parquet"];

/// A file with these columns, all of which may be null.
pub(crate) fn file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut file = Vec::new();
    Parquet::batches().encode([&batch].into_iter(), &mut file).unwrap();
    file
}

/// A file of numbers and the days that they are of.
pub(crate) fn days(rows: &[(i64, &str)]) -> Vec<u8> {
    let numbers = Int64Array::from_iter_values(rows.iter().map(|row| row.0));
    let days = StringArray::from_iter_values(rows.iter().map(|row| row.1));
    file(vec![("n", Arc::new(numbers)), ("day", Arc::new(days))])
}

/// A value and a null of every type, as far as rows can tell them.
fn every_type() -> (Vec<u8>, Value) {
    let second = 1_767_323_045;
    let (times, texts) = ("2026-01-02T03:04:05", vec![Some("ä"), None]);
    let words: DictionaryArray<Int32Type> = texts.iter().copied().collect();
    let seconds = TimestampSecondArray::from(vec![Some(second), None]);
    let micros = TimestampMicrosecondArray::from(vec![Some(second * 1_000_000 + 5), None]);
    let nanos = TimestampNanosecondArray::from(vec![Some(second * 1_000_000_000 + 5), None]);
    let bytes = file(vec![
        ("i8", Arc::new(Int8Array::from(vec![Some(-8), None]))),
        ("i64", Arc::new(Int64Array::from(vec![Some(i64::MAX), None]))),
        ("u32", Arc::new(UInt32Array::from(vec![Some(u32::MAX), None]))),
        ("f32", Arc::new(Float32Array::from(vec![Some(0.5), None]))),
        ("f64", Arc::new(Float64Array::from(vec![Some(0.1), None]))),
        ("ok", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("text", Arc::new(StringArray::from(texts.clone()))),
        ("large", Arc::new(LargeStringArray::from(texts))),
        ("word", Arc::new(words)),
        ("raw", Arc::new(BinaryArray::from(vec![Some(&b"\0\xff"[..]), None]))),
        ("s", Arc::new(seconds)),
        ("us", Arc::new(micros.with_timezone("+02:00"))),
        ("ns", Arc::new(nanos.with_timezone("UTC"))),
    ]);
    let value = json!({
        "i8": -8, "i64": i64::MAX, "u32": u32::MAX, "f32": 0.5, "f64": 0.1, "ok": true,
        "text": "ä", "large": "ä", "word": "ä", "raw": "AP8=", "s": format!("{times}Z"),
        "us": format!("{times}.000005Z"), "ns": format!("{times}.000000005Z"),
    });
    (bytes, value)
}

fn nulls(row: &Value) -> Value {
    row.as_object().unwrap().keys().map(|name| (name.clone(), Value::Null)).collect()
}

fn batches(file: Vec<u8>) -> Vec<RecordBatch> {
    Parquet::batches().decode(file).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn every_type_comes_back() {
    let place = Place::new();
    let (bytes, row) = every_type();
    let file = place.file("file.parquet", &bytes);
    let said = place.events("write", &[&[file.as_str()], &PARQUET[..]].concat()).ok();
    let says = "wrote version 1 of datasets/events: 1 file, 2 rows, ";
    assert!(said.text().starts_with(says), "{}", said.text());
    let read = place.events("read", &[]).ok();
    assert_eq!(read.json_lines(), [row.clone(), nulls(&row)]);
    assert!(read.text().starts_with("{\"f32\":0.5,"), "{}", read.text());

    // The types of Arrow are all there.
    let raw = place.events("read", &["--raw"]).ok().out;
    assert_eq!(batches(raw), batches(bytes));

    let shown = place.events("show", &["--json"]).ok().json();
    let fields = ["codec", "compressor", "partitioner"].map(|field| shown[field].clone());
    assert_eq!(fields, [json!("parquet"), json!("noop"), json!("noop")]);
    let stats = &shown["files"][0]["stats"];
    assert_eq!(stats["rows"], 2);
    let column = json!({ "name": "f64", "min": 0.1, "max": 0.1, "nulls": 1 });
    assert_eq!(stats["columns"][4], column);
    let said = place.events("show", &[]).ok();
    assert!(said.text().contains("    text  \"ä\" to \"ä\"  1 null\n"), "{}", said.text());
    let listed = lode(&["ls", &place.store()]).ok();
    assert_eq!(listed.text(), "datasets/events  version 1  2 rows  1 file  parquet\n");
    let log = place.events("log", &["--json"]).ok().json_lines();
    assert_eq!((&log[0]["rows"], &log[0]["codec"]), (&json!(2), &json!("parquet")));
}

#[test]
fn several_files_are_one_snapshot_of_as_many() {
    let place = Place::new();
    let a = place.file("a.parquet", &days(&[(1, "mon"), (2, "tue")]));
    let b = place.file("b.parquet", &days(&[]));
    let stdin = days(&[(3, "mon")]);
    let store = place.store();
    for layout in ["default", "flat"] {
        let dataset = format!("datasets/{layout}");
        let write = ["write", &store, &dataset, &a, &b, "-", "--layout", layout, "--meta", "k=1"];
        let said = lode_with(&[&write[..], &PARQUET].concat(), &stdin).ok();
        assert!(said.text().contains(": 3 files, 3 rows, "), "{}", said.text());
        let read = lode(&["read", &store, &dataset]).ok();
        let lines =
            "{\"day\":\"mon\",\"n\":1}\n{\"day\":\"tue\",\"n\":2}\n{\"day\":\"mon\",\"n\":3}\n";
        assert_eq!(read.text(), lines);
        let shown = lode(&["show", &store, &dataset, "--json"]).ok().json();
        let files = shown["files"].as_array().unwrap();
        let rows: Vec<_> = files.iter().map(|file| file["stats"]["rows"].clone()).collect();
        assert_eq!(rows, [2, 0, 1]);
        let failed = lode(&["read", &store, &dataset, "--raw"]);
        failed.fails(1, &["--raw reads one file", "there are 3", "--partition", "lode show"]);
    }
}

#[test]
fn rows_are_divided() {
    let place = Place::new();
    let a = place.file("a.parquet", &days(&[(1, "mon"), (2, "tue"), (3, "mon")]));
    let b = place.file("b.parquet", &days(&[(4, "tue"), (5, "a/b")]));
    let write = ["--codec", "parquet", "--partition-by", "day"];
    let said = place.events("write", &[&[a.as_str(), &b], &write[..]].concat()).ok();
    assert!(said.text().contains(": 4 files, 5 rows, "), "{}", said.text());
    let numbers = |partition: &str| -> Vec<i64> {
        let lines = place.events("read", &["--partition", partition]).ok().json_lines();
        lines.iter().map(|line| line["n"].as_i64().unwrap()).collect()
    };
    assert_eq!(numbers("day=mon"), [1, 3]);
    assert_eq!(numbers("day=tue"), [2, 4]);
    assert_eq!(numbers("day=a/b"), [5]);
    let shown = place.events("show", &["--json"]).ok().json();
    assert_eq!((&shown["layout"], &shown["partitioner"]), (&json!("hive"), &json!("hive")));
    let column = &shown["files"][0]["stats"]["columns"][0];
    assert_eq!(column, &json!({ "name": "n", "min": 1, "max": 3, "nulls": 0 }));
    let raw = place.events("read", &["--raw", "--partition", "day=a/b"]).ok().out;
    assert_eq!(batches(raw)[0].num_rows(), 1);

    // Every type, of which all but one are null.
    let (bytes, row) = every_type();
    let store = place.store();
    let file = place.file("types.parquet", &bytes);
    let divided = ["--codec", "parquet", "--partition-by", "ok"];
    let write = ["write", &store, "datasets/types", &file];
    let failed = lode(&[&write[..], &divided].concat());
    failed.fails(1, &["types.parquet, row 2: ", "\"ok\""]);
    lode(&["read", &store, "datasets/types"]).fails(1, &["there is no dataset"]);
    let one = batches(bytes)[0].slice(0, 1);
    let mut bytes = Vec::new();
    Parquet::batches().encode([&one].into_iter(), &mut bytes).unwrap();
    place.file("types.parquet", &bytes);
    lode(&[&write[..], &divided].concat()).ok();
    let read = lode(&["read", &store, "datasets/types", "--partition", "ok=true"]).ok();
    assert_eq!(read.json_lines(), [row]);
}

#[test]
fn no_rows_are_a_snapshot_too() {
    let place = Place::new();
    let empty = place.file("empty.parquet", &days(&[]));
    let store = place.store();
    let said = lode(&["write", &store, EVENTS, &empty, "--codec", "parquet"]).ok();
    assert!(said.text().contains(": 1 file, 0 rows, "), "{}", said.text());
    assert_eq!(lode(&["read", &store, EVENTS]).ok().out, b"");
    let write = ["write", &store, "datasets/hive", &empty, "--codec", "parquet"];
    let said = lode(&[&write[..], &["--partition-by", "day"]].concat()).ok();
    assert!(said.text().contains(": 0 files, 0 rows, 0 bytes"), "{}", said.text());
    assert_eq!(lode(&["read", &store, "datasets/hive"]).ok().out, b"");
    // Not even columns.
    let mut none = Vec::new();
    Parquet::batches().encode([].into_iter(), &mut none).unwrap();
    let none = place.file("none.parquet", &none);
    lode(&["write", &store, "datasets/none", &none, "--codec", "parquet"]).ok();
    assert_eq!(lode(&["read", &store, "datasets/none"]).ok().out, b"");
}

#[test]
fn raw_files_are_as_they_were_written() {
    let place = Place::new();
    let lines = place.file("lines", b"{\"b\":1,\"a\":2}\n");
    place.events("write", &[&lines, "--codec", "jsonl", "--compress", "zstd"]).ok();
    assert_eq!(place.events("read", &[]).ok().text(), "{\"a\":2,\"b\":1}\n");
    let stored = place.events("read", &["--raw"]).ok();
    assert_eq!(stored.json_lines(), [json!({ "a": 2, "b": 1 })]);
    // Blobs are what they are.
    let (a, b) = (place.file("a", b"first "), place.file("b", b"last"));
    place.events("write", &[&a, &b]).ok();
    assert_eq!(place.events("read", &["--raw"]).ok().text(), "first last");
    // What nothing is known about but its compressor.
    let output = place.path("out.parquet");
    place.file("c.parquet", &days(&[(1, "mon")]));
    let file = place.path("c.parquet").to_str().unwrap().to_string();
    place.events("write", &[&file, "--codec", "parquet"]).ok();
    place.rewrite(3, |manifest| manifest["codec"] = "avro".into());
    place.events("read", &[]).fails(1, &["avro", "does not know", "--raw"]);
    place.events("read", &["--raw", "-o", output.to_str().unwrap()]).ok();
    assert_eq!(batches(fs::read(output).unwrap())[0].num_rows(), 1);
}

#[test]
fn there_are_more_rows_than_one_batch_has() {
    let place = Place::new();
    let rows: Vec<_> = (0..100_000).map(|n| (n, if n % 2 == 0 { "even" } else { "odd" })).collect();
    let file = place.file("many.parquet", &days(&rows));
    let store = place.store();
    lode(&["write", &store, EVENTS, &file, "--codec", "parquet"]).ok();
    let numbers = |arguments: &[&str]| -> Vec<i64> {
        let lines = lode(&[&["read", &store], arguments].concat()).ok().json_lines();
        lines.iter().map(|line| line["n"].as_i64().unwrap()).collect()
    };
    assert!(numbers(&[EVENTS]).into_iter().eq(0..100_000));
    // Two batches of rows are two files in each partition.
    let long = "x".repeat(1000);
    let texts = StringArray::from_iter_values((0..70_000).map(|_| long.as_str()));
    let parity = Int64Array::from_iter_values((0..70_000).map(|n| n % 2));
    let numbers_of = Int64Array::from_iter_values(0..70_000);
    let wide = self::file(vec![
        ("text", Arc::new(texts)),
        ("parity", Arc::new(parity)),
        ("n", Arc::new(numbers_of)),
    ]);
    let wide = place.file("wide.parquet", &wide);
    let write = ["write", &store, "datasets/wide", &wide, "--codec", "parquet"];
    let said = lode(&[&write[..], &["--partition-by", "parity"]].concat()).ok();
    assert!(said.text().contains(": 4 files, 70,000 rows, "), "{}", said.text());
    let odd = numbers(&["datasets/wide", "--partition", "parity=1"]);
    assert!(odd.into_iter().eq((1..70_000).step_by(2)));
}
