//! Reading the runs of a manifest or a leaf into the columns of a table.

use alloc::vec::Vec;

use super::reader::Reader;
use super::shape;
use super::wire::{MIN_DIGEST, RunHead, Spacing};
use crate::checksum::Digest;
use crate::manifest::table::{Digests, Names, Runs};
use crate::manifest::{BlockTable, ManifestError};

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
    let writers = read_writers(reader)?;
    let (blocks, covered, runs): (u64, u64, u64) =
        (reader.take("blocks")?, reader.take("covered")?, reader.take("runs")?);
    reader.check_count(blocks, "blocks", digest_size)?;
    let mut columns = Columns::with_room(usize::try_from(blocks).unwrap_or(0), digest_size);
    for _ in 0..runs {
        columns.read_run(reader, &writers)?;
    }
    if columns.starts.len() as u64 != blocks {
        return Err(reader.wrong("blocks", "it is not the sum of the runs' counts"));
    }
    let table = columns.into_table();
    if table.covered() != covered {
        return Err(reader.wrong("covered", "it is not the sum of the blocks' lengths"));
    }
    Ok(table)
}

fn read_writers(reader: &mut Reader<'_>) -> Result<Vec<u64>, ManifestError> {
    let writers = reader.checked("writers", "they are not 8 bytes each", |bytes: &[u8]| {
        let (writers, rest) = bytes.as_chunks::<8>();
        let writers = writers.iter().map(|writer| u64::from_le_bytes(*writer));
        rest.is_empty().then(|| writers.collect::<Vec<_>>())
    })?;
    match writers.is_sorted_by(|this, next| this < next) {
        true => Ok(writers),
        false => Err(reader.wrong("writers", "they are not in order")),
    }
}

/// The columns of a table that is being read.
struct Columns {
    starts: Vec<u64>,
    runs: Runs,
    digest_size: usize,
    digests: Vec<u8>,
    /// Where the last block ends.
    end: u64,
}

impl Columns {
    /// None yet, with room for as many blocks as there are said to be: as many digests are there.
    fn with_room(blocks: usize, digest_size: usize) -> Self {
        Self {
            starts: Vec::with_capacity(blocks),
            runs: Runs::EMPTY,
            digest_size,
            digests: Vec::with_capacity(blocks * digest_size),
            end: 0,
        }
    }

    fn into_table(self) -> BlockTable {
        let digests = Digests::even(self.digest_size, self.digests);
        BlockTable::from_columns(self.starts, self.runs, digests)
    }

    /// Appends the blocks of the next run.
    fn read_run(&mut self, reader: &mut Reader<'_>, writers: &[u64]) -> Result<(), ManifestError> {
        let head = RunHead::read(reader)?;
        let spacing = read_spacing(reader, head.shape)?;
        reader.check_count(head.count, "run count", self.digest_size)?;
        let writer = usize::try_from(head.writer).ok().and_then(|place| writers.get(place));
        let Some(&writer) = writer else {
            return Err(reader.wrong("run writer", "there is no such writer"));
        };
        let counting = head.shape & shape::COUNTING != 0;
        let last_suffix = head.suffix.checked_add(if counting { head.count - 1 } else { 0 });
        if last_suffix.is_none() {
            return Err(too_far(reader));
        }
        // As many digests follow.
        let count = usize::try_from(head.count).unwrap_or(usize::MAX);
        let names = Names::Written { writer, suffix: head.suffix, counting };
        self.runs.push(self.starts.len(), count, head.length, names);
        match spacing {
            Spacing::Adjacent => self.read_even(reader, &head, 0),
            Spacing::Strided(stride) => self.read_even(reader, &head, stride),
            Spacing::Listed(shift) => match self.digest_size {
                // The size of most, known to the compiler.
                16 => self.read_listed(reader, &head, shift, Reader::chunk::<16>),
                size => self
                    .read_listed(reader, &head, shift, |reader, field| reader.bytes(field, size)),
            },
        }
    }

    /// Appends blocks that are `gap` bytes apart.
    fn read_even(
        &mut self,
        reader: &mut Reader<'_>,
        head: &RunHead,
        gap: u64,
    ) -> Result<(), ManifestError> {
        let step = head.length.checked_add(gap);
        let last = (step.and_then(|step| step.checked_mul(head.count - 1)))
            .and_then(|behind| behind.checked_add(self.end)?.checked_add(head.gap));
        let end = last.and_then(|last| last.checked_add(head.length));
        let Some(end) = end else { return Err(too_far(reader)) };
        // None is further than the last one, which was checked.
        let (first, step) = (self.end.wrapping_add(head.gap), step.unwrap_or(0));
        self.starts.extend((0..head.count).map(|index| first.wrapping_add(index * step)));
        self.end = end;
        let size = self.digest_size;
        let digests = reader.bytes("digest", usize::try_from(head.count).unwrap_or(0) * size)?;
        self.digests.extend_from_slice(digests);
        Ok(())
    }

    /// Appends blocks whose gaps lie between their digests, of which `digest` takes one.
    fn read_listed<'a, D: AsRef<[u8]>>(
        &mut self,
        reader: &mut Reader<'a>,
        head: &RunHead,
        shift: u8,
        digest: impl Fn(&mut Reader<'a>, &'static str) -> Result<D, ManifestError>,
    ) -> Result<(), ManifestError> {
        let mut gap = head.gap;
        for index in 0..head.count {
            if index > 0 {
                let units = reader.varint("run gap")?;
                gap = units.checked_mul(1 << shift).ok_or_else(|| too_far(reader))?;
            }
            let start = self.end.checked_add(gap);
            let end = start.and_then(|start| start.checked_add(head.length));
            let Some((start, end)) = start.zip(end) else { return Err(too_far(reader)) };
            self.starts.push(start);
            self.digests.extend_from_slice(digest(reader, "digest")?.as_ref());
            self.end = end;
        }
        Ok(())
    }
}

fn too_far(reader: &Reader<'_>) -> ManifestError {
    reader.wrong("run", "it ends behind 2^64 - 1")
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
