//! Reading the compact format.

use alloc::string::ToString;

use super::prefix::{Kind, Prefix, PrefixError};
use super::reader::Reader;
use super::runs::{read_digest_size, read_table};
use super::wire::WireDigest;
use super::{metadata, page, shape, state};
use crate::Version;
use crate::id::Id;
use crate::manifest::pages::PageNode;
use crate::manifest::{
    Blocks, CollectionState, ManifestError, Metadata, Purpose, Record, SlotContent, Tombstone,
    VolumeManifest,
};
use crate::time::Timestamp;

/// What the bytes of a slot hold. Costs O(blocks); allocates no more than a few times the bytes.
///
/// # Errors
///
/// [`ManifestError::Trailer`] if any bit is not what was written, [`ManifestError::Version`] if
/// it is a later version of the format, else [`ManifestError::Decode`] with the place and field.
pub fn decode(bytes: &[u8]) -> Result<SlotContent<VolumeManifest>, ManifestError> {
    let (prefix, body) = Prefix::split(bytes).map_err(ManifestError::from)?;
    let mut reader = Reader::new(body, Prefix::SIZE);
    let content = match prefix.kind {
        Kind::VolumeManifest => SlotContent::Live(manifest(&mut reader, inline)?),
        Kind::PagedManifest => SlotContent::Live(manifest(&mut reader, paged)?),
        Kind::VolumeTombstone => SlotContent::Collected(tombstone(&mut reader)?),
        Kind::VolumeRecord => SlotContent::Record(record(&mut reader)?),
        Kind::Page => return Err(wrong_kind("it is a page, not a manifest")),
        Kind::Tag => return Err(wrong_kind("it is a tag, not a manifest")),
    };
    reader.finish("end")?;
    Ok(content)
}

impl From<PrefixError> for ManifestError {
    fn from(error: PrefixError) -> Self {
        let (at, field, reason) = match error {
            PrefixError::Trailer { expected, found } => return Self::Trailer { expected, found },
            PrefixError::Format { found } => return Self::Version { found: found.to_string() },
            PrefixError::Kind => (5, "kind", "an object of this kind is not known"),
            PrefixError::Magic => (0, "magic", "it does not begin with LODE"),
            PrefixError::Short => (0, "prefix", "it is shorter than any manifest"),
        };
        Self::Decode { at, field, reason }
    }
}

/// An object of another kind than the one that is asked for.
pub(super) fn wrong_kind(reason: &'static str) -> ManifestError {
    ManifestError::Decode { at: 5, field: "kind", reason }
}

/// A manifest, of which `content` reads what lies behind the name of the checksum.
fn manifest(
    reader: &mut Reader<'_>,
    content: fn(&mut Reader<'_>) -> Result<(Metadata, Blocks), ManifestError>,
) -> Result<VolumeManifest, ManifestError> {
    let head = HeadFields::read(reader)?;
    let state = read_state(reader)?;
    let checksum: &str = reader.take("checksum")?;
    let (metadata, blocks) = content(reader)?;
    let manifest = VolumeManifest {
        id: head.id,
        version: head.version,
        parent: head.parent,
        parent_digest: head.parent_digest,
        commit_id: head.commit_id,
        created_at: head.created_at,
        total_length: head.total_length,
        checksum: Some(checksum.into()),
        metadata,
        blocks,
        state,
        extra: Metadata::new(),
    };
    manifest.validate()?;
    Ok(manifest)
}

fn inline(reader: &mut Reader<'_>) -> Result<(Metadata, Blocks), ManifestError> {
    let digest_size = read_digest_size(reader)?;
    let metadata = read_metadata(reader)?;
    Ok((metadata, Blocks::Inline(read_table(reader, digest_size)?)))
}

fn paged(reader: &mut Reader<'_>) -> Result<(Metadata, Blocks), ManifestError> {
    let metadata = read_metadata(reader)?;
    let level = reader.checked("level", "it is not 1 to 32", |level: u8| {
        Some(level).filter(|level| (1..=PageNode::MAX_LEVEL).contains(level))
    })?;
    Ok((metadata, Blocks::Paged(page::read_node(reader, level)?)))
}

fn read_metadata(reader: &mut Reader<'_>) -> Result<Metadata, ManifestError> {
    let metadata: &[u8] = reader.take("metadata")?;
    metadata::decode(metadata, reader.at - metadata.len())
}

fn tombstone(reader: &mut Reader<'_>) -> Result<Tombstone, ManifestError> {
    let head = HeadFields::read(reader)?;
    Ok(Tombstone {
        id: head.id,
        version: head.version,
        parent: head.parent,
        parent_digest: head.parent_digest,
        commit_id: head.commit_id,
        digest: reader.take("digest")?,
        total_length: Some(head.total_length),
        created_at: head.created_at,
    })
}

fn record(reader: &mut Reader<'_>) -> Result<Record, ManifestError> {
    let head = HeadFields::read(reader)?;
    Ok(Record {
        id: head.id,
        version: head.version,
        parent: head.parent,
        parent_digest: head.parent_digest,
        commit_id: head.commit_id,
        created_at: head.created_at,
        total_length: Some(head.total_length),
        state: read_state(reader)?,
        purpose: reader.checked("purpose", "it is not 1 or 2", |purpose: u8| match purpose {
            shape::COLLECTION => Some(Purpose::Collection),
            shape::REPAIR => Some(Purpose::Repair),
            _ => None,
        })?,
    })
}

fn read_state(reader: &mut Reader<'_>) -> Result<CollectionState, ManifestError> {
    let bytes: &[u8] = reader.take("state")?;
    state::decode(bytes, reader.at - bytes.len())
}

/// What a manifest and its tombstone share, checked.
struct HeadFields {
    id: Id,
    version: Version,
    parent: Option<Version>,
    parent_digest: Option<crate::manifest::ManifestDigest>,
    commit_id: Option<crate::manifest::CommitId>,
    created_at: Option<Timestamp>,
    total_length: u64,
}

impl HeadFields {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ManifestError> {
        const OUT_OF_BOUNDS: &str = "it is not 1 to 2^63 - 1";
        const NO_TIME: &str = "it has a second or more of nanoseconds";
        Ok(Self {
            id: reader.checked("volume_id", "it is not one segment of a key", |id: &str| {
                Id::existing(id).ok()
            })?,
            version: reader.checked("version", OUT_OF_BOUNDS, Version::new)?,
            parent: reader.checked_option("parent", OUT_OF_BOUNDS, Version::new)?,
            parent_digest: reader.take::<WireDigest>("parent_digest")?.into(),
            commit_id: reader.take("commit_id")?,
            created_at: reader.checked_option(
                "created_at",
                NO_TIME,
                |(seconds, nanoseconds)| Timestamp::new(seconds, nanoseconds),
            )?,
            total_length: reader.checked("total_length", OUT_OF_BOUNDS, |length: u64| {
                Some(length).filter(|length| (1..=VolumeManifest::MAX_LENGTH).contains(length))
            })?,
        })
    }
}
