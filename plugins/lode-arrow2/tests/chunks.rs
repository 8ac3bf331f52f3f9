//! Chunks come back; what is damaged or does not fit is an error.

#![allow(clippy::unwrap_used, reason = "helpers of tests lie outside of test functions")]

use arrow2::array::{BooleanArray, DictionaryArray, Int32Array, Int64Array, ListArray};
use arrow2::array::{PrimitiveArray, Utf8Array};
use arrow2::datatypes::{DataType, Field, IntegerType, Schema};
use lode_arrow2::{Arrow2Ipc, Chunk, arrow2};
use lode_core::codec::{Codec, CodecError};

fn dictionary() -> DataType {
    DataType::Dictionary(IntegerType::Int32, Box::new(DataType::Utf8), false)
}

fn list() -> DataType {
    ListArray::<i32>::default_datatype(DataType::Int32)
}

fn codec() -> Arrow2Ipc {
    Arrow2Ipc::new(Schema::from(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("name", DataType::Utf8, true),
        Field::new("ok", DataType::Boolean, true),
        Field::new("word", dictionary(), true),
        Field::new("list", list(), true),
    ]))
}

fn chunk(first: i64) -> Chunk {
    let words = Utf8Array::<i32>::from_slice(["a", "b"]).boxed();
    let keys = PrimitiveArray::from([Some(1_i32), None, Some(0)]);
    let numbers = Int32Array::from_slice([1, 2, 3]).boxed();
    let lists = ListArray::new(list(), vec![0_i32, 2, 2, 3].try_into().unwrap(), numbers, None);
    Chunk::new(vec![
        Int64Array::from_slice([first, first + 1, first + 2]).boxed(),
        Utf8Array::<i32>::from([Some("x"), None, Some("")]).boxed(),
        BooleanArray::from([Some(true), Some(false), None]).boxed(),
        DictionaryArray::try_new(dictionary(), keys, words).unwrap().boxed(),
        lists.boxed(),
    ])
}

fn file() -> Vec<u8> {
    let mut file = Vec::new();
    let encoded = codec().encode([chunk(0), chunk(3)].iter(), &mut file).unwrap();
    assert_eq!((encoded.rows, encoded.stats), (6, None));
    file
}

fn decode(file: &[u8]) -> Result<Vec<Chunk>, CodecError> {
    codec().decode(file.to_vec())?.collect()
}

#[test]
fn chunks_come_back() {
    assert_eq!(codec().name(), "arrow2-ipc");
    assert_eq!(decode(&file()).unwrap(), [chunk(0), chunk(3)]);
    let mut empty = Vec::new();
    assert_eq!(codec().encode([].iter(), &mut empty).unwrap().rows, 0);
    assert_eq!(decode(&empty).unwrap(), []);
}

#[test]
fn columns_must_fit() {
    let refused = |chunk: Chunk| codec().encode([chunk].iter(), &mut Vec::new()).unwrap_err();
    let mut columns = chunk(0).into_arrays();
    columns.swap(1, 2);
    let error = refused(Chunk::new(columns)).to_string();
    assert_eq!(error, "record 0, column \"name\": is Boolean, not Utf8");

    let mut columns = chunk(0).into_arrays();
    columns.remove(4);
    assert_eq!(refused(Chunk::new(columns)).to_string(), "record 0, column \"list\": is missing");

    let mut columns = chunk(0).into_arrays();
    columns.push(BooleanArray::from_slice([true; 3]).boxed());
    assert!(matches!(refused(Chunk::new(columns)), CodecError::Record { index: 0, .. }));

    let mut columns = chunk(0).into_arrays();
    columns[0] = Int64Array::from([Some(1), None, Some(2)]).boxed();
    let error = refused(Chunk::new(columns)).to_string();
    assert_eq!(error, "record 0, column \"id\": has nulls, but is required");
}

#[test]
fn a_file_must_fit_too() {
    let reason = |fields| {
        let other = Arrow2Ipc::new(Schema { fields, ..Schema::default() });
        other.decode(file()).unwrap_err().to_string()
    };
    let mut fields = codec().schema().fields.clone();
    fields[1].data_type = DataType::Binary;
    assert_eq!(reason(fields), "record 0, column \"name\": is Utf8, not Binary");
    let mut fields = codec().schema().fields.clone();
    fields[0].name = "key".to_owned();
    assert_eq!(reason(fields), "record 0, column \"key\": in its place is \"id\"");
    let mut fields = codec().schema().fields.clone();
    fields.truncate(4);
    assert_eq!(reason(fields), "record 0, column \"list\": is not in the schema");
}

#[test]
fn damage_is_an_error() {
    std::panic::set_hook(Box::new(|info| {
        // Those of `arrow2` are expected, and there are many.
        if info.location().is_some_and(|location| location.file().starts_with("plugins")) {
            eprintln!("{info}");
        }
    }));
    let file = file();
    for length in 0..file.len() {
        assert!(decode(&file[..length]).is_err(), "{length} bytes");
        // From the fourth byte on it is as streams were before version 0.15 of the format.
        assert!(matches!(length, 0 | 4) || decode(&file[length..]).is_err(), "from {length}");
    }
    assert!(decode(&[file.as_slice(), b"\0"].concat()).is_err());
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut flipped = file.clone();
            flipped[at] ^= 1 << bit;
            // It may well be a good file with another value.
            let _ = decode(&flipped);
        }
        // A length or an offset that is far too large.
        let mut huge = file.clone();
        huge[at] = 0x7f;
        let _ = decode(&huge);
    }
}
