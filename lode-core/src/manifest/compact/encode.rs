//! Writing the compact format.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use hashbrown::HashMap;
use serde::Serialize;

use super::prefix::{Kind, Prefix};
use super::runs::{self, Run};
use super::wire::{Head, MIN_DIGEST, Spacing, put, put_varint};
use super::{metadata, page};
use crate::checksum::Digest;
use crate::crc32c;
use crate::manifest::{Block, BlockTable, Blocks, ManifestError, Tombstone, VolumeManifest};

/// The manifest in the compact format. The same manifest always makes the same bytes.
///
/// # Errors
///
/// [`ManifestError::Unrepresentable`] if it has blocks without a digest or of a name that is not
/// ours, or fields that are not known: such a manifest came from the Go implementation and stays
/// JSON. [`ManifestError::Field`] if it is not valid.
pub fn encode(manifest: &VolumeManifest) -> Result<Vec<u8>, ManifestError> {
    manifest.validate()?;
    if let Some(field) = manifest.extra.keys().next() {
        return Err(unrepresentable(field, "a field of a JSON manifest that is not known"));
    }
    let Some(checksum) = manifest.checksum.as_deref() else {
        return Err(unrepresentable("checksum_algorithm", "every block needs a digest"));
    };
    let mut metadata = Vec::new();
    metadata::encode(&manifest.metadata, &mut metadata).map_err(failed)?;

    let mut object = Object::begin(match manifest.blocks {
        Blocks::Inline(_) => Kind::VolumeManifest,
        Blocks::Paged(_) => Kind::PagedManifest,
    });
    object.put(&Head {
        id: manifest.id.as_str(),
        version: manifest.version.get(),
        parent: manifest.parent.map(|parent| parent.get()),
        parent_digest: manifest.parent_digest.into(),
        commit_id: manifest.commit_id,
        created_at: manifest.created_at.map(|at| (at.seconds(), at.nanoseconds())),
        total_length: manifest.total_length,
    })?;
    match &manifest.blocks {
        Blocks::Inline(table) => {
            let table = EncodedTable::new(table)?;
            object.put(&(checksum, table.digest_size, metadata.as_slice()))?;
            table.put(&mut object)?;
        }
        Blocks::Paged(root) => {
            object.put(&(checksum, metadata.as_slice()))?;
            page::put_node(root, &mut object)?;
        }
    }
    Ok(object.finish())
}

/// The tombstone in the compact format.
///
/// # Errors
///
/// [`ManifestError::Unrepresentable`] if it is not of a volume.
pub fn encode_tombstone(tombstone: &Tombstone) -> Result<Vec<u8>, ManifestError> {
    let Some(total_length) = tombstone.total_length else {
        return Err(unrepresentable("total_length", "only volumes have this format"));
    };
    let mut object = Object::begin(Kind::VolumeTombstone);
    object.put(&Head {
        id: tombstone.id.as_str(),
        version: tombstone.version.get(),
        parent: tombstone.parent.map(|parent| parent.get()),
        parent_digest: tombstone.parent_digest.into(),
        commit_id: tombstone.commit_id,
        created_at: tombstone.created_at.map(|at| (at.seconds(), at.nanoseconds())),
        total_length,
    })?;
    object.put(&tombstone.digest)?;
    Ok(object.finish())
}

/// An object that is being written: prefix, body so far.
pub(super) struct Object {
    bytes: Vec<u8>,
}

impl Object {
    pub(super) fn begin(kind: Kind) -> Self {
        Self { bytes: Prefix { kind }.to_bytes().to_vec() }
    }

    pub(super) fn put(&mut self, value: &impl Serialize) -> Result<(), ManifestError> {
        put(value, &mut self.bytes).map_err(failed)
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let trailer = crc32c::of(&self.bytes);
        self.bytes.extend_from_slice(&trailer.to_le_bytes());
        self.bytes
    }
}

/// Blocks as they lie in a manifest or a leaf.
pub(super) struct EncodedTable {
    pub(super) digest_size: u8,
    writers: Vec<u8>,
    /// How many blocks there are, how many bytes they cover, and how many runs they are in.
    totals: (u64, u64, u64),
    runs: Vec<u8>,
}

impl EncodedTable {
    pub(super) fn new(table: &BlockTable) -> Result<Self, ManifestError> {
        let digest_size = digest_size(table)?;
        let (writers, places) = writers(table)?;
        let mut bytes = Vec::new();
        let runs = put_runs(table, &places, &mut bytes)?;
        let totals = (table.len() as u64, table.covered(), runs);
        Ok(Self { digest_size, writers, totals, runs: bytes })
    }

    /// Appends all but the size of digests.
    pub(super) fn put(&self, object: &mut Object) -> Result<(), ManifestError> {
        object.put(&(self.writers.as_slice(), self.totals))?;
        object.bytes.extend_from_slice(&self.runs);
        Ok(())
    }
}

/// The one size that all digests have; the smallest where there are no blocks.
fn digest_size(blocks: &BlockTable) -> Result<u8, ManifestError> {
    let size_of = |block: &Block| block.digest.map(|digest| digest.as_bytes().len());
    let size = blocks.as_slice().first().map_or(Some(MIN_DIGEST), size_of);
    let odd = blocks.as_slice().iter().position(|block| size_of(block) != size);
    match (size.and_then(|size| u8::try_from(size).ok()), odd) {
        (Some(size), None) if usize::from(size) >= MIN_DIGEST => Ok(size),
        (_, odd) => Err(unrepresentable(
            &block_field(odd.unwrap_or(0), "checksum"),
            "every block needs a digest, all of one size and of 4 bytes at least",
        )),
    }
}

/// All writers of blocks as bytes, and the place of each.
fn writers(blocks: &BlockTable) -> Result<(Vec<u8>, HashMap<u64, u64>), ManifestError> {
    let mut places = HashMap::new();
    let mut last = None;
    for (index, block) in blocks.as_slice().iter().enumerate() {
        let Some((writer, _)) = runs::written(block) else {
            let field = block_field(index, "path");
            return Err(unrepresentable(&field, "the object was named by the Go implementation"));
        };
        // Neighbours mostly have one writer, and a look-up costs more than all else here.
        if last != Some(writer) {
            places.insert(writer, 0);
            last = Some(writer);
        }
    }
    let mut writers: Vec<u64> = places.keys().copied().collect();
    writers.sort_unstable();
    for (place, writer) in (0..).zip(&writers) {
        places.insert(*writer, place);
    }
    Ok((writers.iter().flat_map(|writer| writer.to_le_bytes()).collect(), places))
}

/// Appends all runs and says how many there are.
fn put_runs(
    blocks: &BlockTable,
    places: &HashMap<u64, u64>,
    out: &mut Vec<u8>,
) -> Result<u64, ManifestError> {
    let mut rest = blocks.as_slice();
    let (mut end, mut count) = (0, 0);
    while let Some(run) = runs::longest(rest) {
        put_run(&run, end, places, out).map_err(failed)?;
        end = run.blocks.last().map_or(end, |block| block.range.end());
        rest = rest.get(run.blocks.len()..).unwrap_or_default();
        count += 1;
    }
    Ok(count)
}

fn put_run(
    run: &Run<'_>,
    end: u64,
    places: &HashMap<u64, u64>,
    out: &mut Vec<u8>,
) -> postcard::Result<()> {
    let start = run.blocks.first().map_or(end, |block| block.range.start());
    let writer = places.get(&run.writer).copied().unwrap_or_default();
    put(&run.head(start - end, writer), out)?;
    let shift = match run.spacing {
        Spacing::Adjacent => None,
        Spacing::Strided(stride) => {
            put(&stride, out)?;
            None
        }
        Spacing::Listed(shift) => {
            out.push(shift);
            Some(shift)
        }
    };
    // The first block's gap is in the head of the run.
    let mut end = None;
    for block in run.blocks {
        if let Some((shift, end)) = shift.zip(end) {
            put_varint((block.range.start() - end) >> shift, out);
        }
        end = Some(block.range.end());
        let digest = block.digest.as_ref().map_or(&[][..], Digest::as_bytes);
        match <&[u8; 16]>::try_from(digest) {
            // The size of most, known to the compiler.
            Ok(digest) => out.extend_from_slice(digest),
            Err(_) => out.extend_from_slice(digest),
        }
    }
    Ok(())
}

fn block_field(index: usize, name: &str) -> String {
    alloc::format!("blocks[{index}].{name}")
}

fn unrepresentable(field: &str, reason: &'static str) -> ManifestError {
    ManifestError::Unrepresentable { field: field.to_string(), reason }
}

/// A vector takes whatever is put into it, so this cannot happen; it is reported all the same.
fn failed(error: postcard::Error) -> ManifestError {
    ManifestError::Field { field: "body".to_string(), reason: error.to_string() }
}
