//! What both have must be the same.

use lode_std::replicate::Replication;
use lode_std::{ByteRange, Checksums, Error, ErrorKind, Volume, meta};

use super::{LENGTH, commit, head, volume};
use crate::support::scripted::Scripted;
use crate::support::{fresh, pattern};

/// The ranges in which a replication found other bytes.
async fn diverged(source: &Volume, target: &Volume) -> Vec<String> {
    let source = head(source).await;
    match Replication::new(&source, target).run().await {
        Err(Error::Diverged { ranges, .. }) => ranges.iter().map(ByteRange::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn other_bytes_are_named_and_nothing_is_changed() {
    let source = volume(fresh(), &[(0, 100), (100, 200), (300, 400), (500, 600)]).await;
    let to = Scripted::new();
    let target = volume(to.store(), &[(300, 400)]).await;
    let mut bytes = pattern(150, 100);
    (bytes[10], bytes[30]) = (!bytes[10], !bytes[30]);
    let cut = target.stage_at(150, bytes).await.unwrap();
    let whole = target.stage_at(500, vec![7; 100]).await.unwrap();
    target.commit([cut, whole], meta! {}).await.unwrap();
    let before = to.objects().await;
    // A part is compared byte by byte, equal ranges by their digests.
    assert_eq!(diverged(&source, &target).await, ["160..181", "500..600"]);
    let error = Replication::new(&head(&source).await, &target).run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert!(error.to_string().contains("160..181, 500..600: nothing was changed"), "{error}");
    assert_eq!(to.objects().await, before);
}

#[tokio::test]
async fn another_algorithm_is_compared_byte_by_byte() {
    let md5 = Checksums::default().find("md5").unwrap();
    let source = volume(fresh(), &[(0, 100), (100, 200)]).await;
    let target = Volume::builder("disk", LENGTH).checksum(md5).open(fresh()).await.unwrap();
    commit(&target, &[(0, 100)]).await;
    let report = Replication::new(&head(&source).await, &target).run().await.unwrap();
    assert_eq!((report.sent, report.present, report.compared), (100, 100, 100));

    let mut bytes = pattern(200, 100);
    bytes[99] ^= 1;
    let block = target.stage_at(200, bytes).await.unwrap();
    target.commit([block], meta! {}).await.unwrap();
    commit(&source, &[(200, 300)]).await;
    assert_eq!(diverged(&source, &target).await, ["299..300"]);
}

/// Damage on one side is not what was committed there.
#[tokio::test]
async fn damage_is_not_taken_for_other_bytes() {
    let md5 = Checksums::default().find("md5").unwrap();
    let source = volume(fresh(), &[(0, 100)]).await;
    let to = Scripted::new();
    let target = Volume::builder("disk", LENGTH).checksum(md5).open(to.store()).await.unwrap();
    commit(&target, &[(0, 100)]).await;
    for (key, _) in to.objects().await {
        if key.contains("/data/") {
            to.tamper(&key, vec![7; 100]).await;
        }
    }
    let error = Replication::new(&head(&source).await, &target).run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
}

#[tokio::test]
async fn what_another_writer_commits_meanwhile_is_seen() {
    let source = head(&volume(fresh(), &[(0, 100), (100, 200)]).await).await;
    let to = Scripted::new();
    let builder = || Volume::builder("disk", LENGTH).retry(lode_std::Retry::conflicts(9));
    let target = builder().open(to.store()).await.unwrap();
    let other = builder().open(to.store()).await.unwrap();
    let gate = to.hold("/snapshots/");
    let run = Replication::new(&source, &target).run();
    let rival = async {
        gate.reached().await;
        // In the way of both blocks that are about to be committed, with the same bytes.
        commit(&other, &[(50, 150)]).await;
        gate.open();
    };
    let (report, ()) = futures::future::join(run, rival).await;
    let report = report.unwrap();
    assert_eq!((report.sent, report.present, report.compared), (100, 100, 100));
    super::check_has(&head(&target).await, &source).await;
}
