//! Reading with few requests: scattered ranges, and a cache.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use lode_std::{BlockCache, Error, Snapshot, Volume, meta};
use object_store::memory::InMemory;
use object_store::throttle::{ThrottleConfig, ThrottledStore};
use proptest::prelude::*;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;

use crate::support::pattern;
use crate::support::scripted::Scripted;

const MIB: u64 = 1 << 20;

/// A snapshot of `count` blocks of `length` bytes side by side, and an empty call log.
async fn snapshot(count: u64, length: u64) -> (Arc<Scripted>, Snapshot) {
    let scripted = Scripted::new();
    let builder = Volume::builder("disk", count * length + 10);
    let volume = builder.open(scripted.store()).await.unwrap();
    let mut blocks = Vec::new();
    for offset in (0..count).map(|n| n * length) {
        blocks.push(volume.stage_at(offset, pattern(offset, length as usize)).await.unwrap());
    }
    let snapshot = volume.commit(blocks, meta! {}).await.unwrap();
    scripted.take_calls();
    (scripted, snapshot)
}

fn bytes(range: &Range<u64>) -> Vec<u8> {
    pattern(range.start, (range.end - range.start) as usize)
}

#[tokio::test]
async fn scattered_ranges_are_one_request_a_block() {
    let (scripted, snapshot) = snapshot(8, 100).await;
    let ranges = [750..760, 0..10, 5..20, 30..40, 90..110, 410..420, 700..800, 3..3];
    let read = snapshot.read_many(&ranges).await.unwrap();
    for (range, read) in ranges.iter().zip(&read) {
        assert_eq!(read, &bytes(range), "{range:?}");
    }
    assert_eq!(scripted.take_calls().len(), 4, "of the blocks 0, 1, 4 and 7");
    assert!(snapshot.read_many(&[]).await.unwrap().is_empty());
    assert_eq!(scripted.take_calls(), Vec::<String>::new());
}

#[tokio::test]
async fn of_a_large_block_what_is_far_apart_is_read_apart() {
    let (scripted, snapshot) = snapshot(1, 2 * MIB).await;
    let near = [0..10, 60_000..60_010, 100_000..100_010];
    let far = [MIB..MIB + 10, MIB + 10..MIB + 20];
    let ranges = [&near[..], &far[..]].concat();
    let read = snapshot.read_many(&ranges).await.unwrap();
    for (range, read) in ranges.iter().zip(&read) {
        assert_eq!(read, &bytes(range), "{range:?}");
    }
    assert_eq!(scripted.take_calls().len(), 2);
}

/// From a store that takes 50 ms for a read, of which the clock of the test knows.
#[tokio::test(start_paused = true)]
async fn a_reader_fetches_as_many_blocks_ahead_as_it_is_told() {
    let wait = Duration::from_millis(50);
    let latency = ThrottleConfig { wait_get_per_call: wait, ..ThrottleConfig::default() };
    let store = Arc::new(ThrottledStore::new(InMemory::new(), latency));
    let volume = Volume::builder("disk", 2000).open(store).await.unwrap();
    let blocks = volume.stage_reader(0, &pattern(0, 2000)[..], 100).await.unwrap();
    let snapshot = volume.commit(blocks, meta! {}).await.unwrap();
    for (ahead, round_trips) in [(0, 20), (1, 20), (2, 10), (5, 4), (50, 1)] {
        let mut reader = snapshot.reader().read_ahead(ahead);
        let (begin, mut read) = (Instant::now(), Vec::new());
        reader.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, pattern(0, 2000));
        assert_eq!(begin.elapsed().as_millis() / 50, round_trips, "{ahead}");
    }
    // While a block is worked on, those ahead of it come.
    let mut reader = snapshot.reader().read_ahead(1);
    let begin = Instant::now();
    for number in 0..20 {
        let mut block = [0; 100];
        reader.read_exact(&mut block).await.unwrap();
        assert_eq!(block[..], pattern(number * 100, 100));
        tokio::time::sleep(wait).await;
    }
    assert_eq!(begin.elapsed().as_millis() / 50, 21);
}

#[tokio::test]
async fn reading_on_after_a_failure_is_to_try_again() {
    let (scripted, snapshot) = snapshot(5, 100).await;
    let mut keys = scripted.objects().await.into_iter().map(|(key, _)| key);
    let key = keys.find(|key| key.contains("/data/200-100")).unwrap();
    for ahead in [0, 1, 5] {
        scripted.tamper(&key, "damaged").await;
        let mut reader = snapshot.reader().read_ahead(ahead);
        let mut read = Vec::new();
        for _ in 0..2 {
            let error = reader.read_to_end(&mut read).await.unwrap_err();
            let error = error.downcast::<Error>().unwrap();
            assert!(matches!(error, Error::Truncated { .. }), "{error}");
            assert_eq!(read, pattern(0, 200), "{ahead} ahead");
        }
        scripted.tamper(&key, pattern(200, 100)).await;
        // Ten bytes behind the blocks were never written.
        reader.read_to_end(&mut read).await.unwrap_err();
        assert_eq!(read, pattern(0, 500), "{ahead} ahead");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_named() {
    let (scripted, snapshot) = snapshot(2, 100).await;
    let error = snapshot.read_many(&[0..10, 190..205]).await.unwrap_err();
    assert!(matches!(error, Error::RangeMissing { gap, .. } if gap.start() == 200), "{error}");
    let error = snapshot.read_many(&[0..10, 200..300]).await.unwrap_err();
    assert!(matches!(error, Error::OutOfBounds { .. }), "{error}");
    assert_eq!(scripted.take_calls(), Vec::<String>::new());
}

#[tokio::test]
async fn a_cache_saves_requests_and_stays_within_its_budget() {
    let (scripted, snapshot) = snapshot(4, 100).await;
    let cache = BlockCache::new(250);
    let cached = snapshot.clone().with_cache(&cache);
    for block in [0, 1, 0, 0, 1] {
        let range = block * 100 + 10..block * 100 + 20;
        assert_eq!(cached.read_at(range.clone()).await.unwrap(), bytes(&range));
    }
    assert_eq!((scripted.take_calls().len(), cache.used()), (2, 200));
    // The first was asked for before the second, so it makes room.
    cached.read_at(200..300).await.unwrap();
    assert_eq!(cache.used(), 200);
    scripted.take_calls();
    assert_eq!(cached.read_at(100..300).await.unwrap(), bytes(&(100..300)));
    assert_eq!(scripted.take_calls(), Vec::<String>::new());
    cached.read_many(&[250..260, 0..1]).await.unwrap();
    assert_eq!(scripted.take_calls().len(), 1);
    // Without it the store is asked.
    snapshot.read_at(100..110).await.unwrap();
    assert_eq!(scripted.take_calls().len(), 1);
}

#[tokio::test]
async fn a_part_of_a_large_block_and_a_damaged_one_are_not_kept() {
    let (scripted, snapshot) = snapshot(1, 2 * MIB).await;
    let cache = BlockCache::new(10 * MIB);
    let snapshot = snapshot.with_cache(&cache);
    snapshot.read_at(0..10).await.unwrap();
    assert_eq!(cache.used(), 0);
    let (key, damaged) = {
        let objects = scripted.objects().await;
        let (key, bytes) = objects.into_iter().find(|(key, _)| key.contains("/data/")).unwrap();
        let mut damaged = bytes.to_vec();
        damaged[7] ^= 1;
        (key, damaged)
    };
    scripted.tamper(&key, damaged).await;
    let error = snapshot.read_verified(0..10).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    assert_eq!(cache.used(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::support::cases(64)))]

    /// Whatever is asked for, and whatever the cache has room for.
    #[test]
    fn many_are_what_each_would_be(
        ranges in prop::collection::vec((0..400_u64, 0..150_u64), 0..12),
        length in 1..130_u64,
        budget in 0..500_u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_, snapshot) = snapshot(550_u64.div_ceil(length), length).await;
            let snapshot = snapshot.with_cache(&BlockCache::new(budget));
            let ranges: Vec<_> = ranges.into_iter().map(|(at, length)| at..at + length).collect();
            for _ in 0..2 {
                let read = snapshot.read_many(&ranges).await.unwrap();
                prop_assert_eq!(read.len(), ranges.len());
                for (range, read) in ranges.iter().zip(&read) {
                    prop_assert_eq!(read, &bytes(range));
                    prop_assert_eq!(&snapshot.read_at(range.clone()).await.unwrap(), read);
                }
            }
            Ok(())
        })?;
    }
}
