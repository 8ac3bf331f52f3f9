//! Reading a manifest block by block.

use super::block::Block;
use super::error::{Fault, Field};
use super::merge::{Merge, Work};
use super::tape::{Cursor, Tape};
use super::volume::{Settings, manifest_name};
use crate::Version;
use crate::manifest::CommitId;
use crate::manifest::compact::{Kind, Prefix, shape};
use crate::store::{Name, Store};

/// The name of the blocks' algorithm, and how many bytes its digests have.
pub(super) const CHECKSUM: &[u8] = b"\x06crc32c\x04";

/// What a manifest says besides its blocks, as far as it matters.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) commit_id: Option<CommitId>,
    /// How many blocks there are.
    pub(super) blocks: u64,
    /// How many bytes they cover.
    pub(super) covered: u64,
    /// The manifest's last four bytes.
    pub(super) trailer: u32,
}

impl Facts {
    pub(super) const NONE: Self = Self { commit_id: None, blocks: 0, covered: 0, trailer: 0 };
}

/// What is done with a block. What goes wrong is noted on the tape. It is not generic, so that the
/// way there is linked once.
pub(super) type Visit<'a, S> = dyn FnMut(&mut Tape<'_, S>, &Block) + 'a;

/// Hands each block of a manifest to `visit`, and checks it to its end. Then the facts in `work` are
/// those of it. [`Fault::Absent`] if there is no such manifest.
#[inline(never)]
pub(super) fn scan<S: Store>(
    store: &mut S,
    work: &mut Work,
    settings: &Settings,
    version: Version,
    visit: &mut Visit<'_, S>,
) -> Result<(), Fault<S::Error>> {
    // Behind the last version that has a name nothing can be.
    if version.get() >= Name::NUMBERS {
        return Err(Fault::Absent(manifest_name(version)));
    }
    let Work { window, merge: Merge { walk, .. }, facts, .. } = work;
    let mut tape = Tape::new(store, window, manifest_name(version));
    walk.open(&mut tape, settings, version, facts);
    follow(&mut tape, walk, facts, visit)
}

/// The part of [`scan`] behind what comes before the runs. Within it, as each call is a frame more
/// where the stack is deep.
#[inline(always)]
pub(super) fn follow<S: Store>(
    tape: &mut Tape<'_, S>,
    walk: &mut Walk,
    facts: &mut Facts,
    visit: &mut Visit<'_, S>,
) -> Result<(), Fault<S::Error>> {
    while walk.advance(tape) {
        visit(tape, &walk.block);
        walk.blocks += 1;
        walk.covered = walk.covered.wrapping_add(walk.block.length.into());
    }
    facts.trailer = tape.finish(&mut walk.cursor);
    tape.require(walk.blocks == facts.blocks && walk.covered == facts.covered);
    tape.check()
}

/// Where a reader is among the blocks of a manifest. Plain data: a copy can run ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    pub(super) cursor: Cursor,
    /// The block that was read last. The next one lies behind it.
    pub(super) block: Block,
    /// From each block of this run to the one after it, unless they are listed.
    stride: u64,
    /// The end of the volume.
    limit: u64,
    /// How many runs are still to come.
    runs: u32,
    /// How many blocks of this run are still to come.
    left: u32,
    /// What is to be read before each block but the first: gaps in units of 2 to this power.
    shift: Option<u8>,
    /// How many blocks were handed on, and how many bytes they cover.
    blocks: u64,
    covered: u64,
}

impl Walk {
    /// Among no blocks, in a volume with this end.
    pub(super) const fn nowhere(limit: u64) -> Self {
        let (cursor, block) = (Cursor::begin(), Block::NONE);
        let (blocks, covered) = (0, 0);
        Self { cursor, block, stride: 0, limit, runs: 0, left: 0, shift: None, blocks, covered }
    }

    /// Reads what comes before the runs.
    #[inline(never)]
    pub(super) fn open<S: Store>(
        &mut self,
        tape: &mut Tape<'_, S>,
        settings: &Settings,
        version: Version,
        facts: &mut Facts,
    ) {
        self.begin(tape, settings, version, facts);
        let metadata = tape.number(&mut self.cursor);
        tape.skip(&mut self.cursor, metadata);
        self.begin_blocks(tape, facts);
    }

    /// Reads what comes before the metadata.
    #[inline(always)]
    pub(super) fn begin<S: Store>(
        &mut self,
        tape: &mut Tape<'_, S>,
        settings: &Settings,
        version: Version,
        facts: &mut Facts,
    ) {
        *self = Self::nowhere(settings.length);
        let cursor = &mut self.cursor;
        let prefix = Prefix { kind: Kind::VolumeManifest };
        tape.bytes(cursor, &prefix.to_bytes(), Field::Format);
        tape.expect_number(cursor, settings.id.len() as u64, Field::Id);
        tape.bytes(cursor, settings.id.as_bytes(), Field::Id);
        tape.expect_number(cursor, version.get(), Field::Version);
        if tape.option(cursor) {
            tape.number(cursor);
        }
        match tape.byte(cursor) {
            shape::NO_DIGEST => {}
            shape::CRC32C_DIGEST => _ = tape.short(cursor),
            _ => tape.expect(false, Field::Writer),
        }
        facts.commit_id = None;
        if tape.option(cursor) {
            for byte in &mut facts.commit_id.insert(CommitId([0; 16])).0 {
                *byte = tape.byte(cursor);
            }
        }
        if tape.option(cursor) {
            tape.number(cursor);
            tape.number(cursor);
        }
        tape.expect_number(cursor, settings.length, Field::Length);
        let state = tape.number(cursor);
        tape.skip(cursor, state);
        tape.bytes(cursor, CHECKSUM, Field::Checksum);
    }

    /// Reads what comes between the metadata and the runs.
    #[inline(always)]
    pub(super) fn begin_blocks<S: Store>(&mut self, tape: &mut Tape<'_, S>, facts: &mut Facts) {
        let cursor = &mut self.cursor;
        // There is no writer, or the only one.
        match tape.byte(cursor) {
            0 => {}
            8 => tape.bytes(cursor, &[0; 8], Field::Writer),
            _ => tape.expect(false, Field::Writer),
        }
        facts.blocks = tape.number(cursor);
        facts.covered = tape.number(cursor);
        self.runs = tape.short(cursor);
    }

    /// Goes on to the next block, if there is one and nothing is wrong.
    #[inline(never)]
    pub(super) fn advance<S: Store>(&mut self, tape: &mut Tape<'_, S>) -> bool {
        let (mut gap, end) = (self.stride, self.block.end());
        if self.left == 0 {
            if self.runs == 0 {
                return false;
            }
            self.runs -= 1;
            gap = self.begin_run(tape);
        } else if let Some(shift) = self.shift {
            let units = tape.number(&mut self.cursor);
            tape.require(units <= self.limit >> shift);
            gap = units << shift;
        }
        // Then nothing of what follows is above 2^64: the limit is below 2^63.
        tape.require(gap <= self.limit);
        self.block.start = end.wrapping_add(gap);
        self.block.number = self.block.number.wrapping_add(1);
        self.block.crc = tape.digest(&mut self.cursor);
        tape.require(self.block.end() <= self.limit);
        tape.expect((1..Name::NUMBERS).contains(&self.block.number), Field::Writer);
        self.left = self.left.wrapping_sub(1);
        tape.is_sound()
    }

    /// Reads what comes before the blocks of a run: the gap before the first of them.
    fn begin_run<S: Store>(&mut self, tape: &mut Tape<'_, S>) -> u64 {
        let cursor = &mut self.cursor;
        let gap = tape.number(cursor);
        self.block.length = tape.short(cursor);
        self.left = tape.short(cursor);
        let writer = tape.number(cursor);
        self.block.number = tape.number(cursor).wrapping_sub(1);
        let bits = tape.byte(cursor);
        tape.require(self.block.length > 0 && self.left > 0);
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
        gap
    }
}
