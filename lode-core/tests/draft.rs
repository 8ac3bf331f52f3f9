//! Commits before they have a place: merging new blocks into a head.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests lie outside of test functions"
)]

use lode_core::Version;
use lode_core::checksum::Digest;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::manifest::pages::UpdateStep;
use lode_core::manifest::{
    Block, BlockName, BlockTable, CollectionState, CommitId, ForeignBlock, ManifestDigest,
    Metadata, Onto, RebaseError, VolumeDraft, VolumeManifest,
};
use lode_core::meta;
use lode_core::range::ByteRange;
use lode_core::time::Timestamp;
use proptest::prelude::*;

/// The block at this place whose bytes are all `content`, by some writer.
fn block(start: u64, end: u64, content: u8, writer: u64) -> Block {
    Block {
        range: ByteRange::new(start, end).unwrap(),
        name: BlockName::Written { writer, suffix: 0 },
        digest: Some(Digest::from([content; 4])),
    }
}

fn draft(blocks: Vec<Block>) -> VolumeDraft {
    VolumeDraft {
        id: Id::new("disk").unwrap(),
        total_length: 64,
        checksum: Some("crc32c".into()),
        commit_id: CommitId([1; 16]),
        metadata: meta! { "step" => 1 },
        blocks,
    }
}

/// The manifest of the next version on top of a head that has no pages, without making any.
fn rebase(
    draft: &VolumeDraft,
    head: Option<&VolumeManifest>,
    (version, created_at): (Version, Option<Timestamp>),
) -> Result<Option<VolumeManifest>, RebaseError> {
    rebase_in(&CollectionState::FIRST, draft, head, (version, created_at))
}

/// The same on a slot with this state.
fn rebase_in(
    state: &CollectionState,
    draft: &VolumeDraft,
    head: Option<&VolumeManifest>,
    (version, created_at): (Version, Option<Timestamp>),
) -> Result<Option<VolumeManifest>, RebaseError> {
    let update = draft.update(head, state)?;
    let UpdateStep::Done(updated) = update.step(None)? else { panic!("there are no pages") };
    assert_eq!(updated.pages, []);
    let head = head.map(|head| (head, DIGEST));
    let rebased = draft.rebase(updated, Onto { head, version, state: state.clone(), created_at });
    Ok(rebased.map(|(manifest, _)| manifest))
}

const DIGEST: ManifestDigest = ManifestDigest::Crc32c(7);

fn head(blocks: Vec<Block>) -> VolumeManifest {
    VolumeManifest {
        id: Id::new("disk").unwrap(),
        version: Version::new(5).unwrap(),
        parent: Version::new(4),
        parent_digest: None,
        commit_id: Some(CommitId([2; 16])),
        created_at: None,
        total_length: 64,
        checksum: Some("crc32c".into()),
        metadata: meta! { "old" => true },
        blocks: BlockTable::from_sorted(blocks).unwrap().into(),
        state: CollectionState::FIRST,
        extra: meta! { "unknown" => 1 },
    }
}

fn next() -> Version {
    Version::new(7).unwrap()
}

#[test]
fn the_first_snapshot_has_no_parent() {
    let blocks = vec![block(8, 16, 2, 1), block(0, 8, 1, 1)];
    let at = Timestamp::new(3, 4);
    let manifest = rebase(&draft(blocks), None, (Version::FIRST, at)).unwrap().unwrap();
    let expected = VolumeManifest {
        id: Id::new("disk").unwrap(),
        version: Version::FIRST,
        parent: None,
        parent_digest: None,
        commit_id: Some(CommitId([1; 16])),
        created_at: at,
        total_length: 64,
        checksum: Some("crc32c".into()),
        metadata: meta! { "step" => 1 },
        blocks: BlockTable::from_sorted(vec![block(0, 8, 1, 1), block(8, 16, 2, 1)])
            .unwrap()
            .into(),
        state: CollectionState::FIRST,
        extra: Metadata::new(),
    };
    assert_eq!(manifest, expected);
}

/// Whatever is the caller's comes from the draft, and nothing but the blocks from the head.
#[test]
fn the_next_snapshot_holds_both() {
    let head = head(vec![block(8, 16, 2, 9)]);
    let draft = draft(vec![block(0, 8, 1, 1), block(8, 16, 2, 1)]);
    let manifest = rebase(&draft, Some(&head), (next(), None)).unwrap().unwrap();
    assert_eq!(manifest.parent, Some(head.version));
    assert_eq!(manifest.parent_digest, Some(DIGEST));
    assert_eq!(manifest.version, next());
    assert_eq!(manifest.commit_id, Some(CommitId([1; 16])));
    assert_eq!(manifest.metadata, meta! { "step" => 1 });
    assert_eq!(manifest.extra, Metadata::new());
    // The block that was there keeps the object that it has.
    assert_eq!(manifest.blocks.inline().unwrap().to_vec(), [block(0, 8, 1, 1), block(8, 16, 2, 9)]);
}

#[test]
fn what_is_there_already_was_committed_before() {
    let head = head(vec![block(0, 8, 1, 9), block(8, 16, 2, 9)]);
    let again = draft(vec![block(8, 16, 2, 1)]);
    assert_eq!(rebase(&again, Some(&head), (next(), None)), Ok(None));
    assert_eq!(rebase(&draft(vec![]), None, (Version::FIRST, None)), Ok(None));
}

#[test]
fn a_block_in_the_way_is_named() {
    let head = head(vec![block(8, 16, 2, 9)]);
    for new in [block(8, 16, 3, 1), block(0, 9, 1, 1), block(15, 17, 1, 1), block(9, 10, 2, 1)] {
        let range = new.range;
        let Err(RebaseError::Overlap(overlap)) =
            rebase(&draft(vec![new]), Some(&head), (next(), None))
        else {
            panic!("{range} is in the way")
        };
        assert_eq!((overlap.new, overlap.existing), (range, block(8, 16, 0, 0).range));
    }
}

#[test]
fn a_head_of_another_kind_is_a_mismatch() {
    let good = head(vec![]);
    let id = Id::new("other").unwrap();
    for (field, expected, found, head) in [
        ("volume_id", "disk", "other", VolumeManifest { id, ..good.clone() }),
        ("total_length", "64", "65", VolumeManifest { total_length: 65, ..good.clone() }),
        (
            "checksum_algorithm",
            "crc32c",
            "md5",
            VolumeManifest { checksum: Some("md5".into()), ..good.clone() },
        ),
        ("checksum_algorithm", "crc32c", "none", VolumeManifest { checksum: None, ..good }),
    ] {
        let Err(RebaseError::Mismatch(mismatch)) =
            rebase(&draft(vec![block(0, 8, 1, 1)]), Some(&head), (next(), None))
        else {
            panic!("{field} differs")
        };
        assert_eq!(
            (mismatch.field, mismatch.expected.as_str(), mismatch.found.as_str()),
            (field, expected, found)
        );
    }
}

/// A state with this floor, in the epoch above it.
fn state(floor: u32) -> CollectionState {
    let mut state = CollectionState::FIRST;
    (state.epoch, state.floor) = (floor + 1, floor);
    state
}

/// The id of a commit that was begun in this epoch.
fn begun(epoch: u32) -> CommitId {
    CommitId::of_handle(7, u64::from(epoch) << 32 | 5)
}

/// The block at 0..8, staged in this epoch.
fn staged(epoch: u32) -> Block {
    let name = BlockName::Written { writer: 1, suffix: u64::from(epoch) << 32 | 3 };
    Block { name, ..block(0, 8, 1, 1) }
}

#[test]
fn what_was_staged_below_the_floor_is_expired() {
    let rebase = |floor, epoch, begun_in| {
        let draft = VolumeDraft { commit_id: begun(begun_in), ..draft(vec![staged(epoch)]) };
        rebase_in(&state(floor), &draft, None, (next(), None))
    };
    // Above the floor, and at it.
    for (floor, epoch) in [(0, 0), (0, 3), (3, 3), (3, 4), (u32::MAX - 1, u32::MAX)] {
        let manifest = rebase(floor, epoch, epoch).unwrap().unwrap();
        assert_eq!(manifest.state, state(floor), "the manifest carries the state on");
    }
    let key = |epoch: u64| {
        Key::new(format!("volumes/disk/data/0-8-0000000000000001-{}", epoch << 32 | 3)).unwrap()
    };
    for (floor, epoch) in [(1, 0), (4, 3), (u32::MAX - 1, 0)] {
        let Err(RebaseError::Expired { key: found }) = rebase(floor, epoch, u32::MAX) else {
            panic!("epoch {epoch} is below {floor}")
        };
        let named = found.as_str().strip_suffix(".bin").unwrap();
        assert_eq!(named, key(epoch.into()).as_str());
    }
    // New pages are named after the commit: it must have begun above the floor as well.
    assert!(matches!(rebase(4, 5, 3), Err(RebaseError::Expired { .. })));
    assert!(rebase(4, 5, 4).is_ok());
}

/// The Go implementation's names have no epoch, and its writers know no floor.
#[test]
fn names_without_an_epoch_do_not_expire() {
    let key = Key::new("volumes/disk/elsewhere/x").unwrap();
    let foreign = BlockName::Foreign(Box::new(ForeignBlock { key, extra: Metadata::new() }));
    for name in [BlockName::Plain, foreign] {
        let new = Block { name, ..block(0, 8, 1, 1) };
        assert_eq!(new.name.epoch(), None);
        let draft = VolumeDraft { commit_id: begun(9), ..draft(vec![new]) };
        assert!(rebase_in(&state(9), &draft, None, (next(), None)).unwrap().is_some());
    }
}

/// The rule is about what is added: what the head refers to may be as old as it is.
#[test]
fn what_the_head_has_does_not_expire() {
    let head = head(vec![staged(0)]);
    let new =
        Block { name: BlockName::Written { writer: 1, suffix: 9 << 32 }, ..block(8, 16, 2, 1) };
    let draft = VolumeDraft { commit_id: begun(9), ..draft(vec![new]) };
    let manifest = rebase_in(&state(9), &draft, Some(&head), (next(), None)).unwrap().unwrap();
    assert_eq!(manifest.blocks.len(), 2);
    assert_eq!(manifest.state, state(9), "that of the newest slot, not of the head");
    assert_eq!(manifest.version, next());
}

/// Each byte of a small volume, and what it holds.
type Bytes = [Option<u8>; 64];

/// Puts a block into the bytes: whether it is new, or an error if it is in the way. A block is
/// there already only if one block has that very place and content.
fn put(bytes: &mut Bytes, placed: &mut Vec<Block>, new: &Block) -> Result<bool, ()> {
    if placed.iter().any(|old| old.range == new.range && old.digest == new.digest) {
        return Ok(false);
    }
    let content = new.digest.unwrap().as_bytes()[0];
    for byte in new.range.start()..new.range.end() {
        let byte = &mut bytes[usize::try_from(byte).unwrap()];
        if byte.replace(content).is_some() {
            return Err(());
        }
    }
    placed.push(new.clone());
    Ok(true)
}

fn any_blocks() -> impl Strategy<Value = Vec<Block>> {
    let parts = (0..56_u64, prop_oneof![3 => Just(4), 1 => 1..8_u64], 0..3_u8, 0..2_u64);
    let blocks = parts.prop_map(|(start, length, content, writer)| {
        let start = if length == 4 { start / 4 * 4 } else { start };
        block(start, start + length, content, writer)
    });
    proptest::collection::vec(blocks, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(4000)
    })]

    /// Commits one draft after the other, on the tables and byte by byte.
    #[test]
    fn tables_agree_with_bytes(drafts in proptest::collection::vec(any_blocks(), 1..6)) {
        let (mut bytes, mut placed) = ([None; 64], Vec::new());
        let mut table = BlockTable::default();
        for blocks in drafts {
            let (mut next_bytes, mut next_placed) = (bytes, placed.clone());
            let put = |block| put(&mut next_bytes, &mut next_placed, block);
            let added: Result<Vec<bool>, ()> = blocks.iter().map(put).collect();
            let head = head(table.to_vec());
            let found = rebase(&draft(blocks), Some(&head), (next(), None));
            match (found, added) {
                (Err(RebaseError::Overlap(overlap)), Err(())) => {
                    prop_assert!(overlap.new.overlaps(overlap.existing));
                }
                (Ok(None), Ok(added)) => prop_assert!(!added.contains(&true)),
                (Ok(Some(manifest)), Ok(added)) => {
                    prop_assert!(added.contains(&true));
                    (bytes, placed) = (next_bytes, next_placed);
                    table = manifest.blocks.inline().unwrap().clone();
                }
                (found, added) => prop_assert!(false, "{:?}, not {:?}", found, added),
            }
            placed.sort_by_key(|block| block.range.start());
            let same_objects = table.iter().eq(placed.iter().cloned());
            prop_assert!(same_objects, "{:?}, not {:?}", table, placed);
            prop_assert!(BlockTable::from_sorted(&table) == Ok(table.clone()));
            let covered = bytes.iter().flatten().count() as u64;
            prop_assert_eq!(table.covered(), covered);
            prop_assert_eq!(table.len(), placed.len());
        }
    }
}
