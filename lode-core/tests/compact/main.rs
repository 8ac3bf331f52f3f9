//! The compact format: its bytes as specified, its sizes, and what it makes of hostile ones.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests lie outside of test functions"
)]

#[path = "../support/forge.rs"]
mod forge;
mod hostile;
mod round_trip;
mod vectors;

use lode_core::Version;
use lode_core::checksum::Digest;
use lode_core::id::Id;
use lode_core::manifest::{
    Block, BlockName, BlockTable, CollectionState, Metadata, VolumeManifest,
};
use lode_core::range::ByteRange;

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn block(offset: u64, length: u64, (writer, suffix): (u64, u64), digest: &[u8]) -> Block {
    Block {
        range: ByteRange::with_length(offset, length).unwrap(),
        name: BlockName::Written { writer, suffix },
        digest: Some(Digest::new(digest).unwrap()),
    }
}

/// The first version of the volume `disk`, of 64 KiB, with these blocks.
fn manifest(blocks: Vec<Block>) -> VolumeManifest {
    VolumeManifest {
        id: Id::new("disk").unwrap(),
        version: Version::FIRST,
        parent: None,
        parent_digest: None,
        commit_id: None,
        created_at: None,
        total_length: 65536,
        checksum: Some("crc32c".into()),
        metadata: Metadata::new(),
        blocks: BlockTable::from_sorted(blocks).unwrap().into(),
        state: CollectionState::FIRST,
        extra: Metadata::new(),
    }
}
