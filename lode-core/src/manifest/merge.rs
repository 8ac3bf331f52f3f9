//! Merging new blocks into those of a snapshot.

use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use super::{Block, BlockTable};
use crate::ErrorKind;
use crate::range::ByteRange;

impl BlockTable {
    /// The table with `new` blocks, in any order, added. Costs O(k log (n + k)) and a copy
    /// of the table's columns.
    ///
    /// A block whose content is [already there](Block::is_same_content) is dropped: it has been
    /// committed before, by an attempt whose reply was lost or by somebody with the same bytes.
    ///
    /// # Errors
    ///
    /// The first block that overlaps one of the table, or another new one, in any other way.
    pub fn merge(&self, mut new: Vec<Block>) -> Result<Merged, Overlap> {
        new.sort_by_key(|block| (block.range.start(), block.range.end()));
        let mut merged = Self::with_room(self, new.len());
        let (mut added, mut copied) = (0, 0);
        for block in new {
            let behind = self.seek(block.range.start());
            merged.extend(self, copied..behind);
            copied = behind;
            match merged.last() {
                Some(last) if last.is_same_content(&block) => continue,
                Some(last) => reject_overlap(&block, &last)?,
                None => {}
            }
            if let Some(next) = self.get(behind) {
                reject_overlap(&block, &next)?;
            }
            merged.push(block);
            added += 1;
        }
        merged.extend(self, copied..self.len());
        Ok(Merged { table: merged, added })
    }
}

fn reject_overlap(new: &Block, existing: &Block) -> Result<(), Overlap> {
    match new.range.overlaps(existing.range) {
        true => Err(Overlap { new: new.range, existing: existing.range }),
        false => Ok(()),
    }
}

/// What [`BlockTable::merge`] made.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// All blocks.
    pub table: BlockTable,
    /// How many of them are new; 0 means that everything was there already.
    pub added: usize,
}

/// A new block overlaps one that is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Overlap {
    /// The range of the new block.
    pub new: ByteRange,
    /// The range of the block that it overlaps.
    pub existing: ByteRange,
}

impl Overlap {
    /// Always [`ErrorKind::Overlap`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Overlap
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { new, existing } = self;
        match new == existing {
            true => write!(f, "the range {new} is committed already, with other bytes"),
            false => write!(f, "the range {new} overlaps the block at {existing}"),
        }
    }
}

impl Error for Overlap {}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::checksum::Digest;
    use crate::manifest::BlockName;

    fn block(start: u64, end: u64, content: u32) -> Block {
        Block {
            range: ByteRange::new(start, end).unwrap(),
            name: BlockName::Written { writer: 1, suffix: 0 },
            digest: Some(Digest::from(content.to_be_bytes())),
        }
    }

    fn table(blocks: &[Block]) -> BlockTable {
        BlockTable::from_sorted(blocks.iter().cloned()).unwrap()
    }

    #[test]
    fn new_blocks_find_their_places() {
        let head = table(&[block(10, 20, 1), block(30, 40, 2)]);
        let merged = head.merge(vec![block(40, 50, 5), block(0, 10, 3), block(20, 30, 4)]).unwrap();
        assert_eq!(merged.added, 3);
        assert_eq!(merged.table.covered(), 50);
        let starts: Vec<_> = merged.table.ranges().map(ByteRange::start).collect();
        assert_eq!(starts, [0, 10, 20, 30, 40]);
    }

    #[test]
    fn what_is_there_already_is_dropped() {
        let head = table(&[block(10, 20, 1)]);
        let again = Block { name: BlockName::Plain, ..block(10, 20, 1) };
        let merged = head.merge(vec![again.clone(), again]).unwrap();
        assert_eq!((merged.table, merged.added), (head.clone(), 0));
        let merged = head.merge(vec![block(20, 30, 2), block(20, 30, 2)]).unwrap();
        assert_eq!(merged.added, 1);
    }

    #[test]
    fn without_digests_only_the_same_object_is_the_same() {
        let plain = Block { digest: None, ..block(10, 20, 0) };
        let head = table(core::slice::from_ref(&plain));
        assert_eq!(head.merge(vec![plain.clone()]).unwrap().added, 0);
        let other = Block { name: BlockName::Plain, ..plain };
        assert!(head.merge(vec![other]).is_err());
    }

    #[test]
    fn overlaps_are_named() {
        let head = table(&[block(10, 20, 1), block(30, 40, 2)]);
        for (new, existing) in [
            (block(10, 20, 9), block(10, 20, 1)),
            (block(5, 11, 9), block(10, 20, 1)),
            (block(19, 21, 9), block(10, 20, 1)),
            (block(25, 45, 9), block(30, 40, 2)),
            (block(32, 33, 9), block(30, 40, 2)),
        ] {
            let expected = Overlap { new: new.range, existing: existing.range };
            assert_eq!(head.merge(vec![new]), Err(expected));
        }
        let twice = head.merge(vec![block(20, 26, 3), block(22, 30, 4)]);
        assert_eq!(
            twice,
            Err(Overlap { new: block(22, 30, 0).range, existing: block(20, 26, 0).range })
        );
    }

    #[test]
    fn touched_blocks_are_those_with_a_byte_in_the_range() {
        let head = table(&[block(10, 20, 1), block(20, 30, 2), block(40, 50, 3)]);
        let touched = |start, end| {
            let range = ByteRange::new(start, end).unwrap();
            head.touched(range).map(|block| block.range.start()).collect::<Vec<_>>()
        };
        assert_eq!(touched(0, 10), Vec::<u64>::new());
        assert_eq!(touched(0, 11), [10]);
        assert_eq!(touched(19, 21), [10, 20]);
        assert_eq!(touched(30, 40), Vec::<u64>::new());
        assert_eq!(touched(0, u64::MAX), [10, 20, 40]);
    }

    #[test]
    fn disorder_is_found() {
        let error = BlockTable::from_sorted(vec![block(0, 10, 1), block(9, 12, 2)]).unwrap_err();
        assert_eq!((error.index, error.range), (1, block(9, 12, 2).range));
    }
}
