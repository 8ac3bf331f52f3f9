//! The power is cut at every call, and again while the device recovers.

use lode_core::time::NoClock;

use crate::medium::{Fault, Medium};
use crate::{Device, LENGTH, SETTINGS, range};

const CUTS: [Fault; 3] = [Fault::CutBefore, Fault::CutAfter, Fault::CutWithin];

/// How often a device commits in its life, one block of these bytes each.
const COMMITS: u64 = 6;

fn block(commit: u64) -> [u8; 40] {
    [commit as u8 + 1; 40]
}

/// Starts a device: goes on where the last one was cut, until all is committed. `acknowledged` is
/// how many commits it has been told of. `Err` if something failed.
fn live(medium: &Medium, acknowledged: &mut u64) -> Result<(), ()> {
    let mut volume = Device::<3>::new(medium.clone(), NoClock);
    volume.mount(SETTINGS).map_err(drop)?;
    check(&mut volume, *acknowledged)?;
    let done = volume.head().map_or(0, |head| head.get());
    *acknowledged = done;
    for commit in done..COMMITS {
        // A hole is left, and filled at the end.
        let offset = if commit == COMMITS - 1 { 0 } else { (commit + 1) * 40 };
        volume.stage(offset, &block(commit)).map_err(drop)?;
        let version = volume.commit(&[("step", "run")], &mut [0; 512]).map_err(drop)?;
        assert_eq!(version.get(), commit + 1);
        *acknowledged = commit + 1;
        if commit % 2 == 1 {
            volume.prune(2).map_err(drop)?;
        }
    }
    check(&mut volume, COMMITS)
}

/// Whether the volume has what was acknowledged, or one commit more, and nothing else.
fn check(volume: &mut Device<3>, acknowledged: u64) -> Result<(), ()> {
    let done = volume.head().map_or(0, |head| head.get());
    assert!(done == acknowledged || done == acknowledged + 1, "{done}, not {acknowledged}");
    assert_eq!(volume.covered(), done * 40);
    for commit in 0..done {
        let offset = if commit == COMMITS - 1 { 0 } else { (commit + 1) * 40 };
        let mut bytes = [0; 40];
        volume.read_at(offset, &mut bytes).map_err(drop)?;
        assert_eq!(bytes, block(commit), "commit {commit}");
    }
    Ok(())
}

#[test]
fn one_cut_and_another_in_recovery() {
    for first in CUTS {
        for second in CUTS {
            let mut calls = 0;
            while cut_twice(calls, first, second) {
                calls += 1;
            }
            assert!(calls > 50, "{calls} calls is no life of a device");
        }
    }
}

/// Cuts at one call, and then at each call of the recovery. Whether there was such a call.
fn cut_twice(call: usize, first: Fault, second: Fault) -> bool {
    let medium = Medium::default();
    let mut acknowledged = 0;
    medium.plan(call, first);
    let ended = live(&medium, &mut acknowledged);
    if !medium.power_up() {
        assert_eq!(ended, Ok(()));
        return false;
    }
    for call in 0..40 {
        let (medium, mut acknowledged) = (medium.copy(), acknowledged);
        medium.plan(call, second);
        let ended = live(&medium, &mut acknowledged);
        if !medium.power_up() {
            assert_eq!(ended, Ok(()));
            break;
        }
        assert_eq!(live(&medium, &mut acknowledged), Ok(()), "works on: {first:?}, {second:?}");
        assert_eq!(medium.names('B').len() as u64, COMMITS, "nothing is left behind");
    }
    true
}

#[test]
fn a_call_that_fails_or_seems_to() {
    for fault in [Fault::Fails, Fault::ReplyLost] {
        for call in 0.. {
            let medium = Medium::default();
            let mut acknowledged = 0;
            medium.plan(call, fault);
            let _ = live(&medium, &mut acknowledged);
            if !medium.power_up() {
                break;
            }
            assert_eq!(live(&medium, &mut acknowledged), Ok(()), "call {call}, {fault:?}");
        }
    }
}

#[test]
fn a_lost_reply_is_found_out() {
    let medium = Medium::default();
    let mut volume = Device::<3>::new(medium.clone(), NoClock);
    volume.mount(SETTINGS).unwrap();
    volume.stage(0, b"a").unwrap();
    medium.plan(0, Fault::ReplyLost);
    assert_eq!(volume.commit(&[], &mut [0; 128]).map(|version| version.get()), Ok(1));
    assert!(medium.power_up());
    assert_eq!(volume.gaps(range(0, LENGTH)).next(), Some(range(1, LENGTH)));
    assert!(medium.calls() > 2);
}
