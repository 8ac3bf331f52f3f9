//! File systems that are full, read-only, or cannot do what others can.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path as FilePath, PathBuf};

use lode_std::conformance::{Carries, Conformance, Outcome};
use lode_std::store::directory::UseReserve;
use lode_std::{Volume, meta};
use object_store::{Extensions, PutMode, PutOptions};

use super::*;

/// A mounted file system, until it is dropped.
struct Mounted {
    dir: TempDir,
    device: Option<String>,
}

impl Mounted {
    /// A file system in memory; `None` if that cannot be had here.
    fn tmpfs(options: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_str().unwrap();
        let is_mounted =
            is_root() && succeeds("mount", &["-t", "tmpfs", "-o", options, "tmpfs", path]);
        is_mounted.then_some(Self { dir, device: None })
    }

    /// exFAT, which has no hard links; `None` if that cannot be had here.
    fn exfat() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let (image, path) = (dir.path().with_extension("img"), dir.path().to_str().unwrap());
        let image = image.to_str().unwrap();
        let is_made = is_root()
            && succeeds("truncate", &["-s", "128M", image])
            && succeeds("mkfs.exfat", &[image]);
        let device = is_made.then(|| {
            let out = Command::new("losetup").args(["-f", "--show", image]).output().ok()?;
            let device = String::from_utf8(out.stdout).ok()?.trim().to_string();
            let is_mounted = !device.is_empty() && succeeds("mount.exfat-fuse", &[&device, path]);
            (!device.is_empty()).then_some((device, is_mounted))
        });
        let _ = fs::remove_file(image);
        let Some(Some((device, is_mounted))) = device else {
            println!("skipped: there is no loop device with exFAT here");
            return None;
        };
        // Dropped, it gives the loop device back.
        let mounted = Self { dir, device: Some(device) };
        is_mounted.then_some(mounted)
    }

    fn root(&self) -> PathBuf {
        self.dir.path().to_path_buf()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.dir.path()).status();
        if let Some(device) = &self.device {
            let _ = Command::new("losetup").args(["-d", device]).status();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exfat_carries_concurrent_writers() {
    let Some(mounted) = Mounted::exfat() else { return };
    let store: Arc<dyn ObjectStore> = Arc::new(DirectoryStore::open(mounted.root()).unwrap());
    let report = Conformance::new().contenders(16).run(store.clone()).await.unwrap();
    assert_eq!(report.carries(), Carries::ConcurrentWriters, "{report:?}");
    let check = report.checks().iter().find(|check| check.name == "exclusive names").unwrap();
    assert!(matches!(&check.outcome, Outcome::Holds(means) if means.contains("lock")), "{check:?}");
    let check = report.checks().iter().find(|c| c.name == "upper and lower case").unwrap();
    assert!(matches!(&check.outcome, Outcome::Holds(how) if how.contains("one file")), "{check:?}");

    let volume = Volume::builder("v", 1000).open(store.clone()).await.unwrap();
    for offset in [0, 100] {
        let block = volume.stage_at(offset, "block").await.unwrap();
        volume.commit([block], meta! {}).await.unwrap();
    }
    assert_eq!(volume.latest().await.unwrap().unwrap().version().get(), 2);
}

fn from_reserve() -> PutOptions {
    let mut extensions = Extensions::new();
    extensions.insert(UseReserve);
    PutOptions { mode: PutMode::Create, extensions, ..PutOptions::default() }
}

/// A full disk says so; what frees room can still be written, and after that all goes on.
#[tokio::test]
async fn a_full_disk_has_a_reserve() {
    let Some(mounted) = Mounted::tmpfs("size=2m") else { return };
    let store = DirectoryStore::open(mounted.root()).unwrap();
    create(&store, "a/first", "small").await.unwrap();
    let reserve = mounted.root().join(".lode-tmp/reserve");
    assert_eq!(fs::metadata(&reserve).unwrap().len(), 64 << 10);
    // Somebody else's data fill it.
    let _ = fs::write(mounted.root().join("others"), vec![1; 4 << 20]);
    let large = "x".repeat(8 << 10);
    let error = create(&store, "a/second", &large).await.unwrap_err();
    assert_eq!(io_error(&error).kind(), io::ErrorKind::StorageFull, "{error:?}");
    assert!(is_refusal(&error));
    assert!(reserve.exists(), "it is not for everybody");

    let record = Path::from("a/record");
    store.put_opts(&record, large.clone().into(), from_reserve()).await.unwrap();
    assert_eq!(read(&store, "a/record").await.unwrap(), large);
    assert!(!reserve.exists());
    fs::remove_file(mounted.root().join("others")).unwrap();
    create(&store, "a/third", &large).await.unwrap();
    assert!(reserve.exists(), "made again as soon as there is room");
    let left: Vec<_> = fs::read_dir(mounted.root().join(".lode-tmp")).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary files are left: {left:?}");
}

/// Run full in the middle of an upload; nothing of it is seen, and later it goes on.
#[tokio::test]
async fn an_upload_to_a_full_disk_fails_and_leaves_nothing() {
    let Some(mounted) = Mounted::tmpfs("size=2m") else { return };
    let store: Arc<dyn ObjectStore> = Arc::new(DirectoryStore::open(mounted.root()).unwrap());
    let key = Path::from("data/large");
    let mut upload = store.put_multipart(&key).await.unwrap();
    let error = upload.put_part(vec![1; 4 << 20].into()).await.unwrap_err();
    assert_eq!(io_error(&error).kind(), io::ErrorKind::StorageFull, "{error:?}");
    upload.abort().await.unwrap();
    assert!(fs::read_dir(mounted.root().join(".lode-tmp")).unwrap().next().is_none());
    let volume = Volume::builder("v", 1 << 20).open(store).await.unwrap();
    let block = volume.stage_at(0, "block").await.unwrap();
    volume.commit([block], meta! {}).await.unwrap();
}

#[tokio::test]
async fn a_read_only_file_system_is_read_and_refuses() {
    let Some(mounted) = Mounted::tmpfs("size=2m") else { return };
    let root = mounted.root();
    create(&DirectoryStore::open(&root).unwrap(), "a/b", "bytes").await.unwrap();
    if !succeeds("mount", &["-o", "remount,ro", root.to_str().unwrap()]) {
        return;
    }
    let store = DirectoryStore::open(&root).unwrap();
    assert_eq!(read(&store, "a/b").await.unwrap(), "bytes");
    for error in [
        create(&store, "a/c", "").await.unwrap_err(),
        delete(&store, "a/b").await.unwrap_err(),
        store.put_multipart(&Path::from("x")).await.map(drop).unwrap_err(),
    ] {
        assert!(matches!(error, object_store::Error::PermissionDenied { .. }), "{error:?}");
        assert_eq!(io_error(&error).kind(), io::ErrorKind::ReadOnlyFilesystem);
        assert!(is_refusal(&error));
    }
}

/// Names what a process without permissions, or without handles, is to do, and where.
const TASK: &str = "LODE_TEST_PLACES";

#[tokio::test]
#[ignore = "the process that may do little, started by other tests"]
async fn victim() {
    let Ok(task) = std::env::var(TASK) else { return };
    let (task, dir) = task.split_once(' ').unwrap();
    let store = DirectoryStore::open(dir).unwrap();
    match task {
        "denied" => {
            let error = create(&store, "a/c", "").await.unwrap_err();
            assert!(matches!(error, object_store::Error::PermissionDenied { .. }), "{error:?}");
            assert_eq!(io_error(&error).raw_os_error(), Some(13), "{error:?}");
            assert!(is_refusal(&error));
            let error = read(&store, "secret/x").await.unwrap_err();
            assert!(matches!(error, object_store::Error::PermissionDenied { .. }), "{error:?}");
            // It is not skipped, and it is named.
            let error = list(&store, "").await.unwrap_err();
            assert!(error.to_string().contains("secret"), "{error}");
            assert_eq!(io_error(&error).kind(), io::ErrorKind::PermissionDenied);
        }
        "handles" => {
            let mut files = Vec::new();
            while let Ok(file) = fs::File::open(dir) {
                files.push(file);
            }
            for error in [
                read(&store, "a/b").await.unwrap_err(),
                create(&store, "a/c", "").await.unwrap_err(),
                list(&store, "").await.unwrap_err(),
            ] {
                assert_eq!(io_error(&error).raw_os_error(), Some(24), "{error:?}");
            }
            drop(files);
            // Nothing was taken for absent, and nothing is stuck.
            assert_eq!(read(&store, "a/b").await.unwrap(), "bytes");
            create(&store, "a/c", "").await.unwrap();
        }
        _ => panic!("{task}"),
    }
    println!("as expected");
}

fn run(task: &str, dir: &FilePath, command: &mut Command) {
    let out = command.env(TASK, format!("{task} {}", dir.display())).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    let why = String::from_utf8_lossy(&out.stderr);
    assert!(said.contains("as expected"), "{said}{why}");
}

#[tokio::test]
async fn what_is_not_permitted_is_said() {
    if !is_root() {
        return;
    }
    let (dir, store) = open();
    create(&*store, "a/b", "bytes").await.unwrap();
    create(&*store, "secret/x", "bytes").await.unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(dir.path().join("secret"), fs::Permissions::from_mode(0o700)).unwrap();
    // Where everybody may run it.
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let test = place.path().join("test");
    fs::copy(std::env::current_exe().unwrap(), &test).unwrap();
    let line =
        format!("{} --exact directory::places::victim --ignored --nocapture", test.display());
    let mut command = Command::new("su");
    command.args(["-m", "-s", "/bin/sh", "nobody", "-c", &line]);
    run("denied", dir.path(), &mut command);
}

#[tokio::test]
async fn too_few_handles_are_said() {
    let (dir, store) = open();
    create(&*store, "a/b", "bytes").await.unwrap();
    let exe = std::env::current_exe().unwrap();
    let line = format!(
        "ulimit -n 64; exec {} --exact directory::places::victim --ignored --nocapture",
        exe.display()
    );
    let mut command = Command::new("sh");
    command.args(["-c", &line]);
    run("handles", dir.path(), &mut command);
}
