//! Files that declare more than they have.

use lode_core::codec::CodecError;
use lode_parquet::{ColumnType, read_schema};

use crate::forge::{BYTE_ARRAY, FIXED, Field, Forged, int, schema, structure, varint};
use crate::{batches, rows};

const PLAIN: i64 = 0;
const DELTA_LENGTH: i64 = 6;
const DELTA: i64 = 7;
const SNAPPY: i64 = 1;

/// Ten texts of one byte.
fn plain() -> Vec<u8> {
    b"\x01\0\0\0x".repeat(10)
}

/// A stream of packed lengths that declares `count` of them, all the same, in blocks of `block`.
fn lengths(block: u64, count: u64) -> Vec<u8> {
    let blocks = [int(0), vec![0]].concat();
    [varint(block), varint(1), varint(count), int(0), blocks].concat()
}

#[track_caller]
fn damaged(file: &[u8], words: &str) {
    match batches(file) {
        Err(CodecError::Decode { reason, .. }) => assert!(reason.contains(words), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert!(rows(file, "c", ColumnType::Bytes).is_err());
}

/// It shows in the schema already.
#[track_caller]
fn unreadable(file: &[u8], words: &str) {
    damaged(file, words);
    let error = read_schema(file).unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
}

#[track_caller]
fn too_large(file: &[u8]) {
    let error = batches(file).unwrap_err();
    assert!(matches!(error, CodecError::Limit { what: "row group", at: 0, .. }), "{error}");
}

#[test]
fn the_forger_can_be_honest() {
    for forged in [
        Forged::new(PLAIN, plain()),
        Forged::new(DELTA_LENGTH, lengths(128, 10)),
        Forged::new(DELTA, [lengths(128, 10), lengths(128, 10)].concat()),
        Forged { physical: FIXED, type_length: 2, ..Forged::new(PLAIN, vec![0; 20]) },
    ] {
        let file = forged.file();
        assert_eq!(batches(&file).unwrap()[0].num_rows(), 10);
        assert_eq!(rows(&file, "c", ColumnType::Bytes).unwrap().len(), 10);
    }
}

#[test]
fn schemas() {
    let group = |children| {
        structure([(3, Field::I32(0)), (4, Field::Text("g")), (5, Field::I32(children))])
    };
    unreadable(&schema(1, group(i32::MAX.into())), "more children");
    unreadable(&schema(u64::MAX, Vec::new()), "more elements");
    unreadable(&schema(1 << 31, group(1)), "more elements");
    unreadable(&schema(200_000, group(1).repeat(200_000)), "too deep");
    unreadable(&schema(1, structure([(4, Field::Text("g")), (5, Field::I32(-1))])), "damaged");
    // A field that another reader would take for an integer.
    unreadable(
        &schema(1, structure([(4, Field::Text("g")), (5, Field::Text("12"))])),
        "wrong type",
    );
}

#[test]
fn pages() {
    let bomb = || Forged { codec: SNAPPY, ..Forged::new(PLAIN, plain()) };
    too_large(&Forged { uncompressed: i32::MAX.into(), ..bomb() }.file());
    damaged(&Forged { uncompressed: 1 << 27, ..bomb() }.file(), "");
    damaged(&Forged { uncompressed: -1, ..bomb() }.file(), "a page has no size");
    let wide = Forged { physical: FIXED, ..Forged::new(PLAIN, vec![0; 20]) };
    too_large(&Forged { type_length: i32::MAX.into(), ..wide }.file());
}

#[test]
fn lengths_in_pages() {
    for count in [11, 1 << 20, 1 << 40, 1 << 60, u64::MAX] {
        let block = count.checked_next_multiple_of(128).unwrap_or(1 << 63);
        let stream = lengths(block, count);
        damaged(&Forged::new(DELTA_LENGTH, stream.clone()).file(), "");
        damaged(&Forged::new(DELTA, [lengths(128, 10), stream.clone()].concat()).file(), "");
        damaged(&Forged::new(DELTA, [stream, lengths(128, 10)].concat()).file(), "");
    }
    // The row group agrees, and has no place for them.
    let rows = i64::from(i32::MAX);
    let stream = lengths(1 << 31, rows.cast_unsigned());
    damaged(&Forged { rows, ..Forged::new(DELTA_LENGTH, stream) }.file(), "more lengths");
}

#[test]
fn rows_that_are_not_there() {
    for count in [11, 1 << 20, i64::from(i32::MAX)] {
        damaged(&Forged { rows: count, ..Forged::new(PLAIN, plain()) }.file(), "");
    }
    for count in [1 << 40, i64::MAX] {
        damaged(&Forged { rows: count, ..Forged::new(PLAIN, plain()) }.file(), "as many values");
    }
    damaged(&Forged { rows: -1, ..Forged::new(PLAIN, plain()) }.file(), "as many rows");
    let text = Forged { physical: BYTE_ARRAY, ..Forged::new(PLAIN, b"\xff\xff\xff\x7fx".to_vec()) };
    damaged(&Forged { rows: 1, ..text }.file(), "");
}
