//! `lode put`, killed in the middle.

use std::thread;

use crate::support::{DISK, Place, command, noise};

/// How many blocks a commit has, at the most.
const BATCH: u64 = 64;

#[test]
fn a_killed_put_is_resumed_where_it_was() {
    let place = Place::new();
    let bytes = noise(2048 * 1024);
    let file = place.file("file", &bytes);
    let put = ["put", &place.store(), DISK, &file, "--block", "1KiB"];

    let mut writer = command(&put).spawn().unwrap();
    let first = place.path("store/volumes/disk/snapshots/0000000000000000001/manifest.lode");
    while !first.exists() {
        assert_eq!(writer.try_wait().unwrap(), None, "it ended before it was killed");
        thread::yield_now();
    }
    writer.kill().unwrap();
    let status = writer.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));

    let gaps = place.disk("gaps", &["--json"]).ok().json();
    let missing = gaps["missing"].as_u64().unwrap();
    assert!(missing > 0 && missing < bytes.len() as u64, "{missing}");
    let commits = place.disk("log", &[]).ok().text().lines().count() as u64;
    assert_eq!(bytes.len() as u64 - missing, commits * BATCH * 1024);

    let said = place.disk("put", &[&file, "--block", "1KiB", "--json"]).ok().json();
    assert_eq!(said["sent"]["bytes"], missing);
    assert_eq!(said["sent"]["blocks"], missing / 1024);
    assert_eq!(said["present"], bytes.len() as u64 - missing);
    assert_eq!(place.disk("gaps", &["--json"]).ok().json()["missing"], 0);
    let shown = place.disk("show", &["--json"]).ok().json();
    assert_eq!(shown["block_count"], 2048);
    assert_eq!(place.disk("get", &[]).ok().out, bytes);
}
