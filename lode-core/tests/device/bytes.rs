//! The manifests of a device are, byte for byte, those that a host would have written.

use fastrand::Rng;
use lode_core::Version;
use lode_core::checksum::Digest;
use lode_core::crc32c;
use lode_core::id::Id;
use lode_core::manifest::compact;
use lode_core::manifest::pages::UpdateStep;
use lode_core::manifest::{
    Block, BlockName, CollectionState, CommitId, ManifestDigest, Metadata, Onto, SlotContent,
    Value, VolumeDraft, VolumeManifest,
};
use lode_core::range::ByteRange;

use crate::medium::Medium;
use crate::{Device, LENGTH, mounted};

pub(crate) fn decode(bytes: &[u8]) -> VolumeManifest {
    match compact::decode(bytes).unwrap() {
        SlotContent::Live(manifest) => manifest,
        other => panic!("{other:?}"),
    }
}

/// Commits these blocks on a device, and makes the manifest that a host would.
struct Both {
    medium: Medium,
    device: Device<16>,
    host: Option<(VolumeManifest, ManifestDigest)>,
    next: u64,
}

impl Both {
    fn new() -> Self {
        let medium = Medium::default();
        Self { device: mounted(&medium), medium, host: None, next: 1 }
    }

    fn commit(&mut self, blocks: &[(u64, usize)], metadata: &[(&str, &str)]) {
        let mut new = Vec::new();
        for (offset, length) in blocks {
            let bytes = vec![*offset as u8; *length];
            self.device.stage(*offset, &bytes).unwrap();
            new.push(Block {
                range: ByteRange::with_length(*offset, *length as u64).unwrap(),
                name: BlockName::Written { writer: 0, suffix: self.next },
                digest: Some(Digest::from(crc32c::of(&bytes).to_be_bytes())),
            });
            self.next += 1;
        }
        let version = self.device.commit(metadata, &mut [0; 4096]).unwrap();

        let draft = VolumeDraft {
            id: Id::new("disk").unwrap(),
            total_length: LENGTH,
            checksum: Some("crc32c".into()),
            commit_id: CommitId::of_handle(7, version.get()),
            metadata: metadata
                .iter()
                .map(|(name, value)| (name.to_string(), Value::from(*value)))
                .collect::<Metadata>(),
            blocks: new,
        };
        let head = self.host.as_ref().map(|(head, digest)| (head, *digest));
        let state = CollectionState::FIRST;
        let update = draft.update(head.map(|(head, _)| head), &state).unwrap();
        let UpdateStep::Done(updated) = update.step(None).unwrap() else { panic!("no pages") };
        let onto = Onto { head, version, state, created_at: None };
        let (manifest, _) = draft.rebase(updated, onto).unwrap();
        let expected = compact::encode(&manifest).unwrap();
        let name = format!("M{:07}.LD", version.get());
        if version < Version::new(10).unwrap() {
            assert_eq!(self.medium.get(&name), expected);
        }
        let written = self.medium.objects().range("M".to_owned()..).next_back().unwrap().1.clone();
        assert_eq!(written, expected);
        assert_eq!(decode(&written), manifest);
        let trailer = u32::from_le_bytes(*expected.last_chunk().unwrap());
        self.host = Some((manifest, ManifestDigest::Crc32c(trailer)));
    }
}

#[test]
fn every_shape_of_run() {
    let mut both = Both::new();
    both.commit(&[(0, 8), (8, 8), (16, 8)], &[]);
    both.commit(&[(32, 8), (48, 8)], &[("empty", ""), ("step", "boot")]);
    both.commit(&[(100, 8), (124, 8), (140, 8), (4000, 96)], &[("a", "ä")]);
    // Numbers that do not count up, and lengths that differ.
    both.commit(&[(60, 8), (24, 8), (40, 4), (44, 4)], &[]);
    both.commit(&[(300, 200)], &[]);
    both.device.prune(1).unwrap();
    both.device.mount(crate::SETTINGS).unwrap();
    both.commit(&[(500, 200), (700, 200), (901, 200)], &[]);
}

#[test]
fn any_blocks() {
    for seed in 0..300 {
        let mut random = Rng::with_seed(seed);
        let mut both = Both::new();
        let mut places: Vec<u64> = (0..64).collect();
        for _ in 0..6 {
            let mut blocks = Vec::new();
            for _ in 0..=random.u64(..4) {
                let place = places.swap_remove(random.usize(..places.len()));
                let length = [64, 64, 32, 1][random.usize(..4)];
                blocks.push((place * 64, length));
            }
            if both.device.gaps(crate::range(0, LENGTH)).count() > 10 {
                break;
            }
            println!("seed {seed}: {blocks:?}");
            both.commit(&blocks, &[("seed", "any")]);
        }
    }
}

/// A device collects nothing, and says so in one byte, which follows the volume's length.
#[test]
fn the_state_of_collections_takes_one_byte() {
    let mut both = Both::new();
    both.commit(&[(0, 8)], &[]);
    let bytes = both.medium.get("M0000001.LD");
    let name = b"\x06crc32c";
    let checksum = bytes.windows(name.len()).position(|window| window == name).unwrap();
    assert_eq!(bytes[checksum - 1], 0);
    assert_eq!(decode(&bytes).state, CollectionState::FIRST);
}

/// A device reads what a host has committed in a later epoch.
#[test]
fn a_state_is_read_past() {
    let mut both = Both::new();
    both.commit(&[(0, 8)], &[]);
    let (mut manifest, _) = both.host.clone().unwrap();
    manifest.state = CollectionState::FIRST.collected([Version::LAST], None, None);
    both.medium.put("M0000001.LD", Some(compact::encode(&manifest).unwrap()));
    let mut device = mounted::<16>(&both.medium);
    let mut bytes = [9; 8];
    device.read_at(0, &mut bytes).unwrap();
    assert_eq!(bytes, [0; 8]);
}
