//! Symbolic links in a store.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;

use lode_std::store;
use object_store::ObjectStoreExt;

use super::*;

/// A store with links out of it: to a folder and to a file in it.
fn with_links() -> (TempDir, TempDir, Arc<DirectoryStore>) {
    let (dir, store) = open();
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("letters")).unwrap();
    fs::write(home.path().join("letters/a"), "mine").unwrap();
    fs::create_dir(dir.path().join("data")).unwrap();
    symlink(home.path(), dir.path().join("data/home")).unwrap();
    symlink(home.path().join("letters/a"), dir.path().join("data/letter")).unwrap();
    (dir, home, store)
}

#[tokio::test]
async fn links_out_of_the_store_are_refused_by_name() {
    let (dir, home, store) = with_links();
    let home_is_whole = || fs::read_to_string(home.path().join("letters/a")).unwrap() == "mine";
    for (key, link) in [("data/home/letters/a", "data/home"), ("data/letter", "data/letter")] {
        let path = Path::from(key);
        let errors = [
            read(&*store, key).await.unwrap_err(),
            store.head(&path).await.unwrap_err(),
            create(&*store, key, "overwritten").await.unwrap_err(),
            store.put(&path, "overwritten".into()).await.unwrap_err(),
            delete(&*store, key).await.unwrap_err(),
        ];
        for error in errors {
            let said = error.to_string();
            assert!(said.contains(&format!("{link} is a link")), "{key}: {said}");
            assert!(said.contains("links=follow"), "{said}");
        }
        assert!(home_is_whole());
    }
    assert!(create(&*store, "data/home/new", "").await.is_err());
    // Nothing is made where a link leads that leads nowhere.
    symlink("nowhere", dir.path().join("data/dangling")).unwrap();
    let error = create(&*store, "data/dangling/new", "").await.unwrap_err();
    assert!(error.to_string().contains("data/dangling is a link"), "{error}");
    assert!(list(&*store, "data/home").await.unwrap_err().to_string().contains("data/home"));
    // Met on the way they are skipped, and they stay.
    create(&*store, "data/own", "").await.unwrap();
    assert_eq!(list(&*store, "").await.unwrap(), ["data/own"]);
    delete(&*store, "data/own").await.unwrap();
    assert!(dir.path().join("data/home").is_symlink() && home_is_whole());
}

/// A link that stays in the store may be read and written through, and not deleted through.
#[tokio::test]
async fn links_inside_the_store_lead_where_they_lead() {
    let (dir, store) = open();
    create(&*store, "a/b/c", "bytes").await.unwrap();
    symlink("../a/b", dir.path().join("a/link")).unwrap();
    assert_eq!(read(&*store, "a/link/c").await.unwrap(), "bytes");
    create(&*store, "a/link/d", "more").await.unwrap();
    assert_eq!(read(&*store, "a/b/d").await.unwrap(), "more");
    assert!(delete(&*store, "a/link/d").await.unwrap_err().to_string().contains("a/link"));
    assert_eq!(list(&*store, "").await.unwrap(), ["a/b/c", "a/b/d"]);
}

#[tokio::test]
async fn links_are_followed_if_that_is_asked_for() {
    let (dir, home, _) = with_links();
    let store = store::open(&format!("file://{}?links=follow", dir.path().display())).unwrap();
    assert_eq!(read(&*store, "data/home/letters/a").await.unwrap(), "mine");
    create(&*store, "data/home/letters/new", "written").await.unwrap();
    assert_eq!(fs::read_to_string(home.path().join("letters/new")).unwrap(), "written");
    assert_eq!(list(&*store, "").await.unwrap(), [""; 0], "lists go through none");
    assert!(delete(&*store, "data/home/letters/a").await.is_err(), "and neither do deletes");
    assert!(home.path().join("letters/a").exists());
    let error = store::open(&format!("file://{}?links=maybe", dir.path().display())).unwrap_err();
    assert!(error.to_string().contains("links=maybe"), "{error}");
}
