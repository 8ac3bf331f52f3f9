//! The manifest of a volume's snapshot in JSON.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::mem;

use serde::Deserialize;

use super::blocks::take_out;
use super::common::{Kind, Place, Placed, StateWire, Text, check_extra};
use super::writer::Object;
use super::{json_error, wrong};
use crate::checksum::Digest;
use crate::key::Key;
use crate::layout::VolumeLayout;
use crate::manifest::volume::check_length;
use crate::manifest::{
    Block, BlockName, BlockTable, ForeignBlock, ManifestError, Metadata, Record, SlotContent,
    Tombstone, VolumeManifest,
};
use crate::range::ByteRange;

const KIND: Kind = Kind { schema: "lode-volume-manifest", id_field: "volume_id" };
/// How many bytes there are between the ends of a manifest, but for its blocks.
const CONTENT: usize = 128;
/// How many bytes a block takes, unless its key is long.
const BLOCK: usize = 192;

/// The manifest in JSON, as the Go implementation writes it.
///
/// # Errors
///
/// [`ManifestError::Field`] if it is not valid.
pub fn encode_volume(manifest: &VolumeManifest) -> Result<Vec<u8>, ManifestError> {
    manifest.validate()?;
    check_extra(&manifest.extra, VolumeWire::FIELDS)?;
    let layout = VolumeLayout::new(manifest.id.clone());
    let blocks = manifest.blocks.inline().ok_or_else(paged)?;
    let room = CONTENT + BLOCK * blocks.len();
    Placed::of(manifest).write(&KIND, &manifest.metadata, &manifest.extra, room, |object| {
        object.number("total_length", manifest.total_length);
        object.list("blocks", blocks.iter(), |object, block| write_block(object, &block, &layout));
        object.printed("parent_snapshot_id", manifest.parent);
        if let Some(checksum) = &manifest.checksum {
            object.text("checksum_algorithm", checksum);
        }
    })
}

fn write_block(object: &mut Object, block: &Block, layout: &VolumeLayout) {
    object.number("offset", block.range.start());
    object.number("length", block.range.length());
    object.text("path", layout.block(block.range, &block.name).as_str());
    object.printed("checksum", block.digest);
    if let BlockName::Foreign(block) = &block.name {
        object.values(&block.extra);
    }
}

fn paged() -> ManifestError {
    let reason = "only manifests in the compact format can be over pages";
    ManifestError::Unrepresentable { field: "blocks".into(), reason }
}

/// The tombstone in JSON: a valid manifest without blocks, so that the Go implementation can
/// list past it.
///
/// # Errors
///
/// [`ManifestError::Unrepresentable`] if it is not of a volume.
pub fn encode_tombstone(tombstone: &Tombstone) -> Result<Vec<u8>, ManifestError> {
    write_empty(&Placed::of_tombstone(tombstone), tombstone.total_length)
}

/// The record in JSON: a valid manifest without blocks, so that the Go implementation reads past it.
///
/// # Errors
///
/// [`ManifestError::Unrepresentable`] if it is not of a volume.
pub fn encode_record(record: &Record) -> Result<Vec<u8>, ManifestError> {
    write_empty(&Placed::of_record(record), record.total_length)
}

fn write_empty(placed: &Placed, total_length: Option<u64>) -> Result<Vec<u8>, ManifestError> {
    let total_length = total_length.ok_or_else(|| ManifestError::Unrepresentable {
        field: "total_length".to_string(),
        reason: "it is not of a volume",
    })?;
    let none = Metadata::new();
    placed.write(&KIND, &none, &none, CONTENT, |object| {
        object.number("total_length", total_length);
        object.list("blocks", [], |_, ()| ());
        object.printed("parent_snapshot_id", placed.parent);
    })
}

/// What the bytes of a slot hold.
///
/// # Errors
///
/// [`ManifestError::Json`] with line and column, or [`ManifestError::Field`] with the field.
pub fn decode_volume(bytes: &[u8]) -> Result<SlotContent<VolumeManifest>, ManifestError> {
    if let Some((blocks, rest)) = take_out(bytes)
        && let Ok(wire) = serde_json::from_str::<VolumeWire<'_>>(&rest)
        && let Ok(content) = wire.decode(Some(blocks))
    {
        return Ok(content);
    }
    let wire: VolumeWire<'_> = serde_json::from_slice(bytes).map_err(|e| json_error(&e))?;
    wire.decode(None)
}

fn decode_blocks(
    wire: Vec<BlockWire<'_>>,
    layout: &VolumeLayout,
) -> Result<BlockTable, ManifestError> {
    let blocks = wire.into_iter().enumerate().map(|(index, block)| block.decode(index, layout));
    BlockTable::from_sorted(blocks.collect::<Result<Vec<_>, _>>()?)
        .map_err(|error| wrong(format!("blocks[{}].offset", error.index), error))
}

/// The fields in the order in which the Go implementation writes them.
#[derive(Deserialize)]
struct VolumeWire<'a> {
    #[serde(borrow)]
    schema_name: Text<'a>,
    #[serde(borrow)]
    format_version: Text<'a>,
    #[serde(borrow)]
    volume_id: Text<'a>,
    #[serde(borrow)]
    snapshot_id: Text<'a>,
    #[serde(borrow, default)]
    created_at: Option<Text<'a>>,
    metadata: Metadata,
    total_length: u64,
    #[serde(borrow)]
    blocks: Vec<BlockWire<'a>>,
    #[serde(borrow, default)]
    parent_snapshot_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    checksum_algorithm: Option<Text<'a>>,
    #[serde(borrow, default)]
    commit_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    parent_digest: Option<Text<'a>>,
    #[serde(borrow, default)]
    collected: Option<Text<'a>>,
    #[serde(borrow, default)]
    record: Option<Text<'a>>,
    #[serde(borrow, flatten)]
    state: StateWire<'a>,
    #[serde(flatten)]
    extra: Metadata,
}

impl VolumeWire<'_> {
    const FIELDS: &'static [&'static str] = &[
        "schema_name",
        "format_version",
        "volume_id",
        "snapshot_id",
        "created_at",
        "metadata",
        "total_length",
        "blocks",
        "parent_snapshot_id",
        "checksum_algorithm",
        "commit_id",
        "parent_digest",
        "collected",
        "record",
        "epoch",
        "epoch_opened_at",
        "floor",
        "dropped",
    ];

    /// With these blocks, which have been taken out of it, or its own.
    fn decode(
        mut self,
        taken_out: Option<BlockTable>,
    ) -> Result<SlotContent<VolumeManifest>, ManifestError> {
        let placed = self.place().parse()?;
        let total_length = self.total_length;
        let blocks = match taken_out {
            Some(blocks) => blocks,
            None => {
                let layout = VolumeLayout::new(placed.id.clone());
                decode_blocks(mem::take(&mut self.blocks), &layout)?
            }
        };
        let content = (!blocks.is_empty()).then_some("blocks");
        if let Some(found) = placed.without_content(Some(total_length), content)? {
            check_length(total_length)?;
            return Ok(found);
        }
        let manifest = VolumeManifest {
            id: placed.id,
            version: placed.version,
            parent: placed.parent,
            parent_digest: placed.parent_digest,
            commit_id: placed.commit_id,
            created_at: placed.created_at,
            total_length,
            checksum: self.checksum_algorithm.map(|name| Box::from(name.as_ref())),
            metadata: self.metadata,
            blocks: blocks.into(),
            state: placed.state,
            extra: self.extra,
        };
        manifest.validate()?;
        Ok(SlotContent::Live(manifest))
    }

    fn place(&self) -> Place<'_> {
        Place {
            kind: KIND,
            schema_name: &self.schema_name,
            format_version: &self.format_version,
            id: &self.volume_id,
            snapshot_id: &self.snapshot_id,
            created_at: self.created_at.as_deref(),
            parent_snapshot_id: self.parent_snapshot_id.as_deref(),
            commit_id: self.commit_id.as_deref(),
            parent_digest: self.parent_digest.as_deref(),
            collected: self.collected.as_deref(),
            record: self.record.as_deref(),
            state: &self.state,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct BlockWire<'a> {
    pub(super) offset: u64,
    pub(super) length: u64,
    #[serde(borrow)]
    pub(super) path: Text<'a>,
    #[serde(borrow, default)]
    pub(super) checksum: Option<Text<'a>>,
    #[serde(flatten)]
    pub(super) extra: Metadata,
}

impl BlockWire<'_> {
    pub(super) fn decode(
        self,
        index: usize,
        layout: &VolumeLayout,
    ) -> Result<Block, ManifestError> {
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
                BlockName::Foreign(Box::new(ForeignBlock { key, extra: self.extra }))
            }
        };
        let digest = self.checksum.map(|digest| digest.parse::<Digest>()).transpose();
        let digest = digest.map_err(|e| wrong(field("checksum"), e))?;
        Ok(Block { range, name, digest })
    }
}
