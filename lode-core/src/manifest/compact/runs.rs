//! Cutting a table of blocks into runs.

use crate::manifest::compact::shape;
use crate::manifest::compact::wire::{RunHead, Spacing};
use crate::manifest::{Block, BlockName};

/// The longest run that `blocks` begin with. `blocks` are sorted, disjoint and not empty.
///
/// Greedy, so the same blocks always make the same runs.
pub(super) fn longest(blocks: &[Block]) -> Option<Run<'_>> {
    let (first, rest) = blocks.split_first()?;
    let (writer, suffix) = written(first)?;
    let joins = |block: &Block, suffix| {
        block.range.length() == first.range.length() && written(block) == Some((writer, suffix))
    };
    let counting =
        rest.first().zip(suffix.checked_add(1)).is_some_and(|(second, next)| joins(second, next));
    let step = u64::from(counting);
    let mut expected = Some(suffix);
    let followers = rest
        .iter()
        .take_while(|block| {
            expected = expected.and_then(|suffix| suffix.checked_add(step));
            expected.is_some_and(|suffix| joins(block, suffix))
        })
        .count();
    let blocks = blocks.get(..=followers)?;
    Some(Run { blocks, writer, suffix, counting, spacing: spacing(blocks) })
}

/// Neighbours of the same length and writer.
pub(super) struct Run<'a> {
    pub(super) blocks: &'a [Block],
    pub(super) writer: u64,
    pub(super) suffix: u64,
    pub(super) counting: bool,
    pub(super) spacing: Spacing,
}

impl Run<'_> {
    /// What the run begins with in the bytes.
    pub(super) fn head(&self, gap: u64, writer: u64) -> RunHead {
        let spacing = match self.spacing {
            Spacing::Adjacent => shape::ADJACENT,
            Spacing::Strided(_) => shape::STRIDED,
            Spacing::Listed(_) => shape::LISTED,
        };
        RunHead {
            gap,
            length: self.blocks.first().map_or(0, |block| block.range.length()),
            count: self.blocks.len() as u64,
            writer,
            suffix: self.suffix,
            shape: spacing | if self.counting { shape::COUNTING } else { 0 },
        }
    }
}

/// The writer and suffix of a block's name, if it has any.
pub(super) fn written(block: &Block) -> Option<(u64, u64)> {
    match block.name {
        BlockName::Written { writer, suffix } => Some((writer, suffix)),
        BlockName::Foreign(_) | BlockName::Plain => None,
    }
}

/// The bytes between each block and the next.
fn gaps(blocks: &[Block]) -> impl Iterator<Item = u64> {
    let pairs = blocks.iter().zip(blocks.iter().skip(1));
    pairs.map(|(this, next)| next.range.start() - this.range.end())
}

fn spacing(blocks: &[Block]) -> Spacing {
    let Some(first) = gaps(blocks).next() else { return Spacing::Adjacent };
    match gaps(blocks).all(|gap| gap == first) {
        true if first == 0 => Spacing::Adjacent,
        true => Spacing::Strided(first),
        // Some gap is not 0, else they would all be equal; so the shift is below 64.
        false => {
            let all = gaps(blocks).fold(0, |bits, gap| bits | gap);
            Spacing::Listed(u8::try_from(all.trailing_zeros()).unwrap_or(0))
        }
    }
}
