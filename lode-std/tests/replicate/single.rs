//! A single snapshot of a dataset becomes the next one of another.

use std::time::Duration;

use lode_std::maintain::Retention;
use lode_std::replicate::{DatasetReplication, DatasetReport, DatasetTarget};
use lode_std::{DatasetReader, Error, ErrorKind, LayoutKind, Retry, Version, meta};

use super::mirroring::{found, mirror, models, open, reader};
use crate::support::directory;
use crate::support::fixtures::fixtures;
use crate::support::scripted::Scripted;

async fn bring(
    from: &std::sync::Arc<Scripted>,
    version: u64,
    to: &std::sync::Arc<Scripted>,
) -> Result<DatasetReport, Error> {
    let source = reader(from);
    let snapshot = source.manifest("models", Version::new(version).unwrap()).await?;
    DatasetReplication::new(&source, &snapshot, to.store()).run().await
}

#[tokio::test]
async fn it_becomes_the_next_one_unless_it_is_the_newest() {
    let (from, _) = models(&["one", "two", "three"]).await;
    let to = Scripted::new();
    let target = open(&to).await;
    target.write_blob("its own", meta! {}).await.unwrap();
    for (version, becomes) in [(3, 2), (1, 3), (3, 4)] {
        let report = bring(&from, version, &to).await.unwrap();
        assert_eq!((report.snapshots, report.files), (1, 1));
        assert_eq!(report.head, Version::new(becomes));
        let before = to.objects().await;
        let report = bring(&from, version, &to).await.unwrap();
        assert_eq!((report.snapshots, report.present, report.sent), (0, 1, 0));
        assert_eq!(report.head, Version::new(becomes));
        assert_eq!(to.objects().await, before);
    }
    let newest = target.latest().await.unwrap().unwrap();
    assert_eq!(newest.metadata(), &meta! { "name" => "three" });
    assert_eq!(newest.parent(), Version::new(3));
    assert_eq!(target.read(newest.version()).await.unwrap(), ["three"]);
    let error = bring(&from, 9, &to).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

/// The newest of a copied history is the newest of its source.
#[tokio::test]
async fn a_copied_history_has_it_already() {
    let (from, _) = models(&["one", "two"]).await;
    let to = Scripted::new();
    mirror(&from, to.store()).await.unwrap();
    assert_eq!(bring(&from, 2, &to).await.unwrap().snapshots, 0);
    // Once it goes its own way it is no copy any more.
    assert_eq!(bring(&from, 1, &to).await.unwrap().snapshots, 1);
    let error = mirror(&from, to.store()).await.unwrap_err();
    assert!(matches!(error, Error::HistoryDiverged { version, .. } if version.get() == 3));
}

#[tokio::test]
async fn a_damaged_file_does_not_travel() {
    let (from, source) = models(&["one"]).await;
    let key = source.latest().await.unwrap().unwrap().files()[0].key.to_string();
    from.tamper(&key, "eno").await;
    let to = Scripted::new();
    let error = bring(&from, 1, &to).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(open(&to).await.latest().await.unwrap().is_none());
}

/// Where there are no checksums, the bytes tell.
#[tokio::test]
async fn what_go_wrote_is_brought_with_its_partitions() {
    for (id, layout) in [("hive", LayoutKind::Hive), ("timestamped", LayoutKind::Default)] {
        let source = DatasetReader::new(directory(&fixtures()), layout);
        let snapshot = source.latest(id).await.unwrap().unwrap();
        let to = Scripted::new();
        let run = || DatasetReplication::new(&source, &snapshot, to.store()).run();
        let report = run().await.unwrap();
        assert_eq!((report.snapshots, report.files), (1, snapshot.files().len()), "{id}");
        let target = DatasetReader::new(to.store(), layout);
        let copy = target.latest(id).await.unwrap().unwrap();
        let (ours, theirs) = (copy.manifest(), snapshot.manifest());
        assert_eq!((copy.version(), copy.parent()), (Version::FIRST, None));
        assert_eq!(ours.min_timestamp, theirs.min_timestamp);
        assert_eq!((&ours.codec, ours.row_count), (&theirs.codec, theirs.row_count));
        for (file, there) in snapshot.files().iter().zip(copy.files()) {
            let bytes = source.open(file).await.unwrap();
            assert_eq!(target.open(there).await.unwrap(), bytes);
        }
        assert_eq!(target.partitions(id).await.ok(), source.partitions(id).await.ok(), "{id}");
        assert_eq!(run().await.unwrap().present, 1, "{id}");
        let file = copy.files()[0].clone();
        let other = vec![b'x'; usize::try_from(file.size).unwrap()];
        to.tamper(file.key.as_str(), other).await;
        let again = run().await;
        let has_checksums = theirs.checksum.is_some();
        assert_eq!(again.unwrap().snapshots, usize::from(!has_checksums), "{id}");
    }
}

#[tokio::test]
async fn another_checksum_algorithm_is_refused() {
    let (from, _) = models(&["one"]).await;
    let to = Scripted::new();
    found(&to, LayoutKind::Default, "md5").await;
    let error = bring(&from, 1, &to).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
}

/// A collection at the target that spares nobody overtakes its files, which are still at the source.
#[tokio::test]
async fn files_that_a_collection_has_overtaken_are_sent_again() {
    let (from, _) = models(&["one", "two"]).await;
    let to = Scripted::new();
    let target = open(&to).await;
    target.write_blob("its own", meta! {}).await.unwrap();
    let gate = to.hold("snapshots/0000000000000000002/");
    let collecting = async {
        gate.reached().await;
        let hasty = target.maintenance().with_grace_period(Duration::ZERO);
        let report = hasty.collect(&Retention::ALL).await.unwrap();
        gate.open();
        report
    };
    let bringing = async {
        let source = reader(&from);
        let snapshot = source.manifest("models", Version::FIRST).await.unwrap();
        let retry = Retry { base: Duration::ZERO, ..Retry::conflicts(3) };
        let copy = DatasetTarget::new(to.store()).retry(retry);
        DatasetReplication::new(&source, &snapshot, copy).run().await
    };
    let (report, collected) = tokio::join!(bringing, collecting);
    assert_eq!(collected.deleted.objects, 1);
    assert_eq!(report.unwrap().head, Version::new(3));
    assert_eq!(target.read(Version::new(3).unwrap()).await.unwrap(), ["one"]);
}
