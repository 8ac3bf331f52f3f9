//! Writing the compact format.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::prefix::{Kind, Prefix};
use super::wire::{Head, MIN_DIGEST, RunHead, Spacing, put, put_varint};
use super::{metadata, page, shape, state};
use crate::crc32c;
use crate::manifest::table::{Digests, Run};
use crate::manifest::{
    BlockTable, Blocks, CollectionState, ManifestError, Purpose, Record, SlotManifest, Tombstone,
    VolumeManifest,
};

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
    object.put(&head(manifest, manifest.total_length))?;
    object.put_state(&manifest.state)?;
    match &manifest.blocks {
        Blocks::Inline(table) => {
            let (digests, size) = digests(table)?;
            object.put(&(checksum, size, metadata.as_slice()))?;
            put_table(table, digests, size, &mut object)?;
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
    object.put(&head(tombstone, total_length))?;
    object.put(&tombstone.digest)?;
    Ok(object.finish())
}

/// The record in the compact format.
///
/// # Errors
///
/// [`ManifestError::Unrepresentable`] if it is not of a volume.
pub fn encode_record(record: &Record) -> Result<Vec<u8>, ManifestError> {
    let Some(total_length) = record.total_length else {
        return Err(unrepresentable("total_length", "only volumes have this format"));
    };
    let mut object = Object::begin(Kind::VolumeRecord);
    object.put(&head(record, total_length))?;
    object.put_state(&record.state)?;
    object.bytes.push(match record.purpose {
        Purpose::Collection => shape::COLLECTION,
        Purpose::Repair => shape::REPAIR,
    });
    Ok(object.finish())
}

/// What all that slots hold begins with.
fn head(manifest: &impl SlotManifest, total_length: u64) -> Head<'_> {
    Head {
        id: manifest.id().as_str(),
        version: manifest.version().get(),
        parent: manifest.parent().map(|parent| parent.get()),
        parent_digest: manifest.parent_digest().into(),
        commit_id: manifest.commit_id(),
        created_at: manifest.created_at().map(|at| (at.seconds(), at.nanoseconds())),
        total_length,
    }
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

    fn put_state(&mut self, state: &CollectionState) -> Result<(), ManifestError> {
        self.put(&state::encode(state).map_err(failed)?.as_slice())
    }

    /// Where more can be appended.
    pub(super) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let trailer = crc32c::of(&self.bytes);
        self.bytes.extend_from_slice(&trailer.to_le_bytes());
        self.bytes
    }
}

/// Appends blocks as they lie in a manifest or a leaf: all but the size of digests.
pub(super) fn put_table(
    table: &BlockTable,
    digests: &[u8],
    size: u8,
    object: &mut Object,
) -> Result<(), ManifestError> {
    let writers = writers(table)?;
    let bytes: Vec<u8> = writers.iter().flat_map(|writer| writer.to_le_bytes()).collect();
    let totals = (table.len() as u64, table.covered(), table.count_runs() as u64);
    object.put(&(bytes.as_slice(), totals))?;
    let size = usize::from(size);
    // A run takes some ten bytes besides the digests, and a gap mostly one.
    object.bytes.reserve(digests.len() + table.len() + table.count_runs() * 16);
    let mut end = 0;
    for (places, run) in table.runs() {
        let starts = table.starts().get(places.clone()).unwrap_or_default();
        let digests = digests.get(places.start * size..places.end * size).unwrap_or_default();
        let spacing = spacing(starts, run.length);
        put_run(run, spacing, starts, (end, &writers), object)?;
        let out = &mut object.bytes;
        match spacing {
            Spacing::Listed(shift) => match size {
                // The size of most, known to the compiler.
                16 => put_listed(starts, run.length, shift, digests.as_chunks::<16>().0, out),
                _ => put_listed(starts, run.length, shift, digests.chunks_exact(size), out),
            },
            Spacing::Adjacent | Spacing::Strided(_) => out.extend_from_slice(digests),
        }
        end = starts.last().map_or(end, |start| start + run.length);
    }
    Ok(())
}

/// The digests of all blocks, and how many bytes each has: the smallest size where there are no
/// blocks.
pub(super) fn digests(table: &BlockTable) -> Result<(&[u8], u8), ManifestError> {
    match table.digests() {
        Digests::Even { bytes, .. } if bytes.is_empty() => Ok((bytes, MIN_DIGEST as u8)),
        Digests::Even { bytes, size } if *size >= MIN_DIGEST => {
            Ok((bytes, u8::try_from(*size).unwrap_or(u8::MAX)))
        }
        digests => Err(unrepresentable(
            &block_field(digests.first_odd().unwrap_or(0), "checksum"),
            "every block needs a digest, all of one size and of 4 bytes at least",
        )),
    }
}

/// All writers of blocks, in order.
fn writers(table: &BlockTable) -> Result<Vec<u64>, ManifestError> {
    let mut writers = Vec::new();
    for (places, run) in table.runs() {
        let Some((writer, ..)) = run.written() else {
            let field = block_field(places.start, "path");
            return Err(unrepresentable(&field, "the object was named by the Go implementation"));
        };
        // Neighbours mostly have one writer.
        if writers.last() != Some(&writer) {
            writers.push(writer);
        }
    }
    writers.sort_unstable();
    writers.dedup();
    Ok(writers)
}

/// Appends what a run begins with. It lies behind `end`.
fn put_run(
    run: &Run,
    spacing: Spacing,
    starts: &[u64],
    (end, writers): (u64, &[u64]),
    object: &mut Object,
) -> Result<(), ManifestError> {
    let (writer, suffix, counting) = run.written().unwrap_or_default();
    let form = match spacing {
        Spacing::Adjacent => shape::ADJACENT,
        Spacing::Strided(_) => shape::STRIDED,
        Spacing::Listed(_) => shape::LISTED,
    };
    let head = RunHead {
        gap: starts.first().map_or(0, |start| start - end),
        length: run.length,
        count: starts.len() as u64,
        writer: writers.binary_search(&writer).unwrap_or_default() as u64,
        suffix,
        shape: form | if counting { shape::COUNTING } else { 0 },
    };
    head.put(&mut object.bytes);
    match spacing {
        Spacing::Adjacent => {}
        Spacing::Strided(stride) => object.put(&stride)?,
        Spacing::Listed(shift) => object.bytes.push(shift),
    }
    Ok(())
}

/// Appends digests, and before each but the first the gap from the end of the block before, in
/// units of 2 to the power of `shift`.
fn put_listed<'a, D: AsRef<[u8]> + 'a + ?Sized>(
    starts: &[u64],
    length: u64,
    shift: u8,
    digests: impl IntoIterator<Item = &'a D>,
    out: &mut Vec<u8>,
) {
    let mut end = None;
    for (start, digest) in starts.iter().zip(digests) {
        if let Some(end) = end {
            put_varint((start - end) >> shift, out);
        }
        end = Some(start + length);
        out.extend_from_slice(digest.as_ref());
    }
}

/// How blocks of this length lie to each other that begin at `starts`.
fn spacing(starts: &[u64], length: u64) -> Spacing {
    let behind = starts.get(1..).unwrap_or_default();
    let gaps = || starts.iter().zip(behind).map(|(this, next)| next - (this + length));
    let Some(first) = gaps().next() else { return Spacing::Adjacent };
    // In one go through all of them: which bits they have, and in which they differ.
    let (bits, differing) =
        gaps().fold((0, 0), |(bits, differing), gap| (bits | gap, differing | (gap ^ first)));
    match differing {
        0 if first == 0 => Spacing::Adjacent,
        0 => Spacing::Strided(first),
        // Some gap is not 0, else they would all be equal; so the shift is below 64.
        _ => Spacing::Listed(u8::try_from(bits.trailing_zeros()).unwrap_or(0)),
    }
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
