//! `lode sync`, and reading a device's medium.

use std::fs;
use std::thread;

use lode_std::device::Directory;
use lode_std::meta;
use serde_json::json;

use crate::medium::Medium;
use crate::support::{Answer, DISK, EVENTS, Place, command, contents, lode, noise};

/// The volume on the card.
const LOGGER: &str = "volumes/logger-7";

/// A place with a card of 10,000 bytes with the versions 5 and 6, of 2,000 and 3,000 bytes.
fn carded() -> (Place, String, Vec<u8>) {
    let (place, bytes) = (Place::new(), noise(10_000));
    fs::create_dir(place.path("card")).unwrap();
    let mut medium = Medium::new(Directory::open(place.path("card")).unwrap(), 10_000, 5);
    medium.commit(&[(0, &bytes[..1000]), (5000, &bytes[5000..6000])], meta! { "trip" => 1 });
    medium.commit(&[(1000, &bytes[1000..2000])], meta! { "trip" => 2 });
    let card = place.path("card").to_str().unwrap().to_string();
    (place, card, bytes)
}

fn on_card(card: &str, command: &str, arguments: &[&str]) -> Answer {
    lode(&[&[command, card, "--layout", "device"], arguments].concat())
}

#[test]
fn a_card_is_read_by_all_commands_and_left_as_it_is() {
    let (place, card, bytes) = carded();
    let before = contents(&place.path("card"));
    let said = on_card(&card, "ls", &[]).ok();
    assert_eq!(said.text(), "volumes/logger-7  version 6  9.7 KiB  30.0%\n");
    assert_eq!(on_card(&card, "ls", &["--json"]).ok().json()["volume"], "logger-7");
    let said = on_card(&card, "log", &["--json"]).ok().json_lines();
    assert_eq!(
        (said[0]["covered"].clone(), said[1]["covered"].clone()),
        (json!(2000), json!(3000))
    );
    assert_eq!(said[1]["metadata"], json!({ "trip": 2 }));
    let shown = on_card(&card, "show", &["--json"]).ok().json();
    assert_eq!((&shown["volume"], &shown["checksum"]), (&json!("logger-7"), &json!("crc32c")));
    assert_eq!(shown["blocks"][0]["key"], "B0000018.LD");
    let said = on_card(&card, "gaps", &["--snapshot", "5"]).ok();
    assert_eq!(said.text(), "1000..5000 4000\n6000..10000 4000\n");
    assert_eq!(on_card(&card, "get", &["--range", "..2000"]).ok().out, bytes[..2000]);
    on_card(&card, "map", &[]).ok();
    // Named, it must be the one that is there.
    lode(&["get", &card, LOGGER, "--layout", "device", "--range", "..9"]).ok();
    let says = ["volumes/logger-7, not volumes/disk"];
    lode(&["gaps", &card, DISK, "--layout", "device"]).fails(1, &says);
    assert_eq!(contents(&place.path("card")), before);
}

#[test]
fn a_layout_that_cannot_be_is_refused() {
    let (place, card, _) = carded();
    lode(&["get", &card]).fails(2, &["volumes/ID"]);
    lode(&["log", &card]).fails(2, &["TARGET"]);
    lode(&["log", &card, "datasets/a", "--layout", "device"]).fails(1, &["for volumes/ID"]);
    lode(&["log", &card, "--layout", "hive"]).fails(1, &["name a volume or a dataset"]);
    lode(&["get", &card, "--layout", "hive"]).fails(2, &["device"]);
    on_card(&place.store(), "ls", &[]).fails(1, &["no manifest of a device", "leave --layout out"]);
    fs::write(place.path("card/M0000006.LD"), "torn").unwrap();
    on_card(&card, "log", &[]).fails(1, &["1 snapshot cannot be read"]);
    on_card(&card, "get", &[]).fails(1, &["M0000006.LD"]);
}

#[test]
fn a_card_is_synced_into_a_store() {
    for format in ["compact", "json"] {
        let (place, card, bytes) = carded();
        let store = place.store();
        let device = ["--layout", "device", "--format", format];
        let sync =
            |more: &[&str]| lode(&[&["sync", &card, LOGGER, &store], &device[..], more].concat());
        let said = sync(&["--snapshots", "5"]).ok();
        assert_eq!(
            said.text(),
            "sent 2,000 bytes in 2 blocks and 1 commit to volumes/logger-7, 2,000 verified; 0 were \
             there already, 0 compared byte by byte\n"
        );
        let said = sync(&["--json"]).ok().json();
        assert_eq!(said["sent"], json!({ "bytes": 1000, "blocks": 1, "commits": 1 }));
        assert_eq!((&said["present"], &said["verified"]), (&json!(2000), &json!(1000)));
        assert_eq!(said["source"], "0000000000000000006");
        assert_eq!(said["version"], "0000000000000000002");
        let before = contents(&place.path("store"));
        let said = sync(&[]).ok();
        assert!(said.text().starts_with("nothing to do: all 3,000 bytes"), "{}", said.text());
        assert_eq!(contents(&place.path("store")), before);

        let shown = lode(&["show", &store, LOGGER, "--json"]).ok().json();
        assert_eq!((&shown["format"], &shown["length"]), (&json!(format), &json!(10_000)));
        assert_eq!(
            (&shown["checksum"], &shown["metadata"]),
            (&json!("crc32c"), &json!({ "trip": 2 }))
        );
        let got = lode(&["get", &store, LOGGER, "--range", "5000..6000"]).ok();
        assert_eq!(got.out, bytes[5000..6000]);
    }
}

#[test]
fn other_bytes_are_named_and_nothing_is_changed() {
    let (place, card, mut bytes) = carded();
    (bytes[10], bytes[5500]) = (!bytes[10], !bytes[5500]);
    let file = place.file("file", &bytes[..6000]);
    let store = place.store();
    lode(&["put", &store, LOGGER, &file, "--length", "10000"]).ok();
    let before = contents(&place.path("store"));
    let sync = ["sync", &card, LOGGER, &store, "--layout", "device"];
    lode(&sync).fails(1, &["10..11, 5500..5501", "nothing was changed"]);
    let failed = lode(&[&sync[..], &["--json"]].concat()).fails(1, &[]);
    let error: serde_json::Value = serde_json::from_str(&failed.err).unwrap();
    assert_eq!(error["kind"], "mismatch");
    let ranges = json!([{ "start": 10, "end": 11 }, { "start": 5500, "end": 5501 }]);
    assert_eq!(error["ranges"], ranges);
    assert_eq!(contents(&place.path("store")), before);
}

#[test]
fn a_killed_sync_goes_on_where_it_was() {
    let place = Place::new();
    let bytes = noise(4096 * 512);
    place.disk("put", &[&place.file("file", &bytes), "--block", "512"]).ok();
    fs::create_dir(place.path("copy")).unwrap();
    let copy = place.path("copy").to_str().unwrap().to_string();
    let sync = ["sync", &place.store(), DISK, &copy];

    let mut writer = command(&sync).spawn().unwrap();
    let first = place.path("copy/volumes/disk/snapshots/0000000000000000001/manifest.lode");
    while !first.exists() {
        assert_eq!(writer.try_wait().unwrap(), None, "it ended before it was killed");
        thread::yield_now();
    }
    writer.kill().unwrap();
    writer.wait().unwrap();

    let gaps = lode(&["gaps", &copy, DISK, "--json"]).ok().json();
    let missing = gaps["missing"].as_u64().unwrap();
    assert!(missing > 0 && missing < bytes.len() as u64, "{missing}");
    let said = lode(&[&sync[..], &["--json"]].concat()).ok().json();
    // What had arrived by then, and was not committed, is taken up.
    let [sent, adopted] = [&said["sent"]["bytes"], &said["adopted"]].map(|it| it.as_u64().unwrap());
    assert_eq!(sent + adopted, missing);
    assert_eq!(said["present"], bytes.len() as u64 - missing);
    assert_eq!(said["compared"], 0);
    assert_eq!(lode(&["get", &copy, DISK]).ok().out, bytes);
}

#[test]
fn a_dataset_is_copied_and_goes_on() {
    let place = Place::new();
    fs::create_dir(place.path("copy")).unwrap();
    let copy = place.path("copy").to_str().unwrap().to_string();
    let line = place.file("line", b"{\"day\":\"1\"}\n");
    place.events("write", &[&line, "--codec", "jsonl"]).ok();
    place.events("write", &[&line, "--codec", "jsonl", "--meta", "step=2"]).ok();
    let sync = ["sync", &place.store(), EVENTS, &copy];
    let said = lode(&sync).ok();
    let expected = "sent 2 snapshots to datasets/events: 24 bytes in 2 files, 24 verified; 0 bytes \
                    and 0 snapshots were there already\n";
    assert_eq!(said.text(), expected);
    let relative = |root: &str| {
        let root = place.path(root);
        let files = contents(&root).into_iter();
        let files = files.map(|(path, bytes)| (path.strip_prefix(&root).unwrap().into(), bytes));
        files.collect::<std::collections::BTreeMap<std::path::PathBuf, _>>()
    };
    assert_eq!(relative("copy"), relative("store"));
    let said = lode(&sync).ok();
    assert_eq!(said.text(), "nothing to do: all 2 snapshots are in datasets/events already\n");

    // A single one becomes the next, and then the histories differ.
    let one = [&sync[..], &["--snapshots", "1", "--json"]].concat();
    let said = lode(&one).ok().json();
    assert_eq!((&said["snapshots"], &said["version"]), (&json!(1), &json!("0000000000000000003")));
    assert_eq!(lode(&one).ok().json()["snapshots"], 0);
    lode(&sync).fails(1, &["version 0000000000000000003 is another", "--snapshots latest"]);
    lode(&[&sync[..], &["--format", "json"]].concat()).fails(1, &["--format is for volumes"]);
    lode(&["sync", &place.store(), "datasets/none", &copy]).fails(1, &["no dataset"]);
    lode(&["verify", &copy]).ok();
}

#[test]
fn all_snapshots_of_a_volume_are_brought_into_either_format() {
    for format in ["json", "compact"] {
        let (place, card, _) = carded();
        let store = place.store();
        let options = ["--layout", "device", "--snapshots", "all", "--format", format];
        let sync = [&["sync", &card, LOGGER, &store], &options[..]].concat();
        lode(&sync).ok();
        let log = lode(&["log", &store, LOGGER, "--json"]).ok().json_lines();
        let trips: Vec<_> = log.iter().map(|line| line["metadata"]["trip"].clone()).collect();
        assert_eq!(trips, [1, 2]);
        let said = lode(&sync).ok();
        assert!(said.text().starts_with("nothing to do: all 3,000 bytes"), "{}", said.text());
        let shown = lode(&["show", &store, LOGGER, "--json"]).ok().json();
        assert_eq!(shown["format"], format);
    }
}
