//! Files that were good.

use std::sync::Arc;

use lode_core::codec::Codec;
use lode_parquet::arrow_array::types::Int32Type;
use lode_parquet::arrow_array::{ArrayRef, DictionaryArray, ListArray, RecordBatch, StringArray};
use lode_parquet::{ColumnType, Compression, Parquet, read_schema};

use crate::{batches, rows};

const GO: &[u8] = include_bytes!("../fixtures/go-v0.9.parquet");

/// Nested and dictionary-encoded columns, with nulls.
fn ours(compression: Compression) -> Vec<u8> {
    let words: DictionaryArray<Int32Type> = [Some("a"), None, Some("b")].into_iter().collect();
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([
        Some(vec![Some(1), None]),
        None,
        Some(vec![]),
    ]);
    let texts = StringArray::from(vec![Some("x"), None, Some("z")]);
    let batch = RecordBatch::try_from_iter([
        ("words", Arc::new(words) as ArrayRef),
        ("lists", Arc::new(lists) as _),
        ("texts", Arc::new(texts) as _),
    ])
    .unwrap();
    let mut file = Vec::new();
    let codec = Parquet::batches().compression(compression).row_group_rows(2);
    codec.encode([&batch].into_iter(), &mut file).unwrap();
    file
}

fn files() -> Vec<Vec<u8>> {
    let ours = [Compression::None, Compression::Gzip, Compression::Zstd, Compression::Lz4];
    [GO.to_vec()].into_iter().chain(ours.map(ours_of)).collect()
}

fn ours_of(compression: Compression) -> Vec<u8> {
    let file = ours(compression);
    assert!(batches(&file).is_ok());
    file
}

#[test]
fn truncated() {
    for file in files() {
        for length in (0..file.len()).step_by(64).chain([1, 4, 8, 11, 12, file.len() - 1]) {
            assert!(batches(&file[..length]).is_err(), "{length} bytes");
            assert!(read_schema(&file[..length]).is_err(), "{length} bytes");
            assert!(rows(&file[..length], "name", ColumnType::String).is_err(), "{length} bytes");
        }
        for start in (1..file.len()).step_by(64) {
            assert!(batches(&file[start..]).is_err(), "from {start}");
        }
        // The magic is there, and something is missing in front of it.
        for length in (4..file.len() - 8).step_by(16) {
            let short = [&file[..length], &file[file.len() - 8..]].concat();
            assert!(batches(&short).is_err(), "{length} bytes and the end");
        }
    }
}

#[test]
fn flipped_bits() {
    for file in files() {
        for at in 0..file.len() {
            let mut flipped = file.clone();
            flipped[at] ^= 1 << (at % 8);
            // It may well be a good file with another value.
            let _ = batches(&flipped);
            let _ = read_schema(&flipped);
            if at % 4 == 0 {
                let _ = rows(&flipped, "name", ColumnType::String);
            }
        }
    }
}

#[test]
fn garbage() {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    };
    for length in 0..300_usize {
        let middle: Vec<u8> = (0..length).map(|_| next()).collect();
        assert!(batches(&middle).is_err());
        let footer = u32::try_from(length).unwrap().to_le_bytes();
        let file = [b"PAR1", middle.as_slice(), &footer, b"PAR1"].concat();
        assert!(batches(&file).is_err());
    }
    assert!(batches(b"PAR1PAR1").is_err());
    assert!(batches(b"PAR1\xff\xff\xff\xffPAR1").is_err());
}
