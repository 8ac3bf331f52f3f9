//! Plans to bring one volume into another, against a model of single bytes.

use lode_core::checksum::Checksum;
use lode_core::crc32c::Crc32c;
use lode_core::manifest::{Block, BlockName, BlockTable};
use lode_core::range::{ByteRange, GrowableRangeSet};
use lode_core::replicate::{Plan, Side, difference};
use proptest::prelude::*;

/// How many bytes the volumes have.
const LENGTH: usize = 48;

/// A volume, byte by byte.
#[derive(Clone, Debug)]
struct Model {
    bytes: [u8; LENGTH],
    /// The lengths of gap and block by turns, from the beginning.
    cuts: Vec<(usize, usize)>,
    algorithm: &'static str,
}

impl Model {
    fn blocks(&self) -> Vec<ByteRange> {
        let mut at = 0;
        let ranges = self.cuts.iter().map_while(|(gap, length)| {
            let start = at + gap;
            at = start + length;
            (at <= LENGTH).then(|| ByteRange::new(start as u64, at as u64).unwrap())
        });
        ranges.collect()
    }

    fn at(&self, range: ByteRange) -> &[u8] {
        &self.bytes[range.start() as usize..range.end() as usize]
    }

    fn covered(&self) -> GrowableRangeSet {
        self.blocks().into_iter().collect()
    }

    fn table(&self) -> BlockTable {
        let block = |range| Block {
            range,
            name: BlockName::Written { writer: 1, suffix: 0 },
            digest: Some(Crc32c::digest(self.at(range))),
        };
        BlockTable::from_sorted(self.blocks().into_iter().map(block)).unwrap()
    }

    fn side<'a>(&'a self, blocks: &'a BlockTable) -> Side<'a> {
        Side { checksum: Some(self.algorithm), blocks }
    }
}

fn plan((source, target): (&Model, &Model), settled: &GrowableRangeSet) -> Plan {
    Plan::new(source.side(&source.table()), Some(target.side(&target.table())), settled)
}

fn models() -> impl Strategy<Value = (Model, Model)> {
    let cuts = || prop::collection::vec((0..4_usize, 1..9_usize), 0..9);
    let algorithms = prop::sample::select(vec!["crc32c", "other"]);
    let changed = prop::collection::vec(0..LENGTH, 0..3);
    (cuts(), cuts(), any::<bool>(), algorithms, changed).prop_map(
        |(cuts, others, alike, algorithm, changed)| {
            let bytes = std::array::from_fn(|at| at as u8);
            let others = if alike { cuts.clone() } else { others };
            let source = Model { bytes, cuts, algorithm: "crc32c" };
            let mut target = Model { bytes, cuts: others, algorithm };
            changed.iter().for_each(|at| target.bytes[*at] ^= 0x80);
            (source, target)
        },
    )
}

fn singles(ranges: impl IntoIterator<Item = ByteRange>) -> Vec<u64> {
    let mut bytes: Vec<_> =
        ranges.into_iter().flat_map(|range| range.start()..range.end()).collect();
    bytes.sort_unstable();
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Each byte of the source is sent, compared, or known by its digest: one of these, once.
    #[test]
    fn every_byte_is_dealt_with_once((source, target) in models()) {
        let nothing = GrowableRangeSet::new();
        let plan = plan((&source, &target), &nothing);
        let missing = plan.missing.iter().map(|piece| piece.range);
        let sets = [&plan.same, &plan.diverged, &plan.compare];
        let all = missing.clone().chain(sets.into_iter().flat_map(|set| set.iter()));
        prop_assert_eq!(singles(all), singles(source.blocks()));
        let there = target.covered();
        for piece in &plan.missing {
            prop_assert!(source.blocks().contains(&piece.block));
            prop_assert!(piece.block.contains(&piece.range));
            prop_assert_eq!(there.first_overlap(piece.range), None);
            prop_assert_eq!(plan.misses(piece.range), piece.range == piece.block);
        }
        for block in source.blocks() {
            let is_missing = plan.missing.iter().any(|piece| piece.range == block);
            prop_assert_eq!(plan.misses(block), is_missing);
        }
        prop_assert_eq!(plan.missing_bytes(), singles(missing).len() as u64);
    }

    /// What the digests say is so, and what is left to compare shows the rest.
    #[test]
    fn other_bytes_are_found((source, target) in models()) {
        let nothing = GrowableRangeSet::new();
        let plan = plan((&source, &target), &nothing);
        if source.algorithm != target.algorithm {
            prop_assert!(plan.same.is_empty() && plan.diverged.is_empty());
        }
        for range in &plan.same {
            prop_assert_eq!(source.at(range), target.at(range));
        }
        let differs =
            |range: &ByteRange| difference(source.at(*range), target.at(*range), range.start());
        let found = plan.diverged.iter().chain(plan.compare.iter().filter_map(|it| differs(&it)));
        let found: GrowableRangeSet = found.collect();
        let there = target.covered();
        for at in singles(source.blocks()) {
            let at_byte = at as usize;
            if there.contains_offset(at) && source.bytes[at_byte] != target.bytes[at_byte] {
                prop_assert!(found.contains_offset(at), "{at} differs");
            }
        }
        for range in &found {
            prop_assert!(differs(&range).is_some(), "{range} is the same");
        }
    }

    /// The pieces fit into the target as they are, and then nothing is missing.
    #[test]
    fn the_pieces_make_the_target_whole((source, target) in models()) {
        let settled = GrowableRangeSet::new();
        let before = target.table();
        let plan = plan((&source, &target), &settled);
        let new = plan.missing.iter().map(|piece| Block {
            range: piece.range,
            name: BlockName::Written { writer: 2, suffix: 0 },
            digest: Some(Crc32c::digest(source.at(piece.range))),
        });
        let merged = before.merge(new.collect()).unwrap();
        prop_assert_eq!(merged.added, plan.missing.len());
        let ours = source.table();
        let after = Some(target.side(&merged.table));
        let plan = Plan::new(source.side(&ours), after, &settled);
        prop_assert_eq!(&plan.missing, &[]);
        // What was sent or compared once is not compared again.
        let plan = Plan::new(source.side(&ours), after, &source.covered());
        prop_assert!(plan.same.is_empty() && plan.diverged.is_empty() && plan.compare.is_empty());
    }
}

#[test]
fn a_volume_that_is_not_there_takes_all_blocks_as_they_are() {
    let cuts = vec![(0, 8), (0, 8), (4, 2)];
    let source = Model { bytes: [7; LENGTH], cuts, algorithm: "crc32c" };
    let plan = Plan::new(source.side(&source.table()), None, &GrowableRangeSet::new());
    let ranges: Vec<_> = plan.missing.iter().map(|piece| piece.range).collect();
    assert_eq!(ranges, source.blocks());
    assert!(plan.missing.iter().all(|piece| piece.block == piece.range));
}
