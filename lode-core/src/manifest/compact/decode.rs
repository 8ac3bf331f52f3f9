//! Reading the compact format.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::prefix::{Kind, Prefix, PrefixError};
use super::reader::Reader;
use super::shape;
use super::wire::{MIN_DIGEST, RunHead, Spacing, WireDigest};
use super::{metadata, page};
use crate::Version;
use crate::checksum::Digest;
use crate::id::Id;
use crate::manifest::pages::PageNode;
use crate::manifest::{
    Block, BlockName, BlockTable, Blocks, ManifestError, Metadata, SlotContent, Tombstone,
    VolumeManifest,
};
use crate::range::ByteRange;
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

/// How many bytes the digest of each block has.
pub(super) fn read_digest_size(reader: &mut Reader<'_>) -> Result<usize, ManifestError> {
    reader.checked("digest_size", "it is not 4 to 32", |size: u8| {
        Some(usize::from(size)).filter(|size| (MIN_DIGEST..=Digest::MAX_SIZE).contains(size))
    })
}

/// The blocks of a manifest or a leaf, from their writers on.
pub(super) fn read_table(
    reader: &mut Reader<'_>,
    digest_size: usize,
) -> Result<BlockTable, ManifestError> {
    let (blocks, covered) = Runs::begin(reader, digest_size)?.read(reader)?;
    if blocks.covered() != covered {
        return Err(reader.wrong("covered", "it is not the sum of the blocks' lengths"));
    }
    Ok(blocks)
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

/// Reads the runs of a manifest, one after the other.
struct Runs {
    writers: Vec<u64>,
    digest_size: usize,
    blocks: u64,
    covered: u64,
    runs: u64,
}

impl Runs {
    fn begin(reader: &mut Reader<'_>, digest_size: usize) -> Result<Self, ManifestError> {
        let writers =
            reader.checked("writers", "they are not 8 bytes each", |bytes: &[u8]| {
                let (writers, rest) = bytes.as_chunks::<8>();
                let writers = writers.iter().map(|writer| u64::from_le_bytes(*writer));
                rest.is_empty().then(|| writers.collect::<Vec<_>>())
            })?;
        if !writers.is_sorted_by(|this, next| this < next) {
            return Err(reader.wrong("writers", "they are not in order"));
        }
        Ok(Self {
            writers,
            digest_size,
            blocks: reader.take("blocks")?,
            covered: reader.take("covered")?,
            runs: reader.take("runs")?,
        })
    }

    /// All blocks, and how many bytes they are said to cover.
    fn read(&self, reader: &mut Reader<'_>) -> Result<(BlockTable, u64), ManifestError> {
        reader.check_count(self.blocks, "blocks", self.digest_size)?;
        let mut blocks = Vec::with_capacity(usize::try_from(self.blocks).unwrap_or(0));
        let mut end = 0;
        for _ in 0..self.runs {
            end = self.read_run(reader, end, &mut blocks)?;
        }
        if blocks.len() as u64 != self.blocks {
            return Err(reader.wrong("blocks", "it is not the sum of the runs' counts"));
        }
        let blocks = BlockTable::from_sorted(blocks)
            .map_err(|_| reader.wrong("runs", "they are not in order"))?;
        Ok((blocks, self.covered))
    }

    /// Appends the blocks of the next run, which begins behind `end`, and says where they end.
    fn read_run(
        &self,
        reader: &mut Reader<'_>,
        end: u64,
        blocks: &mut Vec<Block>,
    ) -> Result<u64, ManifestError> {
        let head: RunHead =
            reader.checked("run", "its length or count is 0", |head: RunHead| {
                (head.length > 0 && head.count > 0).then_some(head)
            })?;
        let spacing = read_spacing(reader, head.shape)?;
        reader.check_count(head.count, "run count", self.digest_size)?;
        let writer = usize::try_from(head.writer).ok().and_then(|place| self.writers.get(place));
        let Some(&writer) = writer else {
            return Err(reader.wrong("run writer", "there is no such writer"));
        };
        let step = u64::from(head.shape & shape::COUNTING != 0);
        let too_far = |reader: &Reader<'_>| reader.wrong("run", "it ends behind 2^64 - 1");
        let mut end = end;
        for index in 0..head.count {
            let gap = match (index, spacing) {
                (0, _) => head.gap,
                (_, Spacing::Adjacent) => 0,
                (_, Spacing::Strided(stride)) => stride,
                (_, Spacing::Listed(shift)) => {
                    let units = reader.varint("run gap")?;
                    units.checked_mul(1 << shift).ok_or_else(|| too_far(reader))?
                }
            };
            let start = end.checked_add(gap);
            let range = start.and_then(|start| ByteRange::with_length(start, head.length));
            let range = range.ok_or_else(|| too_far(reader))?;
            let suffix = head.suffix.checked_add(index * step).ok_or_else(|| too_far(reader))?;
            let digest = digest(reader.bytes("digest", self.digest_size)?);
            blocks.push(Block { range, name: BlockName::Written { writer, suffix }, digest });
            end = range.end();
        }
        Ok(end)
    }
}

/// A digest of these bytes. Most have a size that is better known to the compiler.
fn digest(bytes: &[u8]) -> Option<Digest> {
    match <[u8; 16]>::try_from(bytes) {
        Ok(bytes) => Some(Digest::from(bytes)),
        Err(_) => Digest::new(bytes),
    }
}

fn read_spacing(reader: &mut Reader<'_>, bits: u8) -> Result<Spacing, ManifestError> {
    Ok(match bits & !shape::COUNTING {
        shape::ADJACENT => Spacing::Adjacent,
        shape::STRIDED => reader.checked("run stride", "it is 0", |stride| {
            (stride > 0).then_some(Spacing::Strided(stride))
        })?,
        shape::LISTED => reader.checked("run shift", "it is more than 63", |shift| {
            (shift <= shape::MAX_SHIFT).then_some(Spacing::Listed(shift))
        })?,
        _ => return Err(reader.wrong("run shape", "a run of this shape is not known")),
    })
}
