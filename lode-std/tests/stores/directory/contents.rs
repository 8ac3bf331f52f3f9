//! What is there: objects, folders, other programs' files.

use std::collections::BTreeSet;
use std::fs;

use futures::FutureExt;
use futures::future::join_all;
use lode_std::Volume;
use lode_std::store::{StoreOptions, Uploads};
use object_store::{ObjectStoreExt, PutPayload};

use super::*;

#[tokio::test]
async fn an_object_is_a_file_that_nothing_replaces() {
    let (dir, store) = open();
    create(&*store, "a/b/c", "first").await.unwrap();
    let error = create(&*store, "a/b/c", "second").await.unwrap_err();
    assert!(matches!(error, object_store::Error::AlreadyExists { .. }), "{error:?}");
    assert_eq!(fs::read_to_string(dir.path().join("a/b/c")).unwrap(), "first");
    store.put(&Path::from("a/b/c"), "third".into()).await.unwrap();
    assert_eq!(read(&*store, "a/b/c").await.unwrap(), "third");
    // A folder is no object, and neither is anything below a file.
    for key in ["a/b", "a/b/c/d", "a/x", "x"] {
        let error = read(&*store, key).await.unwrap_err();
        assert!(matches!(error, object_store::Error::NotFound { .. }), "{key}: {error:?}");
    }
    let error = create(&*store, "a/b/c/d", "below a file").await.unwrap_err();
    assert_eq!(io_error(&error).kind(), io::ErrorKind::NotADirectory, "{error:?}");
    assert!(is_refusal(&error));
    let error = create(&*store, "a/b", "a folder").await.unwrap_err();
    assert_eq!(io_error(&error).kind(), io::ErrorKind::IsADirectory, "{error:?}");
}

#[tokio::test]
async fn copies_are_whole_and_their_own() {
    let (_dir, store) = open();
    create(&*store, "from", "bytes").await.unwrap();
    let (from, to) = (Path::from("from"), Path::from("a/to"));
    store.copy(&from, &to).await.unwrap();
    let error = store.copy_if_not_exists(&from, &to).await.unwrap_err();
    assert!(matches!(error, object_store::Error::AlreadyExists { .. }), "{error:?}");
    store.put(&from, "others".into()).await.unwrap();
    assert_eq!(read(&*store, "a/to").await.unwrap(), "bytes");
    store.rename(&to, &Path::from("b/to")).await.unwrap();
    assert_eq!(list(&*store, "").await.unwrap(), ["b/to", "from"]);
}

/// What other programs leave in a store is skipped, and left.
#[tokio::test]
async fn foreign_files_are_no_errors() {
    let (dir, store) = open();
    create(&*store, "volumes/v/a", "").await.unwrap();
    create(&*store, "volumes/v.w/a", "").await.unwrap();
    let folder = dir.path().join("volumes/v");
    fs::write(folder.join("a\nb"), "").unwrap();
    fs::create_dir(folder.join("empty")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        fs::write(folder.join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
        fs::create_dir(folder.join(std::ffi::OsStr::from_bytes(b"\xfe"))).unwrap();
        assert!(succeeds("mkfifo", &[folder.join("pipe").to_str().unwrap()]));
        // Opening it would wait for a writer.
        let error = read(&*store, "volumes/v/pipe").await.unwrap_err();
        assert!(matches!(error, object_store::Error::NotFound { .. }), "{error:?}");
    }
    fs::write(folder.join("notes#3"), "").unwrap();
    assert_eq!(
        list(&*store, "").await.unwrap(),
        ["volumes/v.w/a", "volumes/v/a", "volumes/v/notes#3"],
        "in the order of the keys"
    );
    let found = store.list_with_delimiter(Some(&Path::from("volumes/v"))).await.unwrap();
    let names: Vec<_> = found.common_prefixes.iter().map(Path::to_string).collect();
    assert_eq!((names, found.objects.len()), (vec!["volumes/v/empty".to_string()], 2));
    let found = store.list_with_delimiter(None).await.unwrap();
    assert_eq!(found.common_prefixes, [Path::from("volumes")], "the temporary place is hidden");
}

/// The same as filtering the whole list.
#[tokio::test]
async fn lists_begin_at_an_offset() {
    let (_dir, store) = open();
    let keys = ["a", "a.b/c", "a/b", "a/b.c", "a/b/c", "a/b/d", "a/c", "b/a/a", "b/b"];
    for key in keys.iter().filter(|key| **key != "a" && **key != "a/b") {
        create(&*store, key, "").await.unwrap();
    }
    let all = list(&*store, "").await.unwrap();
    for offset in keys.iter().chain(&["A", "a/b/", "a0", "z", "b/a/a/a"]) {
        let offset = Path::from(*offset);
        let found = store.list_with_offset(None, &offset).map_ok(|meta| meta.location.to_string());
        let found: Vec<_> = found.try_collect().await.unwrap();
        let expected = all.iter().filter(|key| key.as_str() > offset.as_ref());
        assert_eq!(found, expected.cloned().collect::<Vec<_>>(), "{offset}");
    }
}

/// The last file takes its folders along, also while others create in them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_folders_go_and_creators_make_them_again() {
    let (dir, store) = open();
    create(&*store, "a/b/c/d", "").await.unwrap();
    create(&*store, "a/e", "").await.unwrap();
    delete(&*store, "a/b/c/d").await.unwrap();
    assert!(!dir.path().join("a/b").exists() && dir.path().join("a/e").exists());
    delete(&*store, "a/e").await.unwrap();
    assert!(!dir.path().join("a").exists() && dir.path().exists());
    let error = delete(&*store, "a/e").await.unwrap_err();
    assert!(matches!(error, object_store::Error::NotFound { .. }), "{error:?}");

    // Two handles, as two processes have, in the same folders.
    let other = Arc::new(DirectoryStore::open(dir.path()).unwrap());
    let workers = (0..8).map(|worker| {
        let store = if worker % 2 == 0 { store.clone() } else { other.clone() };
        tokio::spawn(async move {
            for round in 0..50 {
                let key = format!("x/y/z/{worker}-{round}");
                create(&*store, &key, &key).await.unwrap();
                assert_eq!(read(&*store, &key).await.unwrap(), key);
                delete(&*store, &key).await.unwrap();
            }
        })
    });
    join_all(workers).await.into_iter().for_each(Result::unwrap);
    assert!(!dir.path().join("x").exists());
}

/// A put that is dropped in the middle, or killed, leaves files in one place only.
#[tokio::test]
async fn temporary_files_are_in_one_place_and_found_there() {
    let (dir, store) = open();
    let key = Path::from("datasets/d/data/x/data.bin");
    let mut upload = store.put_multipart(&key).await.unwrap();
    upload.put_part(PutPayload::from("part")).await.unwrap();
    // A process that is killed drops nothing.
    std::mem::forget(upload);
    let mut foreign = store.put_multipart(&Path::from("photos/1")).await.unwrap();
    foreign.put_part(PutPayload::from("part")).await.unwrap();
    for path in ["photos", "volumes/v", ".lode-tmp"] {
        fs::create_dir_all(dir.path().join(path)).unwrap();
        fs::write(dir.path().join(path).join("IMG#1"), "precious").unwrap();
    }
    let location = dir.path().to_str().unwrap();
    let uploads = Uploads::open(location, &StoreOptions::new()).unwrap();
    let found = uploads.list().await.unwrap();
    assert_eq!(found.iter().map(|u| u.key.as_str()).collect::<Vec<_>>(), [key.as_ref()]);
    uploads.abort(&found[0]).await.unwrap();
    assert_eq!(uploads.list().await.unwrap(), []);
    for path in ["photos/IMG#1", "volumes/v/IMG#1", ".lode-tmp/IMG#1"] {
        assert!(dir.path().join(path).exists(), "{path} is somebody else's");
    }
    foreign.complete().await.unwrap();
    assert_eq!(read(&*store, "photos/1").await.unwrap(), "part");
}

/// Its temporary file was given up, so it cannot come to its end.
#[tokio::test]
async fn an_upload_that_was_given_up_fails() {
    let (dir, store) = open();
    let mut upload = store.put_multipart(&Path::from("volumes/v/data/x")).await.unwrap();
    upload.put_part(PutPayload::from("part")).await.unwrap();
    for entry in fs::read_dir(dir.path().join(".lode-tmp")).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let error = upload.complete().await.unwrap_err();
    assert!(is_refusal(&error) && error.to_string().contains("removed"), "{error}");
}

/// The key of what is reserved names no object.
#[tokio::test]
async fn no_key_leads_into_the_temporary_place() {
    let (_dir, store) = open();
    create(&*store, "a", "").await.unwrap();
    let error = create(&*store, ".lode-tmp/x", "").await.unwrap_err();
    assert!(is_refusal(&error), "{error:?}");
    assert!(read(&*store, ".lode-tmp/reserve").await.is_err());
    assert!(delete(&*store, ".lode-tmp/reserve").await.is_err());
    assert_eq!(list(&*store, ".lode-tmp").await.unwrap(), [""; 0]);
}

/// The disk is unmounted, and another one is where it was: it is not written to.
#[tokio::test]
async fn a_root_that_is_gone_is_not_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let (root, moved) = (dir.path().join("store"), dir.path().join("moved"));
    fs::create_dir(&root).unwrap();
    let store: Arc<dyn ObjectStore> = Arc::new(DirectoryStore::open(&root).unwrap());
    let volume = Volume::builder("v", 1000).open(store.clone()).await.unwrap();
    fs::rename(&root, &moved).unwrap();
    for is_replaced in [false, true] {
        let error = create(&*store, "a", "").await.unwrap_err();
        assert!(is_refusal(&error) && error.to_string().contains("is gone"), "{error}");
        assert!(matches!(error, object_store::Error::Generic { .. }), "{error:?}");
        assert!(volume.stage_at(0, "block").await.is_err());
        assert!(delete(&*store, "volumes/v/volume.json").await.is_err());
        // Nothing is taken for absent in a store that is not there.
        let error = read(&*store, "a").await.unwrap_err();
        assert!(matches!(error, object_store::Error::Generic { .. }), "{error:?}");
        assert_eq!(root.exists(), is_replaced);
        if !is_replaced {
            fs::create_dir(&root).unwrap();
        }
    }
    assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
}

/// Without a runtime there is nothing to wait with.
#[tokio::test]
async fn without_a_runtime_there_is_an_error() {
    let (_dir, store) = open();
    create(&*store, "a", "").await.unwrap();
    let without = std::thread::spawn(move || {
        let errors: [object_store::Error; 3] = [
            read(&*store, "a").now_or_never().unwrap().unwrap_err(),
            create(&*store, "b", "").now_or_never().unwrap().unwrap_err(),
            list(&*store, "").now_or_never().unwrap().unwrap_err(),
        ];
        errors.map(|error| error.to_string())
    });
    for said in without.join().unwrap() {
        assert!(said.contains("runtime") || said.contains("reactor"), "{said}");
    }
}

/// Many creators of one name, in several handles: one wins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_creators_wins() {
    let (dir, store) = open();
    let other = Arc::new(DirectoryStore::open(dir.path()).unwrap());
    let creators = (0..32).map(|n| {
        let store = if n % 2 == 0 { store.clone() } else { other.clone() };
        tokio::spawn(async move { create(&*store, "slot/1", &n.to_string()).await.map(|()| n) })
    });
    let winners: BTreeSet<_> = join_all(creators).await.into_iter().flatten().flatten().collect();
    let found = read(&*store, "slot/1").await.unwrap();
    assert_eq!(winners.iter().map(ToString::to_string).collect::<Vec<_>>(), [found]);
}
