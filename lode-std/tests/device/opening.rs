//! Opening on a host what a device has written.

use std::fs;
use std::path::Path;

use futures::TryStreamExt;
use lode_core::manifest::{BlockName, SlotContent, compact};
use lode_std::device::Directory;
use lode_std::{Error, ErrorKind, Version, VolumeReader, meta};

use crate::support::medium::Medium;
use crate::support::{directory, pattern};

/// A card with the versions 5, 6 and 7; what came before is pruned.
fn card(place: &Path) {
    let mut medium = Medium::new(Directory::open(place).unwrap(), 1000, 5);
    medium.commit(&[(0, &pattern(0, 100)), (500, &pattern(500, 100))], meta! { "trip" => 1 });
    medium.commit(&[(100, &pattern(100, 100))], meta! { "trip" => 2 });
    medium.commit(&[(900, &pattern(900, 100))], meta! { "trip" => 3 });
    fs::write(place.join("readme.txt"), "not ours").unwrap();
    fs::create_dir(place.join("DCIM")).unwrap();
    fs::write(place.join("DCIM/M0000009.LD"), "in a folder, so not ours either").unwrap();
}

#[tokio::test]
async fn a_card_with_several_versions_is_read_and_left_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    card(place.path());
    let before = crate::support::fixtures::files(place.path());
    let reader = VolumeReader::of_device(directory(place.path())).await.unwrap();
    assert_eq!((reader.id().as_str(), reader.total_length()), ("logger-7", Some(1000)));
    let latest = reader.latest().await.unwrap().unwrap();
    assert_eq!((latest.version().get(), latest.created_at()), (7, None));
    assert_eq!(latest.metadata(), &meta! { "trip" => 3 });
    for (start, end) in [(0, 200), (150, 160), (500, 600), (900, 1000)] {
        let bytes = latest.read_at(start..end).await.unwrap();
        assert_eq!(bytes, pattern(start, (end - start) as usize));
    }
    let gaps = latest.gaps(0..1000).collect().await.unwrap();
    let gaps: Vec<_> = gaps.iter().map(ToString::to_string).collect();
    assert_eq!(gaps, ["200..500", "600..900"]);
    assert!(matches!(latest.read_at(100..300).await, Err(Error::RangeMissing { .. })));

    let versions = reader.versions().await.unwrap();
    assert_eq!(versions.iter().map(|version| version.get()).collect::<Vec<_>>(), [5, 6, 7]);
    let all: Vec<_> = reader.snapshots().try_collect().await.unwrap();
    assert_eq!(all.iter().map(|snapshot| snapshot.covered()).collect::<Vec<_>>(), [200, 300, 400]);
    assert_eq!(all[0].parent(), Version::new(4));
    for missing in [4, 1 << 40] {
        let error = reader.snapshot(Version::new(missing).unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
    assert_eq!(reader.tagged("any").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(crate::support::fixtures::files(place.path()), before, "something was written");
}

/// The hint is not believed: one that is old, makes no sense or is not there changes nothing.
#[tokio::test]
async fn the_newest_version_is_the_greatest() {
    for hint in
        [Some("5"), Some("0000000000000000005"), Some("0000000000000000003"), Some("?"), None]
    {
        let place = tempfile::tempdir().unwrap();
        card(place.path());
        match hint {
            Some(text) => fs::write(place.path().join("H0000000.LD"), text).unwrap(),
            None => fs::remove_file(place.path().join("H0000000.LD")).unwrap(),
        }
        let reader = VolumeReader::of_device(directory(place.path())).await.unwrap();
        let latest = reader.latest().await.unwrap().unwrap();
        assert_eq!(latest.version().get(), 7, "{hint:?}");
    }
}

#[tokio::test]
async fn damage_is_named() {
    let place = tempfile::tempdir().unwrap();
    card(place.path());
    let file = |name: &str| place.path().join(name);
    let manifest = fs::read(file("M0000007.LD")).unwrap();
    for torn in [&[][..], &manifest[..20], &manifest[..manifest.len() - 1], b"not ours at all"] {
        fs::write(file("M0000007.LD"), torn).unwrap();
        let reader = VolumeReader::of_device(directory(place.path())).await.unwrap();
        match reader.latest().await {
            Err(Error::ManifestInvalid { key, .. }) => assert_eq!(key.as_str(), "M0000007.LD"),
            other => panic!("{other:?}"),
        }
        // What is whole can be read.
        let before = reader.snapshot(Version::new(6).unwrap()).await.unwrap();
        assert_eq!(before.read_at(0..200).await.unwrap(), pattern(0, 200));
    }
    fs::write(file("M0000007.LD"), manifest).unwrap();

    let reader = VolumeReader::of_device(directory(place.path())).await.unwrap();
    let latest = reader.latest().await.unwrap().unwrap();
    fs::write(file("B0000018.LD"), [0; 100]).unwrap();
    fs::write(file("B0000019.LD"), [0; 10]).unwrap();
    fs::remove_file(file("B000001A.LD")).unwrap();
    for (range, says) in
        [(0..100, "B0000018.LD"), (500..600, "B0000019.LD"), (100..200, "B000001A.LD")]
    {
        let error = latest.read_at(range).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

/// A manifest that names blocks as no device does could make a reader look elsewhere.
#[tokio::test]
async fn foreign_names_of_blocks_are_refused() {
    for name in [
        BlockName::Written { writer: 1, suffix: 40 },
        BlockName::Written { writer: 0, suffix: 1 << 35 },
    ] {
        let place = tempfile::tempdir().unwrap();
        card(place.path());
        let path = place.path().join("M0000007.LD");
        let Ok(SlotContent::Live(mut manifest)) = compact::decode(&fs::read(&path).unwrap()) else {
            panic!("no manifest");
        };
        let mut blocks = manifest.blocks.inline().unwrap().to_vec();
        blocks[1].name = name;
        manifest.blocks = lode_core::manifest::BlockTable::from_sorted(blocks).unwrap().into();
        fs::write(&path, compact::encode(&manifest).unwrap()).unwrap();
        let reader = VolumeReader::of_device(directory(place.path())).await.unwrap();
        let error = reader.latest().await.unwrap_err();
        assert!(
            error.to_string().contains("M0000007.LD") && error.to_string().contains("blocks[1]")
        );
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
}

#[tokio::test]
async fn a_folder_without_manifests_is_no_medium() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("B0000001.LD"), "a block").unwrap();
    fs::write(place.path().join("readme.txt"), "x").unwrap();
    let error = VolumeReader::of_device(directory(place.path())).await.unwrap_err();
    assert!(matches!(error, Error::DeviceNotFound { .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    fs::write(place.path().join("M0000003.LD"), "torn").unwrap();
    let error = VolumeReader::of_device(directory(place.path())).await.unwrap_err();
    assert!(error.to_string().contains("M0000003.LD"), "{error}");
}

#[tokio::test]
async fn opening_costs_one_listing_and_one_read() {
    let scripted = crate::support::scripted::Scripted::new();
    let place = tempfile::tempdir().unwrap();
    card(place.path());
    for (path, bytes) in crate::support::fixtures::files(place.path()) {
        let name = path.strip_prefix(place.path()).unwrap().to_str().unwrap().to_string();
        scripted.tamper(&name, bytes).await;
    }
    let reader = VolumeReader::of_device(scripted.store()).await.unwrap();
    assert_eq!(scripted.take_calls(), ["list ", "get M0000007.LD"]);
    let latest = reader.latest().await.unwrap().unwrap();
    assert_eq!(scripted.take_calls(), ["list ", "get M0000007.LD"]);
    latest.read_at(500..600).await.unwrap();
    assert_eq!(scripted.take_calls(), ["get B0000019.LD"]);
}
