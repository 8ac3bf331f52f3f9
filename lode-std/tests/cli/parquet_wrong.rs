//! What goes wrong with Parquet files, and how it is said.

use std::fs;
use std::sync::Arc;

use lode_parquet::arrow_array::types::Int32Type;
use lode_parquet::arrow_array::{
    ArrayRef, Float64Array, Int64Array, ListArray, StringArray, TimestampMillisecondArray,
};
use serde_json::{Value, json};

use crate::parquet::{days, file};
use crate::support::{Answer, EVENTS, Place, lode, lode_with};

const DIVIDED: [&str; 2] = ["--partition-by", "day"];

/// Writes these files, as they are and divided.
fn write(place: &Place, files: &[&str]) -> [Answer; 2] {
    let store = place.store();
    let write = |dataset, more: &[&str]| {
        lode(&[&["write", &store, dataset, "--codec", "parquet"], files, more].concat())
    };
    [write(EVENTS, &[]), write("datasets/divided", &DIVIDED)]
}

/// It fails, and nothing of it is visible.
#[track_caller]
fn fails(place: &Place, files: &[&str], says: &[&str]) {
    for failed in write(place, files) {
        assert_eq!(failed.fails(1, says).out, b"");
    }
    assert!(!place.path("store/datasets/events/snapshots").exists());
    assert!(!place.path("store/datasets/divided/segments").exists());
}

#[test]
fn what_is_no_parquet_file_is_named() {
    let place = Place::new();
    let good = days(&[(1, "mon"), (2, "tue")]);
    let first = place.file("good.parquet", &good);
    let must = "which it must be with --codec parquet";
    for (name, bytes) in [
        ("lines.jsonl", &b"{\"n\":1}\n"[..]),
        ("empty.parquet", b""),
        ("half.parquet", &good[..good.len() / 2]),
        ("start.parquet", &good[..good.len() - 1]),
        ("magic.parquet", b"PAR1PAR1"),
        ("long.parquet", b"PAR1\xff\xff\xff\xffPAR1"),
    ] {
        let bad = place.file(name, bytes);
        fails(&place, &[&first, &bad], &[name, must]);
        fails(&place, &[&bad, &first], &[name, must]);
    }
    let store = place.store();
    let write = ["write", &store, EVENTS, "--codec", "parquet", "--json"];
    let failed = lode_with(&write, b"no").fails(1, &["the standard input: ", must]);
    let error: Value = serde_json::from_str(&failed.err).unwrap();
    assert_eq!(error["kind"], "invalid-input");
}

#[test]
fn damage_inside_is_named() {
    let place = Place::new();
    let mut bytes = days(&[(1, "mon"), (2, "tue")]);
    // The header of the first page.
    bytes[4..12].fill(0xff);
    let bad = place.file("bad.parquet", &bytes);
    fails(&place, &[&bad], &["bad.parquet: ", "row group 0"]);
}

#[test]
fn all_have_the_columns_of_the_first() {
    let place = Place::new();
    let first = place.file("first.parquet", &days(&[(1, "mon")]));
    let texts = |values: Vec<&str>| Arc::new(StringArray::from(values)) as ArrayRef;
    let numbers = || Arc::new(Int64Array::from(vec![1])) as ArrayRef;
    for (columns, says) in [
        (vec![("n", numbers())], "the column \"day\": is missing"),
        (vec![("n", texts(vec!["1"])), ("day", texts(vec!["mon"]))], "\"n\": is Utf8, not Int64"),
        (vec![("n", numbers()), ("date", texts(vec!["mon"]))], "\"day\": in its place is \"date\""),
        (
            vec![("n", numbers()), ("day", texts(vec!["mon"])), ("more", numbers())],
            "\"more\": is not in the schema",
        ),
    ] {
        let other = place.file("other.parquet", &file(columns));
        let says = ["other.parquet: it has other columns than ", "first.parquet: ", says];
        fails(&place, &[&first, &first, &other], &says);
    }
}

#[test]
fn nested_columns_are_written_and_cannot_be_shown() {
    let place = Place::new();
    let lists = [Some(vec![Some(1), None]), None];
    let tags = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
    let day = StringArray::from(vec!["mon", "tue"]);
    let bytes = file(vec![("day", Arc::new(day)), ("tags", Arc::new(tags))]);
    let nested = place.file("nested.parquet", &bytes);
    let [whole, divided] = write(&place, &[&nested]);
    whole.ok();
    divided.fails(1, &["nested.parquet: ", "\"tags\" is List(Int32)", "without --partition-by"]);
    let failed = place.events("read", &["--json"]).fails(1, &["\\\"tags\\\"", "--raw"]);
    assert_eq!(failed.out, b"");
    let error: Value = serde_json::from_str(&failed.err).unwrap();
    assert_eq!(error["kind"], "unsupported");
    let shown = place.events("show", &["--json"]).ok().json();
    let key = shown["files"][0]["key"].as_str().unwrap();
    assert!(error["error"].as_str().unwrap().contains(key), "{error}");
    let stored = fs::read(place.path("store").join(key)).unwrap();
    assert_eq!(place.events("read", &["--raw"]).ok().out, stored);
}

#[test]
fn values_that_rows_have_not_are_named() {
    let place = Place::new();
    let day = || Arc::new(StringArray::from(vec!["mon", "tue"])) as ArrayRef;
    let numbers = Arc::new(Float64Array::from(vec![0.5, f64::NAN])) as ArrayRef;
    let nan = place.file("nan.parquet", &file(vec![("day", day()), ("x", numbers)]));
    let [whole, divided] = write(&place, &[&nan]);
    whole.ok();
    divided
        .fails(1, &["nan.parquet, row 2, column \"x\": is not finite", "without --partition-by"]);
    // What comes before it is shown, and it has no line.
    let failed = place.events("read", &[]).fails(1, &["column \"x\"", "not finite", "--raw"]);
    assert_eq!(failed.text(), "{\"day\":\"mon\",\"x\":0.5}\n");
    let output = place.path("out");
    place.events("read", &["-o", output.to_str().unwrap()]).fails(1, &["not finite"]);
    assert!(!output.exists());

    // The year 3000 has milliseconds since 1970, and no nanoseconds.
    let times = TimestampMillisecondArray::from(vec![0, 32_503_680_000_000]);
    let late = file(vec![("day", day()), ("at", Arc::new(times))]);
    let late = place.file("late.parquet", &late);
    let [whole, divided] = write(&place, &[&late]);
    whole.ok();
    divided.fails(1, &["late.parquet, column \"at\": ", "1677 to 2262"]);
    assert_eq!(place.events("read", &[]).ok().json_lines()[1]["at"], "3000-01-01T00:00:00Z");
}

#[test]
fn the_command_line_is_checked() {
    let place = Place::new();
    let good = place.file("good.parquet", &days(&[(1, "mon")]));
    for compressor in ["gzip", "zstd"] {
        let write = [&good, "--codec", "parquet", "--compress", compressor];
        let failed = place.events("write", &write);
        failed.fails(2, &["compressed inside", "leave --compress out"]);
    }
    place.events("write", &[&good, "--codec", "parquet", "--compress", "noop"]).ok();
    let absent = [&good, "--codec", "parquet", "--partition-by", "nope"];
    let store = place.store();
    let failed = lode(&[&["write", &store, "datasets/divided"], &absent[..]].concat());
    failed.fails(1, &["good.parquet, row 1: ", "\"nope\""]);
}

#[test]
fn what_is_too_large_for_memory_is_refused() {
    let place = Place::new();
    // Only its length counts: nothing of it is read, nor has it any block on the disk.
    let path = place.path("huge.parquet");
    fs::File::create(&path).unwrap().set_len((1 << 30) + 1).unwrap();
    fails(&place, &[path.to_str().unwrap()], &["huge.parquet has more than 1.0 GiB", "divide it"]);

    let good = place.file("good.parquet", &days(&[(1, "mon")]));
    place.events("write", &[&good, "--codec", "parquet"]).ok();
    place.rewrite(1, |manifest| manifest["files"][0]["size_bytes"] = json!((1 << 30) + 1));
    let says = ["in memory", "more than 1.0 GiB", "--raw"];
    place.events("read", &[]).fails(1, &says);
}

#[test]
fn a_stored_file_that_was_exchanged_is_noticed() {
    let place = Place::new();
    let good = place.file("good.parquet", &days(&[(1, "mon")]));
    place.events("write", &[&good, "--codec", "parquet"]).ok();
    let shown = place.events("show", &["--json"]).ok().json();
    let key = shown["files"][0]["key"].as_str().unwrap();
    let object = place.path("store").join(key);
    let mut stored = fs::read(&object).unwrap();
    let middle = stored.len() / 2;
    stored[middle] ^= 1;
    fs::write(&object, &stored).unwrap();
    for arguments in [&[][..], &["--raw"]] {
        place.events("read", arguments).fails(1, &[key, "not those that were committed"]);
    }
    // Without a checksum it is the codec that notices.
    fs::write(&object, &stored[..middle]).unwrap();
    place.rewrite(1, |manifest| {
        manifest["files"][0]["size_bytes"] = middle.into();
        manifest["files"][0].as_object_mut().unwrap().remove("checksum");
        manifest.as_object_mut().unwrap().remove("checksum_algorithm");
    });
    place.events("read", &[]).fails(1, &[key, "cannot be decoded", "does not end like a Parquet"]);
}
