//! Pages, and references to them, in the compact format.

use alloc::vec::Vec;

use super::decode::wrong_kind;
use super::encode::{Object, digests, put_table};
use super::prefix::{Kind, Prefix};
use super::reader::Reader;
use super::runs::{read_digest_size, read_table};
use super::wire::put_varint;
use crate::manifest::pages::{Page, PageHash, PageName, PageNode, PageRef};
use crate::manifest::{CommitId, ManifestError};
use crate::range::ByteRange;

/// The fewest bytes that a reference takes.
const MIN_REFERENCE: usize = 4 + 16 + 16;
/// The level of a page with blocks.
const LEAF: u8 = 0;

/// The page in the compact format. The same page always makes the same bytes.
///
/// # Errors
///
/// As [`encode`](super::encode()), of the blocks.
pub fn encode_page(page: &Page) -> Result<Vec<u8>, ManifestError> {
    let mut object = Object::begin(Kind::Page);
    match page {
        Page::Leaf(table) => {
            let (digests, size) = digests(table)?;
            object.put(&(LEAF, size))?;
            put_table(table, digests, size, &mut object)?;
        }
        Page::Node(node) => put_node(node, &mut object)?,
    }
    let bytes = object.finish();
    if bytes.len() > Page::MAX_SIZE {
        let reason = "a page would become too long: choose smaller ones";
        return Err(ManifestError::Unrepresentable { field: "blocks".into(), reason });
    }
    Ok(bytes)
}

/// The page that these bytes are. Costs O(blocks); allocates no more than a few times the bytes.
/// Whether it is the one that was referred to, [`PageRef::open`] finds out.
///
/// # Errors
///
/// As [`decode`](super::decode()).
pub fn decode_page(bytes: &[u8]) -> Result<Page, ManifestError> {
    if bytes.len() > Page::MAX_SIZE {
        let reason = "it is longer than any page";
        return Err(ManifestError::Decode { at: Page::MAX_SIZE, field: "end", reason });
    }
    let (prefix, body) = Prefix::split(bytes)?;
    if prefix.kind != Kind::Page {
        return Err(wrong_kind("it is no page"));
    }
    let mut reader = Reader::new(body, Prefix::SIZE);
    let level = reader.checked("level", "it is more than 31", |level: u8| {
        Some(level).filter(|level| *level < PageNode::MAX_LEVEL)
    })?;
    let page = match level {
        LEAF => {
            let digest_size = read_digest_size(&mut reader)?;
            let table = read_table(&mut reader, digest_size)?;
            if table.is_empty() {
                return Err(reader.wrong("blocks", "there are none"));
            }
            Page::Leaf(table)
        }
        _ => Page::Node(read_node(&mut reader, level)?),
    };
    reader.finish("end")?;
    Ok(page)
}

/// Appends a node: its level and its children.
pub(super) fn put_node(node: &PageNode, object: &mut Object) -> Result<(), ManifestError> {
    object.put(&(node.level(), node.children().len()))?;
    let out = object.bytes();
    // Most numbers take two to four bytes.
    out.reserve(node.children().len() * (MIN_REFERENCE + 12));
    let mut end = 0;
    for PageRef { name, range, blocks, covered } in node.children() {
        for number in [range.start() - end, range.length(), *blocks, *covered] {
            put_varint(number, out);
        }
        out.extend_from_slice(&name.hash.0);
        out.extend_from_slice(&name.commit.0);
        end = range.end();
    }
    Ok(())
}

/// The rest of a node behind its level.
pub(super) fn read_node(reader: &mut Reader<'_>, level: u8) -> Result<PageNode, ManifestError> {
    let count = reader.count("children", MIN_REFERENCE)?;
    let mut children = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    let mut end = 0;
    for _ in 0..count {
        let child = read_reference(reader, end)?;
        end = child.range.end();
        children.push(child);
    }
    PageNode::from_disjoint(level, children)
        .ok_or_else(|| reader.wrong("children", "there are none"))
}

/// The next reference, to a page that begins at or behind `end`.
///
/// No page says of itself what cannot be, so the sums of disjoint ones stay below 2^64.
fn read_reference(reader: &mut Reader<'_>, end: u64) -> Result<PageRef, ManifestError> {
    const BOUNDS: &str = "page bounds";
    const TOTALS: &str = "page totals";
    let wrong = |at, field, reason| ManifestError::Decode { at, field, reason };
    let at = reader.at;
    let (gap, span) = (reader.varint(BOUNDS)?, reader.varint(BOUNDS)?);
    let range = end.checked_add(gap).and_then(|start| ByteRange::with_length(start, span));
    let range = range.ok_or(wrong(at, BOUNDS, "they are empty or end behind 2^64 - 1"))?;
    let at = reader.at;
    let (blocks, covered) = (reader.varint(TOTALS)?, reader.varint(TOTALS)?);
    if !(1 <= blocks && blocks <= covered && covered <= range.length()) {
        return Err(wrong(at, TOTALS, "they are none or more than its bounds allow"));
    }
    let hash = PageHash(*reader.chunk("page hash")?);
    let commit = CommitId(*reader.chunk("page commit")?);
    Ok(PageRef { name: PageName { hash, commit }, range, blocks, covered })
}
