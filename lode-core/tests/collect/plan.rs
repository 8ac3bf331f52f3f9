//! What a plan keeps, and what it drops.

use std::collections::BTreeSet;

use lode_core::collect::{Candidate, Plan, Reason, Retention, Verdict};
use proptest::prelude::*;

use super::{at, v};

/// Ten snapshots, made at 10, 20 … 100.
fn ten() -> Vec<Candidate> {
    (1..=10).map(|number| snapshot(number, Some(number * 10))).collect()
}

fn snapshot(number: u64, created: Option<u64>) -> Candidate {
    Candidate {
        version: v(number),
        parent: number.checked_sub(1).and_then(lode_core::Version::new),
        created_at: created.map(|seconds| at(seconds.try_into().unwrap())),
        tagged: false,
    }
}

fn rules(last: Option<u64>, within: Option<u64>, tagged: bool) -> Retention {
    Retention { last, within, tagged }
}

fn drops(snapshots: Vec<Candidate>, rules: &Retention) -> Vec<u64> {
    Plan::new(snapshots, rules, at(105)).drops().map(|version| version.get()).collect()
}

#[test]
fn what_any_rule_keeps_is_kept() {
    assert_eq!(drops(ten(), &rules(Some(4), None, false)), [1, 2, 3, 4, 5, 6]);
    assert_eq!(drops(ten(), &rules(None, Some(45), false)), [1, 2, 3, 4, 5]);
    assert_eq!(drops(ten(), &rules(Some(4), Some(45), false)), [1, 2, 3, 4, 5]);
    let mut snapshots = ten();
    snapshots[2].tagged = true;
    assert_eq!(drops(snapshots.clone(), &rules(Some(7), None, true)), [1, 2]);
    assert_eq!(drops(snapshots.clone(), &rules(Some(7), None, false)), [1, 2, 3]);
    assert_eq!(drops(snapshots, &rules(None, None, true)), [1, 2, 4, 5, 6, 7, 8]);
}

#[test]
fn without_a_rule_nothing_is_dropped() {
    assert!(drops(ten(), &Retention::ALL).is_empty());
    assert!(drops(vec![], &rules(Some(0), None, false)).is_empty());
}

#[test]
fn the_head_and_its_predecessor_stay_whatever_the_rules_say() {
    let none = rules(Some(0), Some(0), false);
    assert_eq!(drops(ten(), &none), [1, 2, 3, 4, 5, 6, 7, 8]);
    // The head was made from a snapshot that is not the one before it.
    let mut snapshots = ten();
    snapshots[9].parent = Some(v(4));
    assert_eq!(drops(snapshots, &none), [1, 2, 3, 5, 6, 7, 8]);
    // A repair has taken the slots above the newest live snapshot.
    assert_eq!(drops(ten()[..3].to_vec(), &none), [1]);
}

#[test]
fn an_age_that_is_not_known_or_negative_keeps() {
    let mut snapshots = ten();
    snapshots[0].created_at = None;
    snapshots[1].created_at = Some(at(1000));
    assert_eq!(drops(snapshots.clone(), &rules(None, Some(0), false)), [3, 4, 5, 6, 7, 8]);
    assert_eq!(drops(snapshots, &rules(Some(9), None, false)), [1]);
}

#[test]
fn every_verdict_says_why() {
    let mut snapshots = ten();
    snapshots[0].tagged = true;
    snapshots[1].created_at = None;
    let plan = Plan::new(snapshots, &rules(Some(4), Some(45), true), at(105));
    let verdicts: Vec<_> = plan.verdicts().iter().map(|(_, verdict)| *verdict).collect();
    let drop = |newer, age| Verdict::Drop { newer, age: Some(age) };
    let keep = Verdict::Keep;
    let expected = [
        keep(Reason::Tagged),
        keep(Reason::Undated),
        drop(7, 75),
        drop(6, 65),
        drop(5, 55),
        keep(Reason::Recent),
        keep(Reason::Last),
        keep(Reason::Last),
        keep(Reason::Predecessor),
        keep(Reason::Head),
    ];
    assert_eq!(verdicts, expected);
    let all = Plan::new(ten(), &Retention::ALL, at(105));
    assert_eq!(all.verdicts()[0], (v(1), keep(Reason::NoRule)));
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let candidate = (1..40_u64, proptest::option::of(1..40_u64), any::<bool>());
    let candidate = candidate.prop_map(|(number, created, tagged)| Candidate {
        tagged,
        ..snapshot(number, created.map(|at| at * 10))
    });
    proptest::collection::vec(candidate, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// The next drop after each leads through all of them, and the two newest are never among
    /// them; a stricter rule drops no less.
    #[test]
    fn drops_are_walked_in_order(snapshots in candidates(), last in 0..20_u64) {
        let plan = Plan::new(snapshots.clone(), &rules(Some(last), None, false), at(105));
        let mut walked = vec![];
        while let Some(version) = plan.next_drop(walked.last().copied()) {
            walked.push(version);
        }
        prop_assert_eq!(&walked, &plan.drops().collect::<Vec<_>>());
        let all: BTreeSet<_> = snapshots.iter().map(|snapshot| snapshot.version).collect();
        let kept = all.len() - walked.len();
        prop_assert!(kept as u64 >= last.max(2).min(all.len() as u64));
        let newest = all.iter().rev().take(2);
        prop_assert!(newest.into_iter().all(|version| !walked.contains(version)));
        let laxer = Plan::new(snapshots, &rules(Some(last + 1), None, false), at(105));
        prop_assert!(laxer.drops().all(|version| walked.contains(&version)));
    }
}
