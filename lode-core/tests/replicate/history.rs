//! Whether one history is the beginning of another, against a model that compares all of both.

use lode_core::Version;
use lode_core::manifest::ManifestDigest;
use lode_core::replicate::{Comparison, Step};
use lode_core::verify::{Link, LinkState};
use proptest::prelude::*;

/// A slot as it is generated: how many versions are left out before it, what it holds, and
/// whether it has the digest of its parent. Those that count from 1 without a gap have it.
type Slot = (u64, u8, bool);

fn links(slots: &[Slot]) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for (gap, content, is_ours) in slots {
        let before = links.last().map(|link| (link.version, link.digest));
        let version = before.map_or(1, |(version, _)| version.get() + 1) + gap;
        let version = Version::new(version).unwrap();
        let is_ours = *is_ours || version.get() == links.len() as u64 + 1;
        let (parent, parent_digest) = before.unzip();
        let parent_digest = parent_digest.filter(|_| is_ours);
        // The digest of a manifest is of its parent's digest as well.
        let said = format!("{version} {content} {parent_digest:?}");
        let value = lode_core::crc32c::of(said.as_bytes());
        let digest = ManifestDigest::Crc32c(value);
        let state = if content % 3 == 0 { LinkState::Collected } else { LinkState::Live };
        links.push(Link { version, state, parent, parent_digest, digest, is_ours });
    }
    links
}

/// What a comparison finds, and how many slots it looks at.
fn compare(source: &[Link], target: &[Link]) -> (Step, usize) {
    let versions = |links: &[Link]| links.iter().map(|link| link.version).collect::<Vec<_>>();
    let find = |links: &[Link], version| *links.iter().find(|it| it.version == version).unwrap();
    let (mut comparison, mut step) = Comparison::start(&versions(source), &versions(target));
    let mut looks = 0;
    while let Step::Compare(version) = step {
        looks += 1;
        (comparison, step) = comparison.on(&find(source, version), &find(target, version));
    }
    (step, looks)
}

/// The same, by comparing all of both.
fn expected(source: &[Link], target: &[Link]) -> Step {
    for (place, theirs) in target.iter().enumerate() {
        match source.get(place) {
            Some(ours) if (ours.version, ours.digest) == (theirs.version, theirs.digest) => {}
            Some(ours) => return Step::Diverged(ours.version.min(theirs.version)),
            None => return Step::Diverged(theirs.version),
        }
    }
    Step::Beginning
}

fn slots() -> impl Strategy<Value = Vec<Slot>> {
    let gap = prop_oneof![8 => Just(0_u64), 1 => 1..3_u64];
    prop::collection::vec((gap, any::<u8>(), any::<bool>()), 0..9)
}

fn histories() -> impl Strategy<Value = (Vec<Slot>, Vec<Slot>)> {
    (slots(), 0..9_usize, prop::option::of((0..9_usize, 0..2_u64, any::<u8>())), slots()).prop_map(
        |(source, length, change, more)| {
            let mut target = source[..length.min(source.len())].to_vec();
            if let Some((at, gap, content)) = change {
                if let Some(slot) = target.get_mut(at) {
                    (slot.0, slot.1) = (gap, content);
                } else {
                    target.extend(more);
                }
            }
            (source, target)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn it_finds_what_comparing_all_of_both_finds((source, target) in histories()) {
        let (source, target) = (links(&source), links(&target));
        let (found, looks) = compare(&source, &target);
        prop_assert_eq!(found, expected(&source, &target));
        // Never more than down and up again.
        prop_assert!(looks <= 2 * source.len().min(target.len()), "{looks}");
    }

    #[test]
    fn one_look_is_enough_where_each_slot_has_its_parents_digest(
        contents in prop::collection::vec(any::<u8>(), 0..9),
        length in 0..9_usize,
    ) {
        let slots: Vec<Slot> = contents.into_iter().map(|content| (0, content, true)).collect();
        let source = links(&slots);
        let target = &source[..length.min(source.len())];
        prop_assert_eq!(compare(&source, target), (Step::Beginning, target.len().min(1)));
    }
}

#[test]
fn a_parent_that_is_not_the_slot_below_vouches_for_nothing() {
    let slots = [(0, 1, true), (0, 2, true), (0, 4, true)];
    let (mut source, mut target) = (links(&slots), links(&slots));
    // A repair has put something over the slot in the middle, on one side.
    for links in [&mut source, &mut target] {
        (links[2].parent, links[2].parent_digest) = (Some(links[0].version), Some(links[0].digest));
    }
    target[1].digest = ManifestDigest::Crc32c(7);
    assert_eq!(compare(&source, &target).0, Step::Diverged(source[1].version));
}
