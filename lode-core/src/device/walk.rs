//! Reading a manifest block by block.

use super::block::Block;
use super::error::Field;
use super::tape::{Cursor, Tape};
use super::volume::Settings;
use crate::Version;
use crate::manifest::CommitId;
use crate::manifest::compact::{Kind, Prefix, shape};
use crate::store::{Name, Store};

/// The name of the blocks' algorithm.
pub(super) const CHECKSUM: &str = "crc32c";
/// How many bytes a block's digest has.
pub(super) const DIGEST_SIZE: u8 = 4;

/// What a manifest says before its runs, as far as it matters.
pub(super) struct Facts {
    pub(super) commit_id: Option<CommitId>,
    pub(super) parent: Option<Version>,
    /// How many blocks there are said to be.
    pub(super) blocks: u64,
    /// How many bytes they are said to cover.
    pub(super) covered: u64,
}

/// Where a reader is among the blocks of a manifest. Plain data: a copy can run ahead.
#[derive(Clone)]
pub(super) struct Walk {
    cursor: Cursor,
    /// How many runs are still to come.
    runs: u64,
    /// How many blocks of this run are still to come.
    left: u64,
    /// The number of the next of them.
    number: u64,
    /// Where the block before ends.
    end: u64,
    /// From there to the next block.
    gap: u64,
    /// From each block of this run to the one after it, unless they are listed.
    stride: u64,
    /// Of each block of this run.
    length: u32,
    /// What is to be read before each block but the first: gaps in units of 2 to this power.
    shift: Option<u8>,
    /// The end of the volume.
    limit: u64,
}

impl Walk {
    /// Among no blocks.
    pub(super) fn nowhere() -> Self {
        Self {
            cursor: Cursor::begin(),
            runs: 0,
            left: 0,
            number: 0,
            end: 0,
            gap: 0,
            stride: 0,
            length: 0,
            shift: None,
            limit: 0,
        }
    }

    /// Reads what comes before the runs.
    pub(super) fn begin<S: Store>(
        tape: &mut Tape<'_, S>,
        settings: &Settings,
        version: Version,
    ) -> (Self, Facts) {
        let mut walk = Self { limit: settings.length, ..Self::nowhere() };
        let cursor = &mut walk.cursor;
        for expected in (Prefix { kind: Kind::VolumeManifest }).to_bytes() {
            let found = tape.byte(cursor);
            tape.expect(found == expected, Field::Format);
        }
        tape.text(cursor, settings.id.as_bytes(), Field::Id);
        let found = tape.number(cursor);
        tape.expect(found == version.get(), Field::Version);
        let parent = if tape.option(cursor) { Version::new(tape.number(cursor)) } else { None };
        match tape.byte(cursor) {
            shape::NO_DIGEST => {}
            shape::CRC32C_DIGEST => _ = tape.short(cursor),
            _ => tape.expect(false, Field::Writer),
        }
        let commit_id = tape.option(cursor).then(|| {
            let mut id = [0; 16];
            for byte in &mut id {
                *byte = tape.byte(cursor);
            }
            CommitId(id)
        });
        if tape.option(cursor) {
            tape.number(cursor);
            tape.number(cursor);
        }
        let length = tape.number(cursor);
        tape.expect(length == settings.length, Field::Length);
        tape.text(cursor, CHECKSUM.as_bytes(), Field::Checksum);
        let size = tape.byte(cursor);
        tape.expect(size == DIGEST_SIZE, Field::Checksum);
        let metadata = tape.number(cursor);
        tape.skip(cursor, metadata);
        let writers = tape.number(cursor);
        tape.expect(writers == 0 || writers == 8, Field::Writer);
        for _ in 0..writers.min(8) {
            let byte = tape.byte(cursor);
            tape.expect(byte == 0, Field::Writer);
        }
        let (blocks, covered) = (tape.number(cursor), tape.number(cursor));
        walk.runs = tape.number(cursor);
        (walk, Facts { commit_id, parent, blocks, covered })
    }

    /// The next block; `None` behind the last one, and if something is wrong.
    pub(super) fn next<S: Store>(&mut self, tape: &mut Tape<'_, S>) -> Option<Block> {
        if self.left == 0 {
            self.runs = self.runs.checked_sub(1)?;
            self.begin_run(tape);
        } else if let Some(shift) = self.shift {
            let units = tape.number(&mut self.cursor);
            self.gap = units << shift;
            tape.require(self.gap >> shift == units);
        }
        let start = self.end.saturating_add(self.gap);
        let end = start.saturating_add(u64::from(self.length));
        tape.require(end <= self.limit);
        let crc = tape.digest(&mut self.cursor);
        let block = Block { start, number: self.number, length: self.length, crc };
        tape.expect(self.number > 0 && self.number < Name::NUMBERS, Field::Writer);
        if !tape.is_sound() {
            return None;
        }
        self.end = end;
        self.number += 1;
        self.left -= 1;
        self.gap = self.stride;
        Some(block)
    }

    fn begin_run<S: Store>(&mut self, tape: &mut Tape<'_, S>) {
        let cursor = &mut self.cursor;
        self.gap = tape.number(cursor);
        self.length = tape.short(cursor);
        self.left = tape.number(cursor);
        let writer = tape.number(cursor);
        self.number = tape.number(cursor);
        let bits = tape.byte(cursor);
        tape.require(self.length > 0 && self.left > 0);
        // Each block of a device has a number of its own.
        let counting = bits & shape::COUNTING != 0;
        tape.expect(writer == 0 && counting == (self.left > 1), Field::Writer);
        self.shift = None;
        self.stride = 0;
        match bits & !shape::COUNTING {
            shape::ADJACENT => {}
            shape::STRIDED => self.stride = tape.number(cursor),
            shape::LISTED => {
                let shift = tape.byte(cursor);
                tape.require(shift <= shape::MAX_SHIFT);
                self.shift = Some(shift & shape::MAX_SHIFT);
            }
            _ => tape.require(false),
        }
    }

    /// Expects the end of the manifest, and says what its trailer is.
    pub(super) fn finish<S: Store>(&mut self, tape: &mut Tape<'_, S>) -> u32 {
        tape.finish(&mut self.cursor)
    }
}
