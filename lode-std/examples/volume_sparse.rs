//! A sparse volume: ranges in any order, by many tasks, gaps that are errors and not zeros, and
//! work that goes on where it was interrupted.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use futures::future::try_join_all;
use lode_std::{ErrorKind, Volume, meta, store};

const LENGTH: u64 = 64 << 10;
const BLOCK: u64 = 4 << 10;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let location = dir.path().display().to_string();
    let volume = Volume::builder("disk-image", LENGTH).open(store::open(&location)?).await?;

    // Staged is durable, and not visible yet. Commit makes all of it visible at once.
    let wanted = (0..LENGTH / BLOCK).rev().filter(|number| number % 3 != 1);
    let staged = wanted.map(|number| volume.stage_at(number * BLOCK, block(number * BLOCK)));
    let staged = try_join_all(staged).await?;
    let snapshot = volume.commit(staged, meta! { "step" => "first" }).await?;
    println!("{} of {LENGTH} bytes are committed", snapshot.covered());

    // A gap is an error that names it, never zeros.
    let Err(error) = snapshot.read_at(0..LENGTH).await else { return Err("no gap".into()) };
    println!("read: {error}");
    assert_eq!(error.kind(), ErrorKind::RangeMissing);
    drop(volume);

    // Somebody else, later: the gaps are what is left to do.
    let volume = Volume::existing("disk-image").open(store::open(&location)?).await?;
    let head = volume.latest().await?.ok_or("there is a snapshot")?;
    let gaps = head.gaps(0..LENGTH).collect().await?;
    println!("{} gaps are left", gaps.len());
    let staged = gaps.iter().map(|gap| volume.stage_at(gap.start(), block(gap.start())));
    let staged = try_join_all(staged).await?;
    let whole = volume.commit(staged, meta! { "step" => "rest" }).await?;
    assert_eq!(whole.gaps(0..LENGTH).count().await?, 0);

    for offset in (0..LENGTH).step_by(BLOCK as usize) {
        assert_eq!(whole.read_at(offset..offset + BLOCK).await?, block(offset));
    }
    println!("version {} is whole", whole.version().get());
    Ok(())
}

/// The bytes that belong at an offset.
fn block(offset: u64) -> Vec<u8> {
    vec![(offset / BLOCK) as u8; BLOCK as usize]
}
