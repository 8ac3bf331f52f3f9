//! The manifest of a volume's snapshot in JSON.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{format_time, json_error, parse_time, wrong};
use crate::Version;
use crate::checksum::Digest;
use crate::id::Id;
use crate::key::Key;
use crate::layout::VolumeLayout;
use crate::manifest::{
    Block, BlockName, BlockTable, ForeignBlock, ManifestDigest, ManifestError, Metadata,
    SlotContent, Tombstone, Value, VolumeManifest,
};
use crate::range::ByteRange;

/// What `schema_name` says.
const SCHEMA: &str = "lode-volume-manifest";
/// The version that is written; all of major version 1 are read.
const FORMAT: &str = "1.0.0";

/// The manifest in JSON, as the Go implementation writes it.
///
/// # Errors
///
/// [`ManifestError::Field`] if it is not valid.
pub fn encode_volume(manifest: &VolumeManifest) -> Result<Vec<u8>, ManifestError> {
    manifest.validate()?;
    let layout = VolumeLayout::new(manifest.id.clone());
    let blocks = manifest.blocks.as_slice().iter();
    write(&VolumeWire {
        schema_name: SCHEMA.into(),
        format_version: FORMAT.into(),
        volume_id: manifest.id.as_str().into(),
        snapshot_id: manifest.version.to_string().into(),
        created_at: manifest.created_at.and_then(format_time).map(Cow::Owned),
        metadata: Cow::Borrowed(&manifest.metadata),
        total_length: manifest.total_length,
        blocks: blocks.map(|block| BlockWire::new(block, &layout)).collect(),
        parent_snapshot_id: manifest.parent.map(|parent| parent.to_string().into()),
        checksum_algorithm: manifest.checksum.as_deref().map(Cow::Borrowed),
        commit_id: manifest.commit_id.map(|id| id.to_string().into()),
        parent_digest: manifest.parent_digest.map(|digest| digest.to_string().into()),
        collected: None,
        extra: Cow::Borrowed(&manifest.extra),
    })
}

/// The tombstone in JSON: a valid manifest without blocks, so that the Go implementation can
/// list past it.
///
/// # Errors
///
/// None in practice; the type is that of [`encode_volume`].
pub fn encode_tombstone(tombstone: &Tombstone) -> Result<Vec<u8>, ManifestError> {
    write(&VolumeWire {
        schema_name: SCHEMA.into(),
        format_version: FORMAT.into(),
        volume_id: tombstone.id.as_str().into(),
        snapshot_id: tombstone.version.to_string().into(),
        created_at: tombstone.created_at.and_then(format_time).map(Cow::Owned),
        metadata: Cow::Owned(Metadata::new()),
        total_length: tombstone.total_length,
        blocks: Vec::new(),
        parent_snapshot_id: tombstone.parent.map(|parent| parent.to_string().into()),
        checksum_algorithm: None,
        commit_id: tombstone.commit_id.map(|id| id.to_string().into()),
        parent_digest: tombstone.parent_digest.map(|digest| digest.to_string().into()),
        collected: Some(tombstone.digest.to_string().into()),
        extra: Cow::Owned(Metadata::new()),
    })
}

/// What the bytes of a slot hold.
///
/// # Errors
///
/// [`ManifestError::Json`] with line and column, or [`ManifestError::Field`] with the field.
pub fn decode_volume(bytes: &[u8]) -> Result<SlotContent, ManifestError> {
    let wire: VolumeWire<'_> = serde_json::from_slice(bytes).map_err(|e| json_error(&e))?;
    if wire.schema_name != SCHEMA {
        return Err(wrong("schema_name", format!("{:?} is not {SCHEMA:?}", wire.schema_name)));
    }
    if wire.format_version.split('.').next() != FORMAT.split('.').next() {
        return Err(ManifestError::Version { found: wire.format_version.into_owned() });
    }
    let id = Id::existing(&wire.volume_id).map_err(|e| wrong("volume_id", e))?;
    let version = wire.snapshot_id.parse::<Version>().map_err(|e| wrong("snapshot_id", e))?;
    let parent = parse("parent_snapshot_id", wire.parent_snapshot_id.as_deref())?;
    let parent_digest = parse("parent_digest", wire.parent_digest.as_deref())?;
    let commit_id = parse("commit_id", wire.commit_id.as_deref())?;
    let created_at = match wire.created_at.as_deref() {
        Some(text) => {
            Some(parse_time(text).ok_or_else(|| wrong("created_at", "it is no time in RFC 3339"))?)
        }
        None => None,
    };
    let total_length = wire.total_length;
    if let Some(digest) = parse::<ManifestDigest>("collected", wire.collected.as_deref())? {
        return Ok(SlotContent::Collected(Tombstone {
            id,
            version,
            parent,
            parent_digest,
            commit_id,
            digest,
            total_length,
            created_at,
        }));
    }
    let layout = VolumeLayout::new(id.clone());
    let manifest = VolumeManifest {
        id,
        version,
        parent,
        parent_digest,
        commit_id,
        created_at,
        total_length,
        checksum: wire.checksum_algorithm.map(|name| Box::from(name.as_ref())),
        metadata: wire.metadata.into_owned(),
        blocks: decode_blocks(wire.blocks, &layout)?,
        extra: wire.extra.into_owned(),
    };
    manifest.validate()?;
    Ok(SlotContent::Live(manifest))
}

fn decode_blocks(
    wire: Vec<BlockWire<'_>>,
    layout: &VolumeLayout,
) -> Result<BlockTable, ManifestError> {
    let blocks = wire.into_iter().enumerate().map(|(index, block)| block.decode(index, layout));
    BlockTable::from_sorted(blocks.collect::<Result<_, _>>()?)
        .map_err(|error| wrong(format!("blocks[{}].offset", error.index), error))
}

fn write(wire: &VolumeWire<'_>) -> Result<Vec<u8>, ManifestError> {
    serde_json::to_vec_pretty(wire).map_err(|e| json_error(&e))
}

fn parse<T: core::str::FromStr>(field: &str, text: Option<&str>) -> Result<Option<T>, ManifestError>
where
    T::Err: ToString,
{
    text.map(|text| text.parse().map_err(|e: T::Err| wrong(field, e.to_string()))).transpose()
}

/// The fields in the order in which the Go implementation writes them.
#[derive(Deserialize, Serialize)]
struct VolumeWire<'a> {
    #[serde(borrow)]
    schema_name: Cow<'a, str>,
    #[serde(borrow)]
    format_version: Cow<'a, str>,
    #[serde(borrow)]
    volume_id: Cow<'a, str>,
    #[serde(borrow)]
    snapshot_id: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    created_at: Option<Cow<'a, str>>,
    metadata: Cow<'a, Metadata>,
    total_length: u64,
    #[serde(borrow)]
    blocks: Vec<BlockWire<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    parent_snapshot_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    checksum_algorithm: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    commit_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    parent_digest: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    collected: Option<Cow<'a, str>>,
    #[serde(flatten)]
    extra: Cow<'a, BTreeMap<String, Value>>,
}

#[derive(Deserialize, Serialize)]
struct BlockWire<'a> {
    offset: u64,
    length: u64,
    #[serde(borrow)]
    path: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    checksum: Option<Cow<'a, str>>,
    #[serde(flatten)]
    extra: Cow<'a, BTreeMap<String, Value>>,
}

impl<'a> BlockWire<'a> {
    fn new(block: &'a Block, layout: &VolumeLayout) -> Self {
        Self {
            offset: block.range.start(),
            length: block.range.length(),
            path: layout.block(block.range, &block.name).as_str().to_string().into(),
            checksum: block.digest.map(|digest| digest.to_string().into()),
            extra: match &block.name {
                BlockName::Foreign(block) => Cow::Borrowed(&block.extra),
                BlockName::Plain | BlockName::Written { .. } => Cow::Owned(BTreeMap::new()),
            },
        }
    }

    fn decode(self, index: usize, layout: &VolumeLayout) -> Result<Block, ManifestError> {
        let field = |name: &str| format!("blocks[{index}].{name}");
        let range = ByteRange::with_length(self.offset, self.length)
            .ok_or_else(|| wrong(field("length"), "it is 0, or ends behind 2^64 - 1"))?;
        let name = match layout.parse_block(&self.path) {
            Some((place, _)) if place != range => {
                return Err(wrong(field("path"), format!("{} is not of {range}", self.path)));
            }
            Some((_, name)) if self.extra.is_empty() => name,
            _ => {
                let key = Key::new(self.path).map_err(|e| wrong(field("path"), e))?;
                if !key.is_below(layout.prefix()) {
                    let reason = format!("{key} does not lie below {}", layout.prefix());
                    return Err(wrong(field("path"), reason));
                }
                BlockName::Foreign(Box::new(ForeignBlock { key, extra: self.extra.into_owned() }))
            }
        };
        let digest = self.checksum.map(|digest| digest.parse::<Digest>()).transpose();
        let digest = digest.map_err(|e| wrong(field("checksum"), e))?;
        Ok(Block { range, name, digest })
    }
}
