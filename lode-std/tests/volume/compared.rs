//! What there is of a volume, and in what its snapshots differ.

use lode_core::manifest::pages::PageSizes;
use lode_std::stat::HistoryStat;
use lode_std::{Format, Snapshot, Version, Volume, VolumeBuilder, meta};
use object_store::ObjectStoreExt;
use object_store::path::Path;

use crate::support::scripted::Scripted;
use crate::support::{fresh, pattern};

/// A deep tree of few blocks.
const SMALL: PageSizes = PageSizes { inline: 4, leaf: 4, node: 4 };

fn builder() -> VolumeBuilder {
    Volume::builder("disk", 1 << 20).page_sizes(SMALL)
}

/// Commits blocks of 8 bytes at these places, 16 bytes apart.
async fn commit(volume: &Volume, places: impl IntoIterator<Item = u64>) -> Snapshot {
    let mut staged = Vec::new();
    for place in places {
        staged.push(volume.stage_at(place * 16, pattern(place * 16, 8)).await.unwrap());
    }
    volume.commit(staged, meta! {}).await.unwrap()
}

#[tokio::test]
async fn the_next_commit_writes_what_was_said() {
    for (format, blocks, pages) in
        [(Format::Compact, 3, 0), (Format::Compact, 60, 2), (Format::Json, 60, 0)]
    {
        let store = fresh();
        let volume = builder().format(format).open(store.clone()).await.unwrap();
        commit(&volume, 0..blocks).await;
        let said = volume.reader().stat().await.unwrap().next_commit.unwrap();
        assert_eq!((said.pages > 0, said.requests() - 2), (pages > 0, said.pages));

        let block = volume.stage_at(8, "x").await.unwrap();
        let key = |prefix: &str| Path::from(format!("volumes/disk/{prefix}"));
        let listed = async || {
            let all = store.list_with_delimiter(Some(&key("pages"))).await.unwrap().objects;
            (all.len() as u64, all.iter().map(|meta| meta.size).sum::<u64>())
        };
        let before = listed().await;
        volume.commit([block], meta! {}).await.unwrap();
        let after = listed().await;
        let (pages, page_bytes) = (after.0 - before.0, after.1 - before.1);
        let name = if format == Format::Json { "json" } else { "lode" };
        let slot = key(&format!("snapshots/{:019}/manifest.{name}", 2));
        let size = store.head(&slot).await.unwrap().size;
        // Random bits and the time take up a few bytes more or less.
        let is_close = size.abs_diff(said.manifest) <= 16
            && page_bytes.abs_diff(said.page_bytes) <= 16 * pages;
        assert!(pages == said.pages && is_close, "{size}, {pages}, {page_bytes} and {said:?}");
        assert_eq!(said.bytes(), said.manifest + said.page_bytes + 19);
    }
}

#[tokio::test]
async fn what_is_complete_or_empty_has_no_next_commit() {
    let volume = Volume::builder("disk", 10).open(fresh()).await.unwrap();
    let stat = volume.reader().stat().await.unwrap();
    assert!(stat.head.is_none() && stat.next_commit.is_none());
    assert_eq!(stat.history, HistoryStat::default());
    let block = volume.stage_at(0, "0123456789").await.unwrap();
    volume.commit([block], meta! {}).await.unwrap();
    let stat = volume.reader().stat().await.unwrap();
    assert!(stat.head.unwrap().is_complete() && stat.next_commit.is_none());
    assert_eq!((stat.gaps, stat.history.snapshots), (0, 1));
    let only = Some(Version::FIRST);
    assert_eq!((stat.history.oldest, stat.history.newest), (only, only));
}

#[tokio::test]
async fn a_comparison_reads_the_pages_that_differ() {
    let scripted = Scripted::new();
    let volume = builder().open(scripted.store()).await.unwrap();
    let first = commit(&volume, 0..300).await;
    let second = commit(&volume, [700]).await;
    let third = commit(&volume, 300..400).await;
    let reader = builder().page_cache(0).open(scripted.store()).await.unwrap().reader();
    scripted.take_calls();
    let diff = reader.diff(&first, &second).await.unwrap();
    let added: Vec<_> = diff.added.iter().map(|range| (range.start(), range.end())).collect();
    assert_eq!(added, [(11_200, 11_208)]);
    assert!(diff.removed.is_empty() && diff.replaced.is_empty());
    assert_eq!((diff.blocks_added, diff.blocks_removed), (1, 0));
    let calls = scripted.take_calls();
    // Of more than 75 leaves and 20 nodes those on the way to the one that has changed.
    assert!(calls.len() <= 16 && calls.iter().all(|call| call.contains("/pages/")), "{calls:?}");

    let diff = reader.diff(&third, &first).await.unwrap();
    assert_eq!((diff.removed.covered(), diff.added.covered()), (101 * 8, 0));
    assert_eq!((diff.blocks_added, diff.blocks_removed), (0, 101));
    scripted.take_calls();
    assert!(reader.diff(&third, &third).await.unwrap().is_empty());
    assert_eq!(scripted.take_calls(), [""; 0]);
}

#[tokio::test]
async fn blocks_in_the_manifest_are_compared_with_those_in_pages() {
    let volume = builder().open(fresh()).await.unwrap();
    let first = commit(&volume, 0..3).await;
    let second = commit(&volume, 3..30).await;
    assert!(first.manifest().blocks.inline().is_some());
    assert!(second.manifest().blocks.inline().is_none());
    let diff = volume.reader().diff(&first, &second).await.unwrap();
    assert_eq!((diff.added.len(), diff.blocks_added, diff.blocks_removed), (27, 27, 0));
    let diff = volume.reader().diff(&second, &first).await.unwrap();
    assert_eq!((diff.removed.len(), diff.blocks_added, diff.blocks_removed), (27, 0, 27));
}
