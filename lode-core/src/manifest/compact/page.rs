//! Pages, and references to them, in the compact format.

use alloc::vec::Vec;

use super::decode::{read_digest_size, read_table, wrong_kind};
use super::encode::{EncodedTable, Object};
use super::prefix::{Kind, Prefix};
use super::reader::Reader;
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
            let table = EncodedTable::new(table)?;
            object.put(&(LEAF, table.digest_size))?;
            table.put(&mut object)?;
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
    let mut end = 0;
    for PageRef { name, range, blocks, covered } in node.children() {
        object.put(&(range.start() - end, range.length(), blocks, covered))?;
        object.put(&(name.hash.0, name.commit))?;
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
    let range =
        reader.checked("page bounds", "they are empty or end behind 2^64 - 1", |(gap, span)| {
            end.checked_add(gap).and_then(|start: u64| ByteRange::with_length(start, span))
        })?;
    let totals =
        reader.checked("page totals", "they are none or more than its bounds allow", |totals| {
            let (blocks, covered): (u64, u64) = totals;
            (1 <= blocks && blocks <= covered && covered <= range.length()).then_some(totals)
        })?;
    let hash = PageHash(reader.take("page hash")?);
    let commit: CommitId = reader.take("page commit")?;
    let (blocks, covered) = totals;
    Ok(PageRef { name: PageName { hash, commit }, range, blocks, covered })
}
