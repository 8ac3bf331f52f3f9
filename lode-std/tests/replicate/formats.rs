//! A volume in the other format.

use lode_std::replicate::{Replay, Replication};
use lode_std::{Format, Volume, VolumeReader, meta, store};

use super::{check_has, head};
use crate::support::fixtures::fixtures;
use crate::support::{directory, fresh, pattern};

/// More blocks than a compact manifest lists itself.
const BLOCKS: u64 = 600;

#[tokio::test]
async fn a_large_volume_goes_both_ways() {
    let source = Volume::builder("disk", 10 * BLOCKS).open(fresh()).await.unwrap();
    let mut staged = Vec::new();
    for number in 0..BLOCKS {
        // Every third one is a gap.
        if number % 3 != 2 {
            staged.push(source.stage_at(10 * number, pattern(10 * number, 10)).await.unwrap());
        }
    }
    let half = staged.split_off(300);
    source.commit(staged, meta! { "step" => 1 }).await.unwrap();
    source.commit(half, meta! { "step" => 2 }).await.unwrap();

    let mut source = source;
    for format in [Format::Json, Format::Compact, Format::Json] {
        let builder = Volume::existing("disk").format(format);
        let like = head(&source).await;
        let target = builder.open_like(&like, fresh()).await.unwrap();
        let report = Replay::new(&source.reader(), &target).batch(1000).run().await.unwrap();
        assert_eq!((report.snapshots, report.sent, report.verified), (2, 4000, 4000));
        let copy = head(&target).await;
        assert_eq!(target.format(), format);
        assert_eq!(copy.version(), like.version());
        assert_eq!(copy.metadata(), &meta! { "step" => 2 });
        let ranges = |blocks: Vec<lode_core::manifest::Block>| {
            blocks.iter().map(|block| (block.range, block.digest)).collect::<Vec<_>>()
        };
        let blocks = copy.blocks(0..copy.len()).collect().await.unwrap();
        let expected = like.blocks(0..like.len()).collect().await.unwrap();
        assert_eq!(ranges(blocks), ranges(expected));
        assert_eq!(copy.read_at(0..20).await.unwrap(), pattern(0, 20));
        source = target;
    }
}

async fn go(id: &str) -> VolumeReader {
    Volume::existing(id).open_read_only(directory(&fixtures())).await.unwrap()
}

#[tokio::test]
async fn what_go_wrote_goes_into_either_format_and_back() {
    for id in ["disk-image", "plain"] {
        let source = go(id).await;
        let newest = source.latest().await.unwrap().unwrap();
        let snapshots = source.versions().await.unwrap().len();
        for format in [Format::Compact, Format::Json] {
            let builder = Volume::existing(id).format(format);
            let target = builder.open_like(&newest, fresh()).await.unwrap();
            let report = Replay::new(&source, &target).run().await.unwrap();
            assert_eq!((report.snapshots, report.sent), (snapshots, newest.covered()), "{id}");
            let copy = head(&target).await;
            assert_eq!(copy.metadata(), newest.metadata());
            check_has(&copy, &newest).await;

            let back = store::open("memory:").unwrap();
            let back = Volume::existing(id).format(Format::Json).open_like(&copy, back);
            let back = back.await.unwrap();
            Replication::new(&copy, &back).run().await.unwrap();
            check_has(&head(&back).await, &newest).await;
        }
    }
}
