//! What other programs leave in a store, and what cannot be read, beside every command.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::support::{Answer, Place, contents, lode, noise};

/// A volume and a dataset, each with two snapshots and a tag.
fn filled() -> Place {
    let place = Place::new();
    for number in 0..2_u64 {
        let file = place.file("part", &noise(1000));
        let at = (number * 1000).to_string();
        place.disk("put", &[&file, "--at", &at, "--length", "2500"]).ok();
        place.events("write", &[&place.file("blob", &noise(300))]).ok();
    }
    place.disk("tag", &["kept", "1"]).ok();
    place.events("tag", &["kept", "1"]).ok();
    place
}

/// Leaves things everywhere.
fn scatter(place: &Place) -> Vec<PathBuf> {
    let mut left = Vec::new();
    let mut leave = |path: PathBuf| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "precious").unwrap();
        left.push(path);
    };
    let folders = [
        "",
        "volumes",
        "datasets",
        "volumes/disk",
        "volumes/disk/data",
        "volumes/disk/tags",
        "volumes/disk/snapshots",
        "datasets/events",
        "datasets/events/data",
        "datasets/events/snapshots",
        "datasets/events/tags",
    ];
    for folder in folders {
        for name in [".DS_Store", "Thumbs.db", "desktop.ini", "._x", "x~", "#recycle/x", "@eaDir/x"]
        {
            leave(place.path("store").join(folder).join(name));
        }
    }
    fs::create_dir(place.path("store/volumes/empty")).unwrap();
    fs::create_dir(place.path("store/datasets/empty")).unwrap();
    left
}

/// What each command says, without its times.
fn run_all(place: &Place) -> Vec<String> {
    let (store, other) = (place.store(), tempfile::tempdir().unwrap());
    let other = other.path().to_str().unwrap();
    let said = |answer: Answer| {
        let answer = answer.ok();
        let text = String::from_utf8_lossy(&answer.out).replace(&store, "STORE");
        format!("{text}{}", answer.err.replace(&store, "STORE"))
    };
    // How long a manifest is depends on the time at which it was made.
    let stat = |answer| {
        let text = said(answer);
        let text = text.lines().map(|line| line.split(": a manifest of").next().unwrap_or(line));
        text.collect::<Vec<_>>().join("\n")
    };
    let verified = |answer: Answer| {
        let text = said(answer);
        text.lines().filter(|line| !line.starts_with("notice")).collect::<Vec<_>>().join("\n")
    };
    vec![
        said(lode(&["ls", &store])),
        stat(place.disk("stat", &[])),
        stat(place.events("stat", &[])),
        said(place.disk("gaps", &[])),
        said(place.disk("map", &[])),
        said(place.disk("tags", &[])),
        said(place.events("tags", &[])),
        said(place.disk("get", &["--range", "0..2000"])),
        said(place.events("read", &[])),
        verified(lode(&["verify", &store, "--data"])),
        verified(place.disk("verify", &[])),
        said(place.disk("repair", &["--drop-damaged", "--yes"])),
        said(place.events("repair", &["--drop-damaged", "--yes"])),
        said(lode(&["sync", &store, "volumes/disk", other])),
        said(lode(&["sync", &store, "datasets/events", other])),
        said(place.disk("gc", &["--keep", "2"])),
        said(place.events("gc", &["--keep", "2"])),
    ]
}

#[test]
fn every_command_ignores_what_is_not_ours() {
    let (clean, place) = (filled(), filled());
    let left = scatter(&place);
    for (said, expected) in run_all(&place).iter().zip(run_all(&clean)) {
        assert_eq!(*said, expected);
    }
    for path in left {
        assert_eq!(fs::read(&path).unwrap(), b"precious", "{}", path.display());
    }
    let file = place.file("part", &noise(500));
    place.disk("put", &[&file, "--at", "2000"]).ok();
    place.events("write", &[&file]).ok();
    lode(&["verify", &place.store(), "--data"]).ok();
}

/// A file that leads to itself cannot be read, by whomever.
fn make_unreadable(path: &std::path::Path) {
    fs::remove_file(path).unwrap();
    symlink(path, path).unwrap();
}

#[test]
fn what_cannot_be_read_is_no_damage_and_does_not_stop_the_rest() {
    let place = filled();
    let data = contents(&place.path("store/volumes/disk/data"));
    let (path, bytes) = data.iter().next().unwrap();
    make_unreadable(path);
    let said = lode(&["verify", &place.store(), "--data", "--json"]).fails(1, &["unreadable"]);
    let lines = said.json_lines();
    assert!(lines.iter().all(|line| line["severity"] != "damage"), "{}", said.text());
    assert!(lines.iter().any(|line| line["severity"] == "unreadable"), "{}", said.text());
    assert!(lines.iter().any(|line| line["target"] == "datasets/events" && line["damage"] == 0));
    let refused = place.disk("repair", &["--data", "--drop-damaged", "--yes"]);
    assert!(refused.fails(1, &["could not be read"]).text().contains("UNREAD"));
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
    lode(&["verify", &place.store(), "--data"]).ok();
    assert_eq!(place.disk("get", &["--range", "0..2000"]).ok().out.len(), 2000);

    // The descriptor of one dataset: the others are verified all the same.
    make_unreadable(&place.path("store/datasets/events/dataset.json"));
    let said = lode(&["verify", &place.store()]).fails(1, &["could not be"]);
    assert!(said.text().contains("volumes/disk: whole"), "{}", said.text());
}
