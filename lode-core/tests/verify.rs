//! What a verification makes of slots, hints and references.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use lode_core::Version;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::{DatasetLayout, LayoutKind, Place, Reference, VolumeLayout};
use lode_core::manifest::{Format, ManifestDigest};
use lode_core::repair::{RepairPlan, Step, Was};
use lode_core::verify::{
    Affected, Finding, Ledger, Link, LinkState, Part, Problem, Severity, Span, Unreadable, User,
    check_chain, check_hint,
};

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn digest(number: u64) -> ManifestDigest {
    ManifestDigest::Blake3([number as u8; 32])
}

/// A slot that was made from the one before.
fn link(number: u64) -> Link {
    let parent = Version::new(number - 1);
    Link {
        version: version(number),
        state: LinkState::Live,
        parent,
        parent_digest: parent.map(|parent| digest(parent.get())),
        digest: digest(number),
        is_ours: true,
    }
}

fn damaged(number: u64) -> Link {
    let unknown = Link { parent: None, parent_digest: None, is_ours: false, ..link(number) };
    Link { state: LinkState::Damaged, digest: digest(200), ..unknown }
}

/// The kind of each problem, and whose it is.
fn problems(links: &[Link], may_have_gaps: bool) -> Vec<(u64, &'static str)> {
    let found = check_chain(links, may_have_gaps);
    found.iter().map(|(version, problem)| (version.get(), problem.kind())).collect()
}

#[test]
fn a_chain_is_dense_and_each_on_top_of_the_newest() {
    let whole: Vec<_> = (1..=5).map(link).collect();
    assert_eq!(problems(&whole, false), []);
    let with = |at: usize, change: fn(&mut Link)| {
        let mut links = whole.clone();
        change(&mut links[at]);
        problems(&links, false)
    };
    assert_eq!(with(2, |link| link.state = LinkState::Collected), []);
    assert_eq!(with(2, |link| link.digest = digest(9)), [(3, "replaced")]);
    assert_eq!(with(3, |link| link.parent = Version::new(2)), [(4, "forked")]);
    assert_eq!(with(3, |link| link.parent = Version::new(4)), [(4, "forked")]);
    assert_eq!(with(3, |link| link.parent = None), [(4, "no-parent")]);
    // A device has another digest, which cannot be compared.
    assert_eq!(with(2, |link| link.digest = ManifestDigest::Crc32c(7)), []);
    let without = |gone: &[u64]| {
        let links = whole.iter().filter(|link| !gone.contains(&link.version.get()));
        problems(&links.copied().collect::<Vec<_>>(), false)
    };
    assert_eq!(without(&[1]), [(1, "hole")]);
    assert_eq!(without(&[3, 4]), [(3, "hole")]);
    assert_eq!(without(&[5]), []);
}

/// The Go implementation takes the time for a version, and names no commit.
#[test]
fn only_the_go_implementation_leaves_gaps() {
    let theirs = |number, parent: Option<u64>| Link {
        parent: parent.and_then(Version::new),
        parent_digest: None,
        is_ours: false,
        ..link(number)
    };
    let links = [theirs(100, None), theirs(205, Some(100)), link(206)];
    assert_eq!(problems(&links, true), []);
    assert_eq!(problems(&links, false), [(1, "hole"), (101, "hole")]);
    assert_eq!(problems(&[links[0], links[1], link(208)], true), [(206, "hole")]);
    assert_eq!(
        problems(&[theirs(100, None), theirs(205, Some(150))], true),
        [(205, "parent-missing")]
    );
    assert_eq!(problems(&[theirs(100, None), damaged(300)], true), []);
}

#[test]
fn a_hint_is_trusted_or_only_saves_listing() {
    let hint = |text: &[u8], trusted| {
        let found = check_hint(Some(text), Some(version(5)), Some(version(4)), trusted);
        found.map(|problem| (problem.kind(), problem.severity()))
    };
    // The newest slot holds a tombstone, which a Go writer takes for a snapshot.
    assert_eq!(hint(b"0000000000000000005", false), None);
    assert_eq!(hint(b"0000000000000000005", true), Some(("hint-behind", Severity::Damage)));
    assert_eq!(hint(b"0000000000000000004\n", true), None);
    assert_eq!(hint(b"0000000000000000003", false), Some(("hint-behind", Severity::Notice)));
    assert_eq!(hint(b"0000000000000000006", false), Some(("hint-ahead", Severity::Damage)));
    assert_eq!(hint(b"\xff", false), Some(("hint-invalid", Severity::Damage)));
    assert_eq!(check_hint(None, None, None, true), None);
    let missing = check_hint(None, Some(version(1)), Some(version(1)), true).unwrap();
    assert_eq!(missing.severity(), Severity::Damage);
    let ahead = check_hint(Some(b"0000000000000000001"), None, None, false).unwrap();
    assert_eq!(ahead, Problem::HintAhead { hint: version(1), newest: None });
}

#[test]
fn an_object_is_entered_once_with_all_that_need_it() {
    let object =
        |name: &str| Reference { key: Key::new(name).unwrap(), size: 7, digest: None, range: None };
    let mut ledger = Ledger::new();
    // Version 3 has been collected.
    for number in [1, 2, 4, 5, 6] {
        ledger.enter(User::Snapshot(version(number)), object("always"), 0);
        if [2, 4, 6].contains(&number) {
            ledger.enter(User::Snapshot(version(number)), object("sometimes"), 0);
        }
    }
    let name = Id::new("paper").unwrap();
    ledger.enter(User::Tag(&name), object("sometimes"), 0);
    assert_eq!(ledger.len(), 2);
    let affected = |wanted: &str| {
        let found = ledger.claims().find(|(key, _)| key.as_str() == wanted);
        let (key, claim) = found.unwrap();
        ledger.affected(key, claim)
    };
    let span = |first, last| Span { first: version(first), last: version(last) };
    assert_eq!(affected("always").snapshots, [span(1, 6)]);
    assert_eq!(affected("sometimes").snapshots, [span(2, 4), span(6, 6)]);
    assert_eq!(affected("sometimes").tags, [name]);
    assert!(affected("always").has(version(5)) && !affected("sometimes").has(version(5)));
}

#[test]
fn an_object_is_known_by_its_key() {
    let id = Id::new("it").unwrap();
    let volume = VolumeLayout::new(id.clone());
    for (key, place) in [
        ("volumes/it/volume.json", Place::Descriptor),
        ("volumes/it/latest", Place::Hint),
        ("volumes/it/latest.lock", Place::Lock),
        ("volumes/it/snapshots/0000000000000000003/manifest.lode", Place::Slot(version(3))),
        ("volumes/it/snapshots/0000000000000000003/manifest.json", Place::Unknown),
        ("volumes/it/tags/it", Place::Tag(id.clone())),
        ("volumes/it/data/0-1.bin", Place::Data),
        ("volumes/it/damaged/0000000000000000003-00000000000000ab", Place::Kept),
        ("volumes/it/damaged", Place::Unknown),
        ("volumes/it/data/.DS_Store", Place::Foreign),
        ("volumes/other/latest", Place::Unknown),
    ] {
        assert_eq!(volume.place(key, Format::Compact), place, "{key}");
    }
    assert_eq!(volume.place(volume.damaged("tag-it", 1).as_str(), Format::Json), Place::Kept);
    let hive = DatasetLayout::new(id, LayoutKind::Hive);
    let entry = "datasets/it/partitions/a=1/segments/0000000000000000003/manifest.json";
    assert_eq!(hive.place(entry), Place::Entry(version(3)));
    let kept = hive.damaged("descriptor", 7);
    assert_eq!(hive.place(kept.as_str()), Place::Kept);
    assert!(!hive.is_data(kept.as_str()) && hive.parse_slot(kept.as_str()).is_none());
}

/// The findings that go with these links, and what is done about them.
fn plan(links: &[Link], more: &[Finding], drop_damaged: bool) -> RepairPlan {
    let slot = |number: Version, problem| {
        Finding::new(number.to_string(), Part::Slot, problem).affecting(Affected::snapshot(number))
    };
    let chain = check_chain(links, false);
    let mut damage: Vec<_> = chain.into_iter().map(|(at, problem)| slot(at, problem)).collect();
    damage.extend_from_slice(more);
    RepairPlan::new(links, &damage, &[], drop_damaged)
}

#[test]
fn a_tombstone_keeps_the_chain_whole() {
    let links = [link(1), link(2), damaged(3), link(4), damaged(5)];
    let plan = plan(&links, &[], false);
    assert_eq!(plan.head, Some(version(4)));
    let graves: Vec<_> = plan
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Bury(grave) => Some(grave),
            _ => None,
        })
        .collect();
    assert_eq!((graves[0].version, graves[0].parent), (version(3), Some(version(2))));
    // Its successor knows it by the digest that it had when it was whole.
    assert_eq!((graves[0].parent_digest, graves[0].digest), (Some(digest(2)), digest(3)));
    assert_eq!((graves[1].parent, graves[1].digest), (Some(version(4)), digest(200)));
    assert_eq!(plan.steps.last(), Some(&Step::Hint { to: version(4) }));
}

#[test]
fn what_can_still_be_read_is_given_up_only_if_that_is_said() {
    let links: Vec<_> = (1..=4).map(link).collect();
    let spans = [Span { first: version(3), last: version(4) }];
    let mut affected = Affected::snapshot(version(3));
    affected.snapshots = spans.into();
    let lost = [Finding::new("block", Part::Data, Problem::Missing).affecting(affected)];
    let refused = plan(&links, &lost, false);
    assert!(refused.steps.is_empty() && refused.refused[0].object == "block");
    let dropped = plan(&links, &lost, true);
    assert_eq!((dropped.head, dropped.refused.len()), (Some(version(2)), 0));
    let live = |step: &&Step| matches!(step, Step::Bury(grave) if grave.was == Was::Live);
    assert_eq!(dropped.steps.iter().filter(live).count(), 2);
}

#[test]
fn nothing_is_given_up_while_something_cannot_be_read() {
    let links = [link(1), link(2), damaged(3)];
    let found = [Finding::new("3", Part::Slot, Problem::HintInvalid)];
    let missing = Finding::new("block", Part::Data, Problem::Missing);
    let missing = missing.affecting(Affected::snapshot(version(2)));
    let damage = [found[0].clone(), missing];
    assert_eq!(RepairPlan::new(&links, &damage, &[], true).head, Some(version(1)));
    for part in [Part::Data, Part::Descriptor, Part::Page, Part::Slot, Part::Tag] {
        let unreadable = [Unreadable::new("a page", part, "it is busy")];
        let plan = RepairPlan::new(&links, &damage, &unreadable, true);
        assert!(plan.steps.is_empty() && plan.head.is_none(), "{plan:?}");
        let refused: Vec<_> = plan.refused.iter().map(|one| one.object.as_str()).collect();
        assert_eq!(refused, ["a page", "3", "block"]);
    }
    // A folder of somebody else's.
    let strange = [Unreadable::new("volumes/it/lost+found", Part::Unknown, "it is root's")];
    assert_eq!(RepairPlan::new(&links, &damage, &strange, true).head, Some(version(1)));
}

#[test]
fn a_slot_that_cannot_be_read_now_is_no_damage() {
    let unreadable = |number| Link { state: LinkState::Unreadable, ..damaged(number) };
    assert_eq!(problems(&[link(1), unreadable(2), link(3)], false), []);
    assert_eq!(problems(&[link(1), link(2), unreadable(3)], false), []);
    assert_eq!(problems(&[unreadable(1), link(2)], false), []);
}

#[test]
fn where_nothing_would_be_left_nothing_is_done() {
    let invalid = Finding::new("1", Part::Slot, Problem::HintInvalid);
    for links in [&[damaged(1)][..], &[]] {
        let plan = plan(links, std::slice::from_ref(&invalid), true);
        assert!(plan.steps.is_empty() && plan.head.is_none() && plan.refused.len() == 1);
    }
    // A slot far away from all others is rather one that does not belong here.
    let far = plan(
        &[link(1), Link { parent: Some(version(1)), parent_digest: Some(digest(1)), ..link(5000) }],
        &[],
        false,
    );
    assert!(far.steps.is_empty() && far.refused.len() == 1, "{far:?}");
}
