//! Directories as stores.

mod contents;
mod links;
mod places;
mod syncs;

use std::error::Error as StdError;
use std::io;
use std::process::{Command, Stdio};
use std::sync::Arc;

use futures::TryStreamExt;
use lode_std::store::directory::{DirectoryError, DirectoryStore};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, Result};
use tempfile::TempDir;

/// A directory and the store in it.
fn open() -> (TempDir, Arc<DirectoryStore>) {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(DirectoryStore::open(dir.path()).unwrap());
    (dir, store)
}

async fn create(store: &dyn ObjectStore, key: &str, bytes: &str) -> Result<()> {
    let path = Path::from(key);
    let put = store.put_opts(&path, bytes.to_string().into(), PutMode::Create.into());
    put.await.map(drop)
}

async fn read(store: &dyn ObjectStore, key: &str) -> Result<String> {
    let bytes = store.get(&Path::from(key)).await?.bytes().await?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

async fn delete(store: &dyn ObjectStore, key: &str) -> Result<()> {
    store.delete(&Path::from(key)).await
}

async fn list(store: &dyn ObjectStore, prefix: &str) -> Result<Vec<String>> {
    let prefix = (!prefix.is_empty()).then(|| Path::from(prefix));
    store.list(prefix.as_ref()).map_ok(|meta| meta.location.to_string()).try_collect().await
}

/// What the operating system has said.
fn io_error(error: &object_store::Error) -> &io::Error {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return found;
        }
        next = error.source();
    }
    panic!("{error:?} has no I/O error")
}

fn is_refusal(error: &object_store::Error) -> bool {
    DirectoryError::find(error).unwrap().is_refusal()
}

/// Whether a program is there and succeeds; why not is printed, for then a test is skipped.
fn succeeds(program: &str, args: &[&str]) -> bool {
    let status = Command::new(program).args(args).stdout(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => true,
        Ok(status) => {
            println!("skipped: {program} {args:?}: {status}");
            false
        }
        Err(error) => {
            println!("skipped: {program} {args:?}: {error}");
            false
        }
    }
}

/// Whether this process may do everything: some situations only root can make.
fn is_root() -> bool {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n");
    if !is_root {
        println!("skipped: it needs root");
    }
    is_root
}
