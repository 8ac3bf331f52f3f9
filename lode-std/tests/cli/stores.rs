//! Commands that are about a store as such.

use std::fs;
use std::net::TcpListener;

use crate::support::{Place, lode};

#[test]
fn a_directory_is_probed() {
    let place = Place::new();
    let answer = lode(&["probe", &place.store(), "--contenders", "8"]).ok();
    let said = String::from_utf8(answer.out).unwrap();
    assert!(said.contains("it carries concurrent writers"), "{said}");
    assert!(said.contains("one of 8, 3 times") && !said.contains("FAIL"), "{said}");

    let answer = lode(&["probe", "memory:", "--json"]).ok();
    let said = String::from_utf8(answer.out).unwrap();
    let checks: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(checks.len() > 10 && checks.iter().all(|check| check["holds"] != false), "{said}");
}

#[test]
fn a_store_that_cannot_be_used_is_said_to_be_so() {
    for (store, says) in [
        ("/no/such/directory", "does not exist"),
        ("ftp://host", "the scheme \"ftp\" is not known"),
        ("s3://bucket?colour=red&access_key_id=a&secret_access_key=hush", "no setting \"colour\""),
    ] {
        for command in ["probe", "uploads", "ls"] {
            let answer = lode(&[command, store]);
            assert_eq!(answer.status, Some(1), "{command} {store}: {}", answer.err);
            assert!(answer.err.contains(says), "{command} {store}: {}", answer.err);
            assert!(!answer.err.contains("hush"), "{}", answer.err);
        }
    }
}

/// The server hangs up each time.
#[test]
fn how_often_a_request_is_sent_can_be_said() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let store = format!(
        "s3://bucket?endpoint=http://127.0.0.1:{port}&region=us-east-1&access_key_id=a\
         &secret_access_key=b"
    );
    server.set_nonblocking(true).unwrap();
    let ask = |options: &[&str]| {
        let mut count = 0;
        std::thread::scope(|scope| {
            let command = scope.spawn(|| lode(&[options, &["ls", &store, "--json"]].concat()));
            while !command.is_finished() {
                match server.accept() {
                    Ok(_) => count += 1,
                    Err(_) => std::thread::yield_now(),
                }
            }
            let answer = command.join().unwrap();
            assert_eq!(answer.status, Some(1), "{}", answer.err);
            assert!(answer.err.contains("\"unreachable\""), "{}", answer.err);
        });
        count
    };
    let once = ask(&["--retries", "0"]);
    assert_eq!(ask(&["--retries", "2"]), 3 * once);
    assert_eq!(ask(&["--retry-timeout", "0s"]), once);
}

/// Of an upload that never came to an end there is a file in the place for those. Files with such
/// names elsewhere are somebody else's.
#[test]
fn unfinished_uploads_are_listed_and_given_up() {
    let place = Place::new();
    let folder = place.path("store/datasets/events/data/00");
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir_all(place.path("store/.lode-tmp")).unwrap();
    let name = "0123456789abcdef0!datasets!events!data!00!data";
    let left = place.path("store/.lode-tmp").join(name);
    let foreign = [folder.join("data#1"), folder.join(name), place.path("store/invoice#2024")];
    for file in foreign.iter().chain([&left]) {
        fs::write(file, "half of it").unwrap();
    }
    let store = place.store();

    let answer = lode(&["uploads", &store]).ok();
    let said = String::from_utf8(answer.out).unwrap();
    assert!(said.trim_end().ends_with("datasets/events/data/00/data"), "{said}");
    // It is young, and may still be running.
    let answer = lode(&["uploads", &store, "--abort"]).ok();
    assert!(answer.err.contains("0 unfinished uploads given up"), "{}", answer.err);
    assert!(left.exists());
    let answer = lode(&["uploads", &store, "--abort", "--older-than", "0s"]).ok();
    assert!(answer.err.contains("1 unfinished upload given up"), "{}", answer.err);
    assert!(!left.exists());
    assert!(foreign.iter().all(|file| file.exists()));
    assert_eq!(lode(&["uploads", &store]).ok().out, b"");
}
