//! Pages whose lengths are packed as differences, looked over before they are unpacked.
//!
//! The `parquet` crate makes room for as many lengths as such a page declares, and a page of a few
//! bytes can declare 2^60 of them.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use crate::thrift::{Found, Thrift};

/// The bytes that a length takes in memory.
const LENGTH: u64 = 8;

/// Looks at the lengths in all pages of a column of a row group with `rows` rows.
pub(crate) fn check(
    file: &Bytes,
    chunk: &ColumnChunkMetaData,
    rows: usize,
    budget: u64,
) -> Result<(), ParquetError> {
    let mut pages = SerializedPageReader::new(Arc::new(file.clone()), chunk, rows, None)?;
    while let Some(page) = pages.get_next_page()? {
        let streams = match page.encoding() {
            Encoding::DELTA_LENGTH_BYTE_ARRAY => 1,
            Encoding::DELTA_BYTE_ARRAY => 2,
            _ => continue,
        };
        lengths(&page, chunk, streams, budget)
            .map_err(|reason| ParquetError::General(reason.to_owned()))?;
    }
    Ok(())
}

fn lengths(page: &Page, chunk: &ColumnChunkMetaData, streams: u8, budget: u64) -> Found<()> {
    let mut thrift = Thrift::new(values(page, chunk)?);
    for _ in 0..streams {
        let rest = thrift.rest();
        let (count, used) = stream(rest)?;
        if count > u64::from(page.num_values()) || count.saturating_mul(LENGTH) > budget {
            return Err("a page declares more lengths than it may have");
        }
        thrift = Thrift::new(rest.get(used..).ok_or("a page ends too early")?);
    }
    Ok(())
}

/// A page without the levels at its start.
fn values<'a>(page: &'a Page, chunk: &ColumnChunkMetaData) -> Found<&'a [u8]> {
    let column = chunk.column_descr();
    match page {
        Page::DataPage { buf, def_level_encoding, rep_level_encoding, .. } => {
            let mut rest: &[u8] = buf;
            for (level, encoding) in [
                (column.max_rep_level(), rep_level_encoding),
                (column.max_def_level(), def_level_encoding),
            ] {
                if level == 0 {
                    continue;
                }
                if *encoding != Encoding::RLE {
                    return Err("the levels of a page are in an old encoding");
                }
                let (length, after) = rest.split_first_chunk().ok_or("a page ends too early")?;
                let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
                rest = after.get(length..).ok_or("a page ends too early")?;
            }
            Ok(rest)
        }
        Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
            let length = u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len);
            usize::try_from(length).ok().and_then(|length| buf.get(length..))
        }
        .ok_or("a page ends too early"),
        Page::DictionaryPage { .. } => Err("a dictionary is packed"),
    }
}

/// The number of values in a stream of packed differences, and the number of its bytes.
fn stream(bytes: &[u8]) -> Found<(u64, usize)> {
    let mut thrift = Thrift::new(bytes);
    let block = thrift.varint()?;
    let parts = thrift.varint()?;
    let count = thrift.varint()?;
    thrift.int()?;
    let part = block.checked_div(parts).unwrap_or(0);
    if part == 0 || !part.is_multiple_of(32) || part.checked_mul(parts) != Some(block) {
        return Err("a page has blocks of no valid size");
    }
    let parts = usize::try_from(parts).map_err(|_| "a page ends too early")?;
    let (mut left, mut rest) = (count.saturating_sub(1), thrift.rest());
    while left > 0 {
        let mut block = Thrift::new(rest);
        block.int()?;
        let (widths, mut packed) =
            block.rest().split_at_checked(parts).ok_or("a page ends too early")?;
        for &width in widths {
            if left == 0 {
                break;
            }
            let bytes = (part / 8).saturating_mul(width.into());
            let bytes = usize::try_from(bytes).map_err(|_| "a page ends too early")?;
            packed = packed.get(bytes..).ok_or("a page ends too early")?;
            left = left.saturating_sub(part);
        }
        rest = packed;
    }
    Ok((count, bytes.len() - rest.len()))
}
