//! `lode demo`.

use std::process::Command;

use crate::support::{Place, lode, noise};

#[test]
fn a_killed_writer_loses_nothing_that_was_acknowledged() {
    let place = Place::new();
    let bytes = noise(300_001);
    let file = place.file("file", &bytes);
    let store = place.store();
    let demo = ["demo", &store, "--file", &file, "--block", "4KiB", "--seed", "7", "--json"];
    let steps = lode(&demo).ok().json_lines();

    let step = |name: &str| steps.iter().find(|step| step["step"] == name).unwrap();
    assert_eq!(step("begin")["blocks"], 74);
    assert_eq!(step("killed")["signal"], 9);
    let acknowledged = step("killed")["acknowledged"].as_u64().unwrap();
    assert!((150_001..200_000).contains(&acknowledged), "{acknowledged}");
    let covered = step("reopened")["covered"].as_u64().unwrap();
    assert!((acknowledged..300_001).contains(&covered), "{covered}");
    assert_eq!(step("resumed")["bytes"].as_u64(), Some(300_001 - covered));
    assert_eq!(steps.last(), Some(step("verified")));
    assert_eq!(step("verified")["bytes"], 300_001);

    assert_eq!(lode(&["get", &store, "volumes/demo"]).ok().out, bytes);
}

#[test]
fn the_last_line_is_a_command_that_confirms_it() {
    let place = Place::new();
    let file = place.file("it's a file", &noise(50_000));
    let store = place.path("new directory");
    let answer = lode(&["demo", store.to_str().unwrap(), "--file", &file]).ok();
    assert_eq!(answer.err, "");
    assert_eq!(answer.text().matches("100.0%").count(), 1, "{}", answer.text());
    let last = answer.text().lines().last().unwrap();
    assert!(last.starts_with("verified 50,000 bytes in "), "{last}");

    let (_, script) = last.split_once(": ").unwrap();
    let cmp = Command::new("sh").args(["-c", script]).output().unwrap();
    assert!(cmp.status.success(), "{script}: {}", String::from_utf8_lossy(&cmp.stderr));
}

#[test]
fn a_directory_with_a_demo_is_refused() {
    let place = Place::new();
    let file = place.file("file", &noise(1000));
    let demo = ["demo", &place.store(), "--file", &file];
    lode(&demo).ok();
    lode(&demo).fails(1, &["error: ", "volumes/demo already", "choose another directory"]);
}

#[test]
fn a_file_of_a_few_bytes_will_do_and_fewer_will_not() {
    let place = Place::new();
    lode(&["demo", &place.store(), "--file", &place.file("four", b"abcd")]).ok();
    let store = place.path("other");
    let demo = |file: &str| lode(&["demo", store.to_str().unwrap(), "--file", file]);
    demo(&place.file("three", b"abc")).fails(1, &["3 bytes", "larger file"]);
    demo(&place.file("empty", b"")).fails(1, &["empty"]);
    demo("/no/such/file").fails(1, &["/no/such/file"]);
}
