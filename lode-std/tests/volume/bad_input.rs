//! Whatever is wrong is an error of its own that names the thing and the place.

use std::sync::Arc;

use lode_std::{Error, ErrorKind, Format, Version, Volume, meta, store};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::support::scripted::Scripted;
use crate::support::{fresh, volume};

#[tokio::test]
async fn lengths_and_ranges() {
    for length in [0, 1 << 63, u64::MAX] {
        let result = Volume::builder("disk", length).open(fresh()).await;
        assert!(matches!(result, Err(Error::InvalidLength { length: l }) if l == length));
    }
    let volume = volume(&fresh()).await;
    for (offset, length, end) in [(999, 2, 1001), (1000, 1, 1001), (u64::MAX, 1, u64::MAX)] {
        let result = volume.stage_at(offset, vec![0; length]).await;
        let Err(Error::OutOfBounds { start, end: e, total_length: 1000 }) = result else {
            panic!("{result:?}")
        };
        assert_eq!((start, e), (offset, end));
    }
    let empty = volume.stage_at(5, "").await;
    assert!(matches!(empty, Err(Error::EmptyBlock { offset: 5 })));
    let nothing = volume.commit([], meta! {}).await;
    assert!(matches!(nothing, Err(Error::EmptyCommit)));

    let block = volume.stage_at(0, "block").await.unwrap();
    let snapshot = volume.commit([block], meta! {}).await.unwrap();
    #[allow(clippy::reversed_empty_ranges, reason = "that is what is tested")]
    for range in [0..1001, 5..3, 2000..2000, u64::MAX - 1..u64::MAX] {
        let result = snapshot.read_at(range).await;
        assert!(matches!(result, Err(Error::OutOfBounds { .. })), "{result:?}");
    }
}

#[tokio::test]
async fn overlaps() {
    let volume = volume(&fresh()).await;
    let block = volume.stage_at(10, "0123456789").await.unwrap();
    volume.commit([block], meta! {}).await.unwrap();
    for (offset, bytes) in [(10, "other byte"), (5, "012345"), (19, "ab"), (12, "x")] {
        let block = volume.stage_at(offset, bytes).await.unwrap();
        let error = volume.commit([block], meta! {}).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Overlap);
        assert!(error.to_string().contains("10..20"), "{error}");
    }
    let twice = [volume.stage_at(30, "aaa"), volume.stage_at(31, "bbb")];
    let twice = futures::future::try_join_all(twice).await.unwrap();
    let error = volume.commit(twice, meta! {}).await.unwrap_err();
    assert!(matches!(error, Error::Overlap { .. }), "{error}");
    assert_eq!(volume.latest().await.unwrap().unwrap().version(), Version::FIRST);
}

#[tokio::test]
async fn ids() {
    let endless = "x".repeat(10_000);
    for id in ["", ".", "..", "a/b", "../a", "a\\b", "a\0b", endless.as_str(), "Upper", "-a"] {
        let result = Volume::builder(id, 1).open(fresh()).await;
        let Err(error @ Error::InvalidId { .. }) = result else { panic!("{id:?}: {result:?}") };
        assert!(error.to_string().len() < 300, "{error}");
    }
    let gone = Volume::existing("gone");
    let error = gone.clone().open(fresh()).await.unwrap_err();
    assert!(matches!(error, Error::VolumeNotFound { .. }), "{error}");
    let error = gone.open_read_only(fresh()).await.unwrap_err();
    assert!(matches!(error, Error::VolumeNotFound { .. }), "{error}");
    let version = Version::new(7).unwrap();
    let error = volume(&fresh()).await.snapshot(version).await.unwrap_err();
    assert!(matches!(error, Error::SnapshotNotFound { version: v, .. } if v == version));
}

#[tokio::test]
async fn stores() {
    let error = store::open("/no/such/directory").unwrap_err();
    assert!(matches!(&error, Error::StoreNotFound { path } if path.ends_with("directory")));
    assert!(matches!(store::open("file:///no/such"), Err(Error::StoreNotFound { .. })));
    for url in ["gopher://x/y", "", "file://host/path"] {
        assert!(matches!(store::open(url), Err(Error::StoreUrl { .. })), "{url}");
    }
}

/// A volume of one block, tampered with.
struct Victim {
    scripted: Arc<Scripted>,
    format: Format,
}

impl Victim {
    async fn new(format: Format) -> Self {
        let scripted = Scripted::in_memory();
        let builder = Volume::builder("disk", 1000).format(format);
        let volume = builder.open(scripted.store()).await.unwrap();
        let block = volume.stage_at(0, "0123456789").await.unwrap();
        volume.commit([block], meta! {}).await.unwrap();
        Self { scripted, format }
    }

    fn slot(&self) -> String {
        format!("volumes/disk/snapshots/{:019}/{}", 1, self.format.slot_name())
    }

    async fn bytes(&self, key: &str) -> Vec<u8> {
        let object = self.scripted.get(&Path::from(key)).await.unwrap();
        object.bytes().await.unwrap().to_vec()
    }

    async fn data_key(&self) -> String {
        use futures::TryStreamExt;
        let data = Path::from("volumes/disk/data");
        let list: Vec<_> = self.scripted.list(Some(&data)).try_collect().await.unwrap();
        list[0].location.to_string()
    }

    /// What a new reader says of the newest snapshot, and of reading it.
    async fn read(&self) -> Result<bytes::Bytes, Error> {
        let reader = Volume::existing("disk").open_read_only(self.scripted.store()).await?;
        let snapshot = reader.latest().await?.unwrap();
        snapshot.read_at(0..10).await
    }
}

#[tokio::test]
async fn every_flipped_bit_of_a_compact_manifest_is_noticed() {
    let victim = Victim::new(Format::Compact).await;
    let good = victim.bytes(&victim.slot()).await;
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        victim.scripted.tamper(&victim.slot(), bad).await;
        match victim.read().await {
            Err(Error::ManifestInvalid { key, .. }) => assert_eq!(key.as_str(), victim.slot()),
            other => panic!("bit {bit}: {other:?}"),
        }
    }
    victim.scripted.tamper(&victim.slot(), good).await;
    assert_eq!(victim.read().await.unwrap(), "0123456789");
}

#[tokio::test]
async fn every_truncation_of_a_manifest_is_noticed() {
    for format in [Format::Compact, Format::Json] {
        let victim = Victim::new(format).await;
        let good = victim.bytes(&victim.slot()).await;
        for length in 0..good.len() {
            victim.scripted.tamper(&victim.slot(), good[..length].to_vec()).await;
            let error = victim.read().await.unwrap_err();
            assert!(matches!(error, Error::ManifestInvalid { .. }), "{length}: {error}");
            assert_eq!(error.kind(), ErrorKind::Corrupt);
        }
        // Nothing is lost: with the good bytes back, all is there.
        victim.scripted.tamper(&victim.slot(), good).await;
        assert_eq!(victim.read().await.unwrap(), "0123456789");
    }
}

/// JSON has no checksum of its own, so a flip may leave a manifest that is valid; but it never
/// makes a reader panic or return other bytes than were committed.
#[tokio::test]
async fn no_flipped_bit_of_a_json_manifest_gives_wrong_bytes() {
    let victim = Victim::new(Format::Json).await;
    let good = victim.bytes(&victim.slot()).await;
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        victim.scripted.tamper(&victim.slot(), bad).await;
        if let Ok(bytes) = victim.read().await {
            assert_eq!(bytes, "0123456789", "bit {bit}");
        }
    }
}

#[tokio::test]
async fn every_flipped_bit_of_a_block_is_noticed() {
    for format in [Format::Compact, Format::Json] {
        let victim = Victim::new(format).await;
        let key = victim.data_key().await;
        for bit in 0..80 {
            let mut bad = b"0123456789".to_vec();
            bad[bit / 8] ^= 1 << (bit % 8);
            victim.scripted.tamper(&key, bad).await;
            match victim.read().await {
                Err(Error::Corrupt { key: found, expected, found: digest }) => {
                    assert_eq!(found.as_str(), key);
                    assert_ne!(expected, digest);
                }
                other => panic!("bit {bit}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_block_that_is_cut_short_or_gone() {
    let victim = Victim::new(Format::Compact).await;
    let key = victim.data_key().await;
    for length in 0..10 {
        victim.scripted.tamper(&key, b"0123456789"[..length].to_vec()).await;
        match victim.read().await {
            Err(Error::Truncated { key: found, expected: 10, found: bytes }) => {
                assert_eq!((found.as_str(), bytes), (key.as_str(), length as u64));
            }
            other => panic!("{length}: {other:?}"),
        }
    }
    victim.scripted.delete(&Path::from(key.as_str())).await.unwrap();
    let error = victim.read().await.unwrap_err();
    assert!(matches!(&error, Error::Missing { key: found } if found.as_str() == key), "{error}");
}

#[tokio::test]
async fn a_manifest_of_another_volume_or_length() {
    let victim = Victim::new(Format::Json).await;
    let text = String::from_utf8(victim.bytes(&victim.slot()).await).unwrap();
    for (from, to, field) in [
        ("disk", "risk", "volume_id"),
        ("\"total_length\": 1000", "\"total_length\": 1001", "total_length"),
        (
            "\"snapshot_id\": \"0000000000000000001\"",
            "\"snapshot_id\": \"0000000000000000002\"",
            "snapshot_id",
        ),
    ] {
        victim.scripted.tamper(&victim.slot(), text.replace(from, to)).await;
        match victim.read().await {
            Err(Error::Mismatch { key, source }) => {
                assert_eq!((key.as_str(), source.field), (victim.slot().as_str(), field));
            }
            other => panic!("{field}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn nothing_is_built_on_a_damaged_head() {
    let victim = Victim::new(Format::Compact).await;
    let store = victim.scripted.store();
    let block = volume(&store).await.stage_at(500, "block").await.unwrap();
    victim.scripted.tamper(&victim.slot(), "torn").await;
    let volume = volume(&store).await;
    // Not even staged: nobody knows the epoch.
    let error = volume.stage_at(500, "block").await.unwrap_err();
    assert!(matches!(error, Error::ManifestInvalid { .. }), "{error}");
    let error = volume.commit([block], meta! {}).await.unwrap_err();
    assert!(matches!(error, Error::ManifestInvalid { .. }), "{error}");
    assert_eq!(volume.reader().versions().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_damaged_descriptor() {
    let victim = Victim::new(Format::Compact).await;
    let key = "volumes/disk/volume.json";
    let good = String::from_utf8(victim.bytes(key).await).unwrap();
    for bad in ["", "{", "{}", &good.replace("lode-volume", "else"), &good[..good.len() - 2]] {
        victim.scripted.tamper(key, bad.to_string()).await;
        let result = Volume::builder("disk", 1000).open(victim.scripted.store()).await;
        let Err(Error::ManifestInvalid { key: found, .. }) = result else { panic!("{result:?}") };
        assert_eq!(found.as_str(), key);
    }
    let unknown = good.replace("xxh3-128", "sha-9000");
    victim.scripted.tamper(key, unknown).await;
    let result = Volume::builder("disk", 1000).open(victim.scripted.store()).await;
    assert!(matches!(&result, Err(Error::UnknownChecksum { name, .. }) if name == "sha-9000"));
}

#[tokio::test]
async fn metadata_that_cannot_be_written() {
    for format in [Format::Compact, Format::Json] {
        let builder = Volume::builder("disk", 1000).format(format);
        let volume = builder.open(fresh()).await.unwrap();
        let block = volume.stage_at(0, "block").await.unwrap();
        let error = volume.commit([block], meta! { "x" => f64::NAN }).await.unwrap_err();
        assert!(matches!(error, Error::Unwritable { .. }), "{error}");
        assert!(error.to_string().contains("metadata.x"), "{error}");
        assert!(volume.latest().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_block_of_another_volume() {
    let store = fresh();
    let ours = volume(&store).await;
    let theirs = Volume::builder("other", 1000).open(store).await.unwrap();
    let block = theirs.stage_at(0, "block").await.unwrap();
    let error = ours.commit([block], meta! {}).await.unwrap_err();
    assert!(matches!(error, Error::ForeignBlock { .. }), "{error}");
}
