//! The commands of the README: each works, in the order in which they are shown.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use lode_std::device::Directory;
use lode_std::meta;

use crate::medium::Medium;
use crate::parquet::days;
use crate::support::{Answer, Place, lode};

/// What the README has for users, and the script for a test.
const STAND_INS: [(&str, &str); 7] = [
    ("'s3://bucket?region=eu-west-1'", "cloud"),
    ("s3://bucket", "cloud"),
    (" /data", " data"),
    (" /backup", " backup"),
    (" /media/card", " media/card"),
    (" /for-go", " for-go"),
    (" /released", " released"),
];

fn script() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/tour.sh");
    fs::read_to_string(path).unwrap()
}

/// The commands of the README, without what is said of them.
fn shown() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let (_, section) = readme.split_once("\n## On the command line\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let commands = section.lines().filter_map(|line| line.strip_prefix("$ "));
    commands.map(|line| line.split("  #").next().unwrap().trim_end().to_string()).collect()
}

#[test]
fn the_script_has_the_commands_that_the_readme_shows() {
    let stand_in = |line: String| {
        STAND_INS.iter().fold(line, |line, (shown, instead)| line.replace(shown, instead))
    };
    let shown: Vec<_> = shown().into_iter().map(stand_in).collect();
    let script = script();
    let run: Vec<_> = script.lines().filter(|line| line.starts_with("lode ")).collect();
    assert_eq!(shown, run);
    assert!(shown.len() > 20, "{shown:?}");
}

#[test]
fn every_command_of_the_readme_works() {
    let place = Place::new();
    fs::create_dir_all(place.path("media/card")).unwrap();
    let mut card = Medium::new(Directory::open(place.path("media/card")).unwrap(), 10_000, 5);
    card.commit(&[(0, &[1; 1000]), (5000, &[2; 1000])], meta! { "trip" => 1 });
    card.commit(&[(1000, &[3; 1000])], meta! { "trip" => 2 });
    place.file("2026-01.parquet", &days(&[(1, "2026-01-01"), (2, "2026-01-02")]));
    place.file("2026-02.parquet", &days(&[(3, "2026-02-01")]));

    // The command that was built, and the system's.
    let folder = Path::new(env!("CARGO_BIN_EXE_lode")).parent().unwrap();
    let mut path = OsString::from(folder);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let run = Command::new("sh")
        .args(["-c", &script()])
        .current_dir(place.path(""))
        .env("PATH", path)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Answer::from(run).ok();

    // What it has left.
    let data = place.path("data").to_str().unwrap().to_string();
    let listed = lode(&["ls", &data]).ok();
    for line in ["volumes/disk-image  version 3  2.8 MiB  100.0%", "datasets/events     version 7"]
    {
        assert!(listed.text().contains(line), "{}", listed.text());
    }
    let cloud = place.path("cloud").to_str().unwrap().to_string();
    let synced = lode(&["ls", &cloud]).ok();
    let [volume, dataset] = [
        "volumes/logger-7  version 1  9.7 KiB  30.0%\n",
        "datasets/events   version 1  3 rows  3 files  jsonl\n",
    ];
    assert_eq!(synced.text(), format!("{volume}{dataset}"));
    let tags = lode(&["tags", &data, "volumes/disk-image"]).ok();
    assert!(tags.text().starts_with("lease-") && tags.text().contains("version 3"));
}
