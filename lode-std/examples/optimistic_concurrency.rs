//! Two writers of one dataset, without locks: who loses the race for a version is told, and decides
//! what to do about it.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error as StdError;

use futures::future::try_join_all;
use lode_std::{Dataset, Error, Retry, meta, store};

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let store = store::open("memory:")?;
    let ours = Dataset::builder("counter").open(store.clone()).await?;
    let theirs = Dataset::builder("counter").open(store.clone()).await?;

    // Both know version 1, and both want to be version 2.
    ours.write_blob("1", meta! {}).await?;
    let seen = theirs.latest().await?.ok_or("there is a snapshot")?;
    assert_eq!(theirs.read(seen.version()).await?, ["1"]);
    ours.write_blob("2", meta! {}).await?;
    let lost = theirs.write_blob("2", meta! {}).await;
    let Err(Error::Conflict { version }) = lost else { return Err("no conflict".into()) };
    println!("conflict: version {} is taken", version.get());

    // What was written rests on what was read, so: read again, decide again, write again.
    let head = theirs.latest().await?.ok_or("there is a snapshot")?;
    let blobs = theirs.read(head.version()).await?;
    let number: u32 = std::str::from_utf8(blobs.first().ok_or("there is a blob")?)?.parse()?;
    let next = theirs.write_blob((number + 1).to_string(), meta! {}).await?;
    println!("version {} follows {}", next.version().get(), head.version().get());
    assert_eq!(theirs.read(next.version()).await?, ["3"]);

    // Where a snapshot does not depend on the one before it, let the handle retry by itself.
    let log = Dataset::builder("counter").retry(Retry::conflicts(100)).open(store).await?;
    let writers = (0..8).map(|writer| {
        let log = log.clone();
        async move { log.write_blob(format!("by {writer}"), meta! { "writer" => writer }).await }
    });
    let written = try_join_all(writers).await?;
    let mut versions: Vec<_> = written.iter().map(|found| found.version().get()).collect();
    versions.sort_unstable();
    assert_eq!(versions, (4..12).collect::<Vec<_>>(), "each has its own, and none is skipped");
    println!("8 writers, 8 versions: {versions:?}");
    Ok(())
}
