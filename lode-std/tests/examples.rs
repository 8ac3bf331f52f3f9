//! The examples, run as a reader of them would.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests lie outside of test functions"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each example, and a line that it prints.
const EXAMPLES: [(&str, &str); 10] = [
    ("blob_upload", "read back and verified"),
    ("default_layout", "version 2: [Event { id: 3, name: \"logout\" }]"),
    ("hive_layout", "3 partitions"),
    ("manifest_driven", "codec jsonl, compressor gzip, 1000 rows"),
    ("object_store", "a write: 0 reads, 3 writes, 0 lists"),
    ("optimistic_concurrency", "8 writers, 8 versions: [4, 5, 6, 7, 8, 9, 10, 11]"),
    ("parquet", "row group 3 has 1000 ids"),
    ("stream_write_records", "read 100000 records back"),
    ("vector_artifacts", "2 files became visible at once, as version 1"),
    ("volume_sparse", "version 2 is whole"),
];

/// Cargo builds the examples with the tests, and puts them next to each other.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap().join("examples");
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.is_file(),
        "{} is missing: `cargo test` builds it, `cargo test --test examples` alone does not, but \
         `cargo build --examples` with the same features does",
        program.display()
    );
    program
}

#[test]
fn every_example_does_what_it_says() {
    for (name, line) in EXAMPLES {
        let output = Command::new(built(name)).output().unwrap();
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{name}: {}\n{out}{err}", output.status);
        assert!(out.lines().any(|found| found == line), "{name} does not print {line:?}:\n{out}");
    }
}

#[test]
fn every_example_is_listed() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(crate_folder.join("examples")).unwrap();
    let found: BTreeSet<_> =
        files.map(|file| file.unwrap().path().file_stem().unwrap().to_owned()).collect();
    let listed: BTreeSet<_> = EXAMPLES.iter().map(|(name, _)| (*name).into()).collect();
    assert_eq!(found, listed, "tests/examples.rs runs what is in examples/");

    let readme = fs::read_to_string(crate_folder.join("../README.md")).unwrap();
    for (name, _) in EXAMPLES {
        assert!(readme.contains(&format!("lode-std/examples/{name}.rs")), "README.md: {name}");
    }
}
