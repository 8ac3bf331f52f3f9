//! That a directory is really synced, seen from outside.

use std::process::Command;

use crate::command::{Failure, lode, make_folder, remove, target};

/// The system calls that make an object appear under its name.
const PUBLISHING: [&str; 3] = ["link(", "linkat(", "rename("];

/// Writes a snapshot under `strace`: of each object the file is synced before it gets its name,
/// and the directory after.
pub(crate) fn run() -> Result<(), Failure> {
    let (lode, dir, trace) = (lode()?, target().join("sync"), target().join("sync.trace"));
    remove(&dir)?;
    make_folder(&dir)?;
    let status = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=fsync,fdatasync,link,linkat,rename", "-o"])
        .arg(&trace)
        .arg(&lode)
        .arg("write")
        .arg(&dir)
        .args(["datasets/synced", "Cargo.toml"])
        .status()
        .map_err(|source| Failure::io("strace", source))?;
    if !status.success() {
        return Err(Failure::Status { program: "strace lode write".to_string(), status });
    }
    let traced = std::fs::read_to_string(&trace);
    let published = check(&traced.map_err(|source| Failure::io(trace.display(), source))?)?;
    if published < 4 {
        return Err(Failure::Check(format!("{published} objects were published, not 4")));
    }
    eprintln!("{published} objects, each synced before it had its name, and its directory after");
    remove(&dir)
}

/// How many objects were published, all of them between two syncs of the same thread.
fn check(traced: &str) -> Result<usize, Failure> {
    // A call that another thread's interrupts stands in two lines, of which the first will do.
    let calls: Vec<_> = traced.lines().filter_map(|line| line.split_once(' ')).collect();
    let mut published = 0;
    for (at, (thread, call)) in calls.iter().enumerate() {
        let call = call.trim_start();
        let refused = call.contains(" = -1 ");
        if refused || !PUBLISHING.iter().any(|publishing| call.starts_with(publishing)) {
            continue;
        }
        let is_own = |(other, _): &&(&str, &str)| other == thread;
        let before = calls.iter().take(at).rev().find(is_own);
        let after = calls.iter().skip(at + 1).find(is_own);
        let is_sync = |call: Option<&(&str, &str)>| {
            call.is_some_and(|(_, call)| call.contains("fsync") || call.contains("fdatasync"))
        };
        if !is_sync(before) || !is_sync(after) {
            return Err(Failure::Check(format!("not synced before and after: {call}")));
        }
        published += 1;
    }
    Ok(published)
}
