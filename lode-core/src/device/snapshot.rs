//! Older snapshots, and what a snapshot says besides its blocks.

use super::block::Block;
use super::error::{Fault, Field, VolumeError};
use super::merge::{Merge, Work};
use super::read::read_block;
use super::tape::{Cursor, Tape};
use super::volume::{Head, Volume};
use super::walk::{Visit, follow, scan};
use crate::Version;
use crate::manifest::compact::shape;
use crate::range::ByteRange;
use crate::store::Store;
use crate::time::Clock;

/// A snapshot whose manifest is still kept; made by [`Volume::snapshot`] and [`Volume::latest`].
///
/// Nothing of it is in memory: each call reads its manifest, 32 bytes at a time. Of the newest
/// snapshot [`Volume::read_at`] and [`Volume::gaps`] know more, and cost less.
#[derive(Debug)]
pub struct Snapshot<'a, S, C, const RUNS: usize> {
    volume: &'a mut Volume<S, C, RUNS>,
    head: Head,
}

/// Versions in ascending order; made by [`Volume::snapshots`].
#[derive(Clone, Debug)]
pub struct Versions {
    next: u64,
    last: u64,
}

impl Iterator for Versions {
    type Item = Version;

    fn next(&mut self) -> Option<Version> {
        let version = Version::new(self.next).filter(|it| it.get() <= self.last)?;
        self.next += 1;
        Some(version)
    }
}

impl<S: Store, C: Clock, const RUNS: usize> Volume<S, C, RUNS> {
    /// The versions of all snapshots that are kept, from the oldest to the newest.
    ///
    /// Costs a read for each of them; to go through them is free.
    ///
    /// # Errors
    ///
    /// [`VolumeError::Store`].
    pub fn snapshots(&mut self) -> Result<Versions, VolumeError<S::Error>> {
        self.mounted()?;
        let last = self.head().map_or(0, Version::get);
        let next = match last {
            0 => 1,
            _ => self.oldest(last - 1).map_err(VolumeError::of_store)?,
        };
        Ok(Versions { next, last })
    }

    /// Opens the snapshot of a version: the newest, or one that [`prune`](Self::prune) has left.
    ///
    /// Costs a read for each 32 bytes of its manifest.
    ///
    /// # Errors
    ///
    /// [`VolumeError::VersionMissing`]; [`VolumeError::Corrupt`] and [`VolumeError::Foreign`] name
    /// the manifest; [`VolumeError::Store`].
    pub fn snapshot(
        &mut self,
        version: Version,
    ) -> Result<Snapshot<'_, S, C, RUNS>, VolumeError<S::Error>> {
        let Self { settings: Some(settings), store, work, .. } = self else {
            return Err(VolumeError::NotMounted);
        };
        if self.head.is_none_or(|head| version > head.version) {
            return Err(VolumeError::VersionMissing { version });
        }
        match scan(store, work, settings, version, &mut |_, _| {}) {
            Err(Fault::Absent(_)) => return Err(VolumeError::VersionMissing { version }),
            read => read?,
        }
        let head = Head::of(version, &work.facts);
        Ok(Snapshot { volume: self, head })
    }

    /// The newest snapshot, to read its metadata; `None` if there is none. No store calls.
    ///
    /// # Errors
    ///
    /// [`VolumeError::NotMounted`].
    pub fn latest(&mut self) -> Result<Option<Snapshot<'_, S, C, RUNS>>, VolumeError<S::Error>> {
        self.mounted()?;
        let head = self.head;
        Ok(head.map(|head| Snapshot { volume: self, head }))
    }
}

impl<S: Store, C: Clock, const RUNS: usize> Snapshot<'_, S, C, RUNS> {
    /// Its version.
    pub fn version(&self) -> Version {
        self.head.version
    }

    /// How many bytes it covers. No store calls.
    pub fn covered(&self) -> u64 {
        self.head.covered
    }

    /// Fills `buf` with its bytes from `offset` on, as [`Volume::read_at`] does with the newest
    /// snapshot's, and at the same cost.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> Result<(), VolumeError<S::Error>> {
        if buf.is_empty() {
            return Ok(());
        }
        let range = Volume::<S, C, RUNS>::range(self.volume.mounted()?, offset, buf.len())?;
        let mut seen = Seen::nothing(range);
        self.each_block(&mut |tape, block| {
            seen.stop_at_gap(block);
            read_block(tape, block, range, buf);
        })?;
        match seen.rest() {
            Some(gap) => Err(VolumeError::RangeMissing { gap }),
            None => Ok(()),
        }
    }

    /// Hands the pieces of `within` that it does not cover to `visit`, in ascending order.
    ///
    /// Costs a read for each 32 bytes of its manifest.
    ///
    /// # Errors
    ///
    /// [`VolumeError::Corrupt`] names its manifest; [`VolumeError::Store`]. What was visited then
    /// means nothing.
    pub fn gaps(
        &mut self,
        within: ByteRange,
        visit: &mut dyn FnMut(ByteRange),
    ) -> Result<(), VolumeError<S::Error>> {
        let mut seen = Seen::nothing(within);
        self.each_block(&mut |_, block| {
            seen.gap_before(block).into_iter().for_each(&mut *visit);
        })?;
        seen.rest().into_iter().for_each(visit);
        Ok(())
    }

    /// Hands its metadata to `visit`, names and values, in the order of the names. `scratch` has
    /// to have room for the longest name and value together.
    ///
    /// Costs a read for each 32 bytes of its manifest.
    ///
    /// # Errors
    ///
    /// [`VolumeError::ScratchTooSmall`] says how much is needed; all that did fit was visited.
    /// [`VolumeError::Foreign`] if a value is no text, as a host may have written;
    /// [`VolumeError::Corrupt`]; [`VolumeError::Store`]. What was visited then means nothing.
    pub fn metadata(
        &mut self,
        scratch: &mut [u8],
        visit: &mut dyn FnMut(&str, &str),
    ) -> Result<(), VolumeError<S::Error>> {
        let needed = self.read_metadata(scratch, visit)?;
        if needed > scratch.len() as u64 {
            let needed = usize::try_from(needed).unwrap_or(usize::MAX);
            return Err(VolumeError::ScratchTooSmall { needed });
        }
        Ok(())
    }

    /// How long the scratch buffer has to be.
    fn read_metadata(
        &mut self,
        scratch: &mut [u8],
        visit: &mut dyn FnMut(&str, &str),
    ) -> Result<u64, Fault<S::Error>> {
        let mut needed = 0;
        let Volume { settings: Some(settings), store, work, .. } = &mut *self.volume else {
            return Err(Fault::NotMounted);
        };
        let Work { window, merge: Merge { walk, .. }, facts, .. } = work;
        let mut tape = Tape::new(store, window, self.head.name());
        walk.begin(&mut tape, settings, self.head.version, facts);

        let length = tape.number(&mut walk.cursor);
        let begin = walk.cursor.at();
        let mut left = tape.number(&mut walk.cursor);
        while left > 0 && tape.is_sound() {
            needed = needed.max(pair(&mut tape, &mut walk.cursor, scratch, visit));
            left -= 1;
        }
        let taken = walk.cursor.at().wrapping_sub(begin);
        tape.require(u64::from(taken) == length);

        walk.begin_blocks(&mut tape, facts);
        follow(&mut tape, walk, facts, &mut |_, _| {})?;
        self.head.check(facts).map(|()| needed)
    }

    /// Hands each of its blocks to `visit`, and makes sure that they were its.
    fn each_block(&mut self, visit: &mut Visit<'_, S>) -> Result<(), Fault<S::Error>> {
        let Volume { settings: Some(settings), store, work, .. } = &mut *self.volume else {
            return Err(Fault::NotMounted);
        };
        scan(store, work, settings, self.head.version, visit)?;
        self.head.check(&work.facts)
    }
}

/// Reads a name and its value, and hands them to `visit` if both fit into `scratch`. How many bytes
/// they have.
fn pair<S: Store>(
    tape: &mut Tape<'_, S>,
    cursor: &mut Cursor,
    scratch: &mut [u8],
    visit: &mut dyn FnMut(&str, &str),
) -> u64 {
    let name = text(tape, cursor, scratch);
    let is_text = tape.byte(cursor) == shape::TEXT;
    tape.expect(is_text, Field::Metadata);
    let at = usize::try_from(name).unwrap_or(usize::MAX).min(scratch.len());
    let (first, rest) = scratch.split_at_mut_checked(at).unwrap_or_default();
    let value = text(tape, cursor, rest);
    // What does not fit has no such piece.
    let second = usize::try_from(value).ok().and_then(|length| rest.get(..length));
    if let (Some(second), true, true) = (second, first.len() as u64 == name, tape.is_sound()) {
        match (core::str::from_utf8(first), core::str::from_utf8(second)) {
            (Ok(name), Ok(value)) => visit(name, value),
            _ => tape.require(false),
        }
    }
    name.saturating_add(value)
}

/// Reads a text, as much of it as fits into `into`. How many bytes it has.
fn text<S: Store>(tape: &mut Tape<'_, S>, cursor: &mut Cursor, into: &mut [u8]) -> u64 {
    let length = tape.number(cursor);
    let (mut left, mut places) = (length, into.iter_mut());
    while left > 0 && tape.is_sound() {
        let byte = tape.byte(cursor);
        if let Some(place) = places.next() {
            *place = byte;
        }
        left -= 1;
    }
    length
}

/// How far blocks, which come in order, have covered a range.
struct Seen {
    next: u64,
    end: u64,
}

impl Seen {
    fn nothing(within: ByteRange) -> Self {
        Self { next: within.start(), end: within.end() }
    }

    /// What lies between the last block and this one.
    fn gap_before(&mut self, block: &Block) -> Option<ByteRange> {
        let gap = ByteRange::new(self.next, block.start.min(self.end));
        self.next = self.next.max(block.end());
        gap
    }

    /// Goes on over this block, unless there is a gap before it: then that is the rest.
    fn stop_at_gap(&mut self, block: &Block) {
        match block.start > self.next {
            true => self.end = self.end.min(block.start),
            false => self.next = self.next.max(block.end()),
        }
    }

    /// What lies behind the last block.
    fn rest(&self) -> Option<ByteRange> {
        ByteRange::new(self.next, self.end)
    }
}
