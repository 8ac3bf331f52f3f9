//! Expressions on optional versions, compiled with optimisations, against the same on plain numbers.
//!
//! A version is never 0, so `Option<Version>` has no room for a flag of its own: 0 is `None`. LLVM 22
//! compiles one expression on such values wrongly at the levels 1, 3, s and z, depending on what is
//! around it: `oldest.map(|oldest| oldest.min(version)).or(Some(version))` becomes `None` where
//! `oldest` is. Here is every form of expression in the code base in which optional versions are
//! ordered, or take the place of each other. `cargo xtask optimised` runs this at every level.

#![allow(clippy::unwrap_used, reason = "helpers of tests lie outside of test functions")]

use std::hint::black_box;

use lode_core::Version;
use proptest::prelude::*;

/// `HistoryStat::count_snapshot`.
#[inline(never)]
fn oldest(known: Option<Version>, version: Version) -> Option<Version> {
    match known {
        Some(oldest) if oldest < version => Some(oldest),
        _ => Some(version),
    }
}

/// The other end there.
#[inline(never)]
fn newest(known: Option<Version>, version: Version) -> Option<Version> {
    match known {
        Some(newest) if newest > version => Some(newest),
        _ => Some(version),
    }
}

/// `Listed::push`, and the progress of `lode demo`.
#[inline(never)]
fn greatest(known: Option<Version>, version: Option<Version>) -> Option<Version> {
    known.max(version)
}

/// As `greatest`, for the least.
#[inline(never)]
fn least(known: Option<Version>, version: Option<Version>) -> Option<Version> {
    known.min(version)
}

/// The first live version on the way down.
#[inline(never)]
fn first(known: Option<Version>, version: Version) -> Option<Version> {
    known.or(Some(version))
}

/// The head that a verification expects of a hint.
#[inline(never)]
fn mapped(known: Option<&(Version, u8)>, other: Option<Version>) -> Option<Version> {
    known.map(|(version, _)| *version).or(other)
}

/// What a listing is asked for.
#[inline(never)]
fn above(newest: Option<Version>, known: Option<Version>) -> Option<Version> {
    newest.filter(|newest| Some(*newest) > known)
}

/// Whether a head is further on.
#[inline(never)]
fn is_behind(known: Option<&Option<Version>>, version: Option<Version>) -> bool {
    known.is_none_or(|known| *known < version)
}

/// The next slot.
#[inline(never)]
fn after(newest: Option<Version>) -> Option<Version> {
    Version::after(newest)
}

/// The least and the greatest of several, of whichever there are.
#[inline(never)]
fn ends(versions: &[Option<Version>]) -> (Option<Version>, Option<Version>) {
    let all = || versions.iter().copied().flatten();
    (all().min(), all().max())
}

fn number(version: Option<Version>) -> u64 {
    version.map_or(0, Version::get)
}

/// Of numbers, where 0 is none.
fn check(a: u64, b: u64) {
    let (a, b) = (black_box(a), black_box(b));
    let (one, other) = (black_box(Version::new(a)), black_box(Version::new(b)));
    let either = |a: u64, b: u64| if a == 0 { b } else { a };
    if let Some(version) = other {
        let least = if a == 0 || b < a { b } else { a };
        assert_eq!(number(oldest(one, version)), least, "oldest({a}, {b})");
        assert_eq!(number(newest(one, version)), if a > b { a } else { b }, "newest({a}, {b})");
        assert_eq!(number(first(one, version)), either(a, b), "first({a}, {b})");
    }
    assert_eq!(number(greatest(one, other)), if a > b { a } else { b }, "greatest({a}, {b})");
    assert_eq!(number(least(one, other)), if a < b { a } else { b }, "least({a}, {b})");
    let pair = one.map(|version| (version, 1));
    assert_eq!(number(mapped(pair.as_ref(), other)), either(a, b), "mapped({a}, {b})");
    assert_eq!(number(above(one, other)), if a > b { a } else { 0 }, "above({a}, {b})");
    let known = one.is_some().then_some(&one);
    assert_eq!(is_behind(known, other), a == 0 || a < b, "is_behind({a}, {b})");
    let next = if a == i64::MAX as u64 { 0 } else { a + 1 };
    assert_eq!(number(after(one)), next, "after({a})");
    let (low, high) = ends(&[one, other, None]);
    let lowest = if a == 0 || b == 0 {
        a + b
    } else if a < b {
        a
    } else {
        b
    };
    assert_eq!((number(low), number(high)), (lowest, if a > b { a } else { b }), "ends({a}, {b})");
}

#[test]
fn small_ones() {
    (0..8).for_each(|a| (0..8).for_each(|b| check(a, b)));
}

proptest! {
    #[test]
    fn any(a in 0..=i64::MAX as u64, b in 0..=i64::MAX as u64) {
        check(a, b);
        check(a, a);
        check(0, b);
        check(a, i64::MAX as u64);
    }
}
