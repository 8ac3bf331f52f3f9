//! What is synced before something is acknowledged, seen from outside with `strace`.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path as FilePath;

use lode_std::store::directory::{Relied, Staged, Unsynced};
use lode_std::{Volume, meta};
use object_store::{Extensions, GetOptions, PutMode, PutOptions};

use super::*;

/// Names what the traced process is to do, and where.
const TASK: &str = "LODE_TEST_SYNCS";

/// A run of this test under `strace`.
struct Traced {
    /// The syncs between `begin` and `end`: when each began and ended, and of what.
    syncs: Vec<(usize, usize, String)>,
    said: String,
}

impl Traced {
    /// Runs a task; `None` if there is no `strace` here.
    fn run(task: &str, dir: &FilePath, options: &[&str]) -> Option<Self> {
        let (dir, trace) = (dir.canonicalize().unwrap(), dir.with_extension("trace"));
        if !succeeds("strace", &["-o", "/dev/null", "true"]) {
            return None;
        }
        let out = Command::new("strace")
            .args(["-f", "-y", "-s", "100", "-e", "trace=fsync,fdatasync,write", "-o"])
            .arg(&trace)
            .args(options)
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "directory::syncs::victim", "--ignored", "--nocapture"])
            .env(TASK, format!("{task} {}", dir.display()))
            .output()
            .unwrap();
        let said = String::from_utf8(out.stdout).unwrap();
        let traced = fs::read_to_string(&trace).unwrap();
        fs::remove_file(&trace).unwrap();
        let syncs = syncs(&traced, dir.to_str().unwrap());
        Some(Self { syncs, said })
    }

    /// The paths that were synced.
    fn paths(&self) -> Vec<&str> {
        self.syncs.iter().map(|(_, _, path)| path.as_str()).collect()
    }

    /// How many of the syncs had to wait for another.
    fn rounds(&self) -> usize {
        let mut syncs = self.syncs.clone();
        syncs.sort_by_key(|(_, end, _)| *end);
        let (mut rounds, mut last_end) = (0, None);
        for (begin, end, _) in syncs {
            if last_end.is_none_or(|last| begin > last) {
                (rounds, last_end) = (rounds + 1, Some(end));
            }
        }
        rounds
    }
}

fn syncs(traced: &str, root: &str) -> Vec<(usize, usize, String)> {
    let (mut done, mut open, mut is_on) = (Vec::new(), Vec::new(), false);
    for (at, line) in traced.lines().enumerate() {
        let (thread, call) = line.split_once(' ').unwrap();
        let call = call.trim_start();
        if call.starts_with("write(1") {
            is_on = (is_on || call.contains("begin")) && !call.contains("\"\\nend");
        } else if is_on && call.starts_with("fsync(") {
            let path = call.split_once('<').unwrap().1.split('>').next().unwrap();
            let path = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/').to_string();
            match call.contains("unfinished") {
                true => open.push((thread.to_string(), at, path)),
                false => done.push((at, at, path)),
            }
        } else if call.starts_with("<... fsync resumed>")
            && let Some(which) = open.iter().position(|(other, ..)| other == thread)
        {
            let (_, begin, path) = open.remove(which);
            done.push((begin, at, path));
        }
    }
    done.sort();
    done
}

fn with<T: Clone + Send + Sync + 'static>(marker: T) -> Extensions {
    let mut extensions = Extensions::new();
    extensions.insert(marker);
    extensions
}

#[test]
#[ignore = "the process that is traced, started by other tests"]
fn victim() {
    // Without this it was not started by one of them.
    let Ok(task) = std::env::var(TASK) else { return };
    let (task, dir) = task.split_once(' ').unwrap();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let (runtime, task) = match task.strip_suffix("-in-one-thread") {
        // `strace` counts the calls of each thread.
        Some(task) => (runtime.max_blocking_threads(1), task),
        None => (&mut runtime, task),
    };
    runtime.enable_all().build().unwrap().block_on(carry_out(task, dir));
}

async fn carry_out(task: &str, dir: &str) {
    let store: Arc<dyn ObjectStore> = Arc::new(DirectoryStore::open(dir).unwrap());
    match task {
        "commit" => {
            let volume = Volume::builder("v", 1000).open(store).await.unwrap();
            for offset in [0, 100] {
                println!("\nbegin");
                let block = volume.stage_at(offset, "block").await.unwrap();
                volume.commit([block], meta! {}).await.unwrap();
                println!("\nend");
            }
        }
        "create" | "stage" | "hint" => {
            println!("\nbegin");
            let extensions = match task {
                "stage" => with(Staged),
                "hint" => with(Unsynced),
                _ => Extensions::new(),
            };
            for _ in 0..2 {
                let options = PutOptions {
                    mode: PutMode::Create,
                    extensions: extensions.clone(),
                    ..PutOptions::default()
                };
                let put = store.put_opts(&Path::from("a/b/object"), "bytes".into(), options).await;
                match put {
                    Ok(_) => println!("\ncreated"),
                    Err(object_store::Error::AlreadyExists { .. }) => println!("\nexists"),
                    Err(error) if is_refusal(&error) => println!("\nrefused"),
                    Err(_) => println!("\nuncertain"),
                }
            }
            println!("\nend");
        }
        "rely" => {
            println!("\nbegin");
            for _ in 0..2 {
                let options = GetOptions::new().with_extensions(with(Relied));
                let found = store.get_opts(&Path::from("a/b/object"), options).await;
                println!("\n{}", if found.is_ok() { "found" } else { "failed" });
            }
            println!("\nend");
        }
        "group" => {
            create(&*store, "a/first", "").await.unwrap();
            println!("\nbegin");
            let creates = (0..16).map(|n| {
                let store = store.clone();
                async move {
                    let (mode, extensions) = (PutMode::Create, with(Staged));
                    let options = PutOptions { mode, extensions, ..PutOptions::default() };
                    store.put_opts(&Path::from(format!("a/{n}")), "x".into(), options).await
                }
            });
            futures::future::try_join_all(creates).await.unwrap();
            println!("\nend");
        }
        _ => panic!("{task}"),
    }
}

/// Syncs are made slow, so that those that may run at the same time do.
#[test]
fn a_commit_of_one_block_waits_for_three_rounds_of_syncs() {
    let dir = tempfile::tempdir().unwrap();
    let slow = ["-e", "inject=fsync:delay_enter=100000"];
    let Some(traced) = Traced::run("commit", dir.path(), &slow) else { return };
    let last = &traced.syncs[traced.syncs.len().saturating_sub(5)..];
    let traced = Traced { syncs: last.to_vec(), said: traced.said };
    let mut paths = traced.paths();
    paths.sort_unstable();
    let is_data = |path: &str| path.contains("data/100-5-") || path.contains(".lode-tmp");
    assert_eq!(paths.len(), 5, "{paths:?}");
    assert_eq!(
        paths[2..],
        ["volumes/v/data", "volumes/v/snapshots", "volumes/v/snapshots/0000000000000000002"]
    );
    assert!(paths[..2].iter().all(|path| is_data(path)), "{paths:?}");
    assert_eq!(traced.rounds(), 3, "{:?}", traced.syncs);
    println!("a commit of one block: {} syncs in {} rounds", paths.len(), traced.rounds());
}

/// Also the folders that another process has made: it may have died before it synced them.
#[test]
fn every_folder_on_the_way_is_synced_once() {
    for is_there in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        if is_there {
            fs::create_dir_all(dir.path().join("a/b")).unwrap();
        }
        let Some(traced) = Traced::run("create", dir.path(), &[]) else { return };
        assert!(traced.said.contains("\ncreated") && traced.said.contains("\nexists"));
        let mut paths = traced.paths();
        assert!(paths[0].starts_with(".lode-tmp/"), "the file comes first: {paths:?}");
        paths.retain(|path| !path.starts_with(".lode-tmp/"));
        paths.sort_unstable();
        assert_eq!(paths, ["", "a", "a/b"], "nothing of it twice");
    }
}

/// Whoever finds an object relies on it, whoever has written it.
#[test]
fn what_another_process_left_is_synced_before_it_is_relied_on() {
    for task in ["create", "stage", "rely"] {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::write(dir.path().join("a/b/object"), "bytes").unwrap();
        let Some(traced) = Traced::run(task, dir.path(), &[]) else { return };
        let answer = if task == "rely" { "found" } else { "exists" };
        assert_eq!(traced.said.matches(answer).count(), 2, "{}", traced.said);
        let mut paths = traced.paths();
        // Of a staged object that is not created after all the temporary file is not synced.
        paths.retain(|path| !path.starts_with(".lode-tmp/"));
        paths.sort_unstable();
        assert_eq!(paths, ["", "a", "a/b", "a/b/object"], "{task}");
    }
}

#[test]
fn hints_are_not_synced() {
    let dir = tempfile::tempdir().unwrap();
    let Some(traced) = Traced::run("hint", dir.path(), &[]) else { return };
    assert_eq!(traced.paths().iter().filter(|path| path.starts_with(".lode-tmp")).count(), 0);
}

/// A folder cannot be synced: that is never acknowledged, and never forgotten.
#[test]
fn a_failed_sync_fails_the_request_and_the_next_one_syncs_again() {
    for folder in ["", "a", "a/b"] {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        let path = dir.path().canonicalize().unwrap().join(folder);
        let path = path.to_str().unwrap();
        let path = path.trim_end_matches('/');
        let always = ["-P", path, "-e", "inject=fsync:error=EIO"];
        let Some(traced) = Traced::run("create", dir.path(), &always) else { return };
        assert_eq!(traced.said.matches("uncertain").count(), 2, "{folder}: {}", traced.said);

        fs::remove_file(dir.path().join("a/b/object")).unwrap();
        let once = ["-P", path, "-e", "inject=fsync:error=EIO:when=1"];
        let traced = Traced::run("create-in-one-thread", dir.path(), &once).unwrap();
        let said: Vec<_> =
            traced.said.lines().filter(|s| ["uncertain", "exists"].contains(s)).collect();
        assert_eq!(said, ["uncertain", "exists"], "{folder}");
    }
}

/// Bytes that could not be synced are not taken for written because a later sync succeeds.
#[test]
fn a_staged_object_whose_bytes_are_lost_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("a/b")).unwrap();
    // The first sync is that of the file.
    let first = ["-e", "inject=fsync:error=EIO:when=1"];
    let Some(traced) = Traced::run("stage-in-one-thread", dir.path(), &first) else { return };
    let said: Vec<_> = traced
        .said
        .lines()
        .filter(|said| ["uncertain", "exists", "created"].contains(said))
        .collect();
    assert_eq!(said, ["uncertain", "created"]);
    assert!(dir.path().join("a/b/object").exists());
}

/// Creates at the same time share the sync of their folder.
#[test]
fn syncs_of_a_folder_are_shared() {
    let dir = tempfile::tempdir().unwrap();
    let slow = ["-e", "inject=fsync:delay_enter=100000"];
    let Some(traced) = Traced::run("group", dir.path(), &slow) else { return };
    let folder = traced.paths().iter().filter(|path| **path == "a").count();
    assert!((1..=3).contains(&folder), "{:?}", traced.paths());
    assert_eq!(traced.syncs.len() - folder, 16, "each file for itself: {:?}", traced.paths());
}
