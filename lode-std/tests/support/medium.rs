//! A device's medium, put together by hand with the host's encoder: what a device writes, written
//! by somebody else.

use lode_core::Version;
use lode_core::checksum::Checksum;
use lode_core::crc32c::Crc32c;
use lode_core::id::Id;
use lode_core::manifest::{
    Block, BlockName, Blocks, CollectionState, CommitId, ManifestDigest, Metadata, VolumeManifest,
    compact,
};
use lode_core::range::ByteRange;
use lode_core::store::{Name, ObjectKind, Store};

/// A volume as a device keeps it.
pub struct Medium<S> {
    /// Where.
    pub store: S,
    manifest: VolumeManifest,
    /// The number of the next block.
    next_block: u64,
}

/// The name of a manifest.
pub fn manifest_name(version: u64) -> Name {
    Name::new(ObjectKind::Manifest, version).unwrap()
}

/// The name of a block.
pub fn block_name(number: u64) -> Name {
    Name::new(ObjectKind::Block, number).unwrap()
}

impl<S: Store> Medium<S> {
    /// An empty volume `logger-7` whose next version is `first`, as if all before had been pruned.
    pub fn new(store: S, total_length: u64, first: u64) -> Self {
        let manifest = VolumeManifest {
            id: Id::new("logger-7").unwrap(),
            version: Version::new(first).unwrap(),
            parent: Version::new(first - 1),
            parent_digest: Some(ManifestDigest::Crc32c(7)),
            commit_id: Some(CommitId::of_handle(7, first)),
            created_at: None,
            total_length,
            checksum: Some("crc32c".into()),
            metadata: Metadata::new(),
            blocks: Blocks::default(),
            state: CollectionState::FIRST,
            extra: Metadata::new(),
        };
        Self { store, manifest, next_block: 40 }
    }

    /// Commits these blocks, each an offset and bytes, as the next version.
    pub fn commit(&mut self, blocks: &[(u64, &[u8])], metadata: Metadata) {
        let new = blocks.iter().map(|(offset, bytes)| {
            let name = BlockName::Written { writer: 0, suffix: self.next_block };
            self.store.create(&block_name(self.next_block), &[bytes]).unwrap();
            self.next_block += 1;
            let range = ByteRange::with_length(*offset, bytes.len() as u64).unwrap();
            Block { range, name, digest: Some(Crc32c::digest(bytes)) }
        });
        let blocks =
            self.manifest.blocks.inline().unwrap().merge(new.collect()).unwrap().table.into();
        let manifest = VolumeManifest { metadata, blocks, ..self.manifest.clone() };
        let bytes = compact::encode(&manifest).unwrap();
        self.store.create(&manifest_name(manifest.version.get()), &[&bytes]).unwrap();
        let hint = manifest_name(manifest.version.get());
        self.store.replace(&Name::HINT, &[hint.as_str().as_bytes()]).unwrap();
        let trailer = bytes.last_chunk::<4>().unwrap();
        self.manifest = VolumeManifest {
            parent: Some(manifest.version),
            parent_digest: Some(ManifestDigest::Crc32c(u32::from_le_bytes(*trailer))),
            version: manifest.version.next().unwrap(),
            commit_id: Some(CommitId::of_handle(7, manifest.version.get() + 1)),
            ..manifest
        };
    }
}
