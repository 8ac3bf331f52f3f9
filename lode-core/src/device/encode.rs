//! Writing a manifest into the caller's buffer.

use super::merge::{Run, Source};
use super::volume::{Head, Settings};
use super::walk::CHECKSUM;
use crate::Version;
use crate::crc32c;
use crate::manifest::CommitId;
use crate::manifest::compact::{Kind, Prefix, shape};
use crate::store::Store;
use crate::time::Timestamp;

/// A buffer that is being filled. Behind its end it only counts, so that it can say how long it
/// would have had to be.
pub(super) struct Writer<'a> {
    buffer: &'a mut [u8],
    /// How many bytes were written. In the end it is the manifest's size.
    at: usize,
    /// How long the buffer had to be, if it is longer than what is written.
    needed: usize,
    trailer: u32,
}

/// What a manifest says before its runs.
pub(super) struct Preface<'a> {
    pub(super) settings: &'a Settings,
    pub(super) version: Version,
    /// The manifest that this one follows.
    pub(super) parent: Option<Head>,
    pub(super) commit_id: &'a CommitId,
    pub(super) created_at: Option<Timestamp>,
    pub(super) metadata: &'a [(&'a str, &'a str)],
    pub(super) blocks: u64,
    pub(super) covered: u64,
}

impl<'a> Writer<'a> {
    /// The most bytes that the number of runs takes. Until it is known so many are left for it,
    /// which is why a manifest needs a little more room than it has bytes.
    const RUNS_ROOM: usize = 5;

    pub(super) fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, at: 0, needed: 0, trailer: 0 }
    }

    /// The manifest that was written, or how long the buffer has to be for it.
    pub(super) fn written(self) -> Result<Written<'a>, usize> {
        let (needed, room) = (self.needed.max(self.at), self.buffer.len());
        match self.buffer.get(..self.at) {
            Some(manifest) if needed <= room => Ok(Written { manifest, trailer: self.trailer }),
            _ => Err(needed),
        }
    }

    /// Appends the runs of the blocks of `source`, and then the trailer.
    pub(super) fn finish<S: Store>(&mut self, source: &mut Source<'_, S>) {
        let mark = self.at;
        self.at += Self::RUNS_ROOM;
        let runs = self.runs(source);

        let (end, room) = (self.at, mark + Self::RUNS_ROOM);
        self.at = mark;
        self.number(runs.into());
        for from in room..end {
            let moved = self.buffer.get(from).copied().unwrap_or(0);
            self.byte(moved);
        }
        self.needed = end;
        self.trailer = self.buffer.get(..self.at).map_or(0, crc32c::of);
        self.bytes(&self.trailer.to_le_bytes());
    }

    /// Appends all runs, and says how many there are.
    #[inline(never)]
    fn runs<S: Store>(&mut self, source: &mut Source<'_, S>) -> u32 {
        let (mut runs, mut left, mut end) = (0, 0, 0);
        while source.advance() {
            if left == 0 {
                source.measure_run();
                self.run(source.run, end);
                left = source.run.count;
                runs += 1;
            } else if let Some(shift) = source.run.shift() {
                self.number(source.run.block.start.saturating_sub(end) >> shift);
            }
            let block = &source.run.block;
            self.bytes(&block.crc.to_be_bytes());
            end = block.end();
            left -= 1;
        }
        runs
    }

    /// What comes before the blocks of a run, at whose first the source is, after `end`.
    #[inline(never)]
    fn run(&mut self, run: &Run, end: u64) {
        let first = &run.block;
        self.number(first.start.saturating_sub(end));
        self.number(first.length.into());
        self.number(run.count.into());
        self.byte(0); // The writer: the only one.
        self.number(first.number);
        let counting = if run.count > 1 { shape::COUNTING } else { 0 };
        match (run.shift(), run.stride) {
            (Some(shift), _) => {
                self.byte(shape::LISTED | counting);
                self.byte(shift);
            }
            (None, 0) => self.byte(shape::ADJACENT | counting),
            (None, stride) => {
                self.byte(shape::STRIDED | counting);
                self.number(stride);
            }
        }
    }

    /// Appends what comes before the runs.
    #[inline(never)]
    pub(super) fn preface(&mut self, preface: &Preface<'_>) {
        self.bytes(&Prefix { kind: Kind::VolumeManifest }.to_bytes());
        self.text(preface.settings.id);
        self.number(preface.version.get());
        match preface.parent {
            Some(parent) => {
                self.byte(1);
                self.number(parent.version.get());
                self.byte(shape::CRC32C_DIGEST);
                self.number(parent.trailer.into());
            }
            None => self.bytes(&[0, shape::NO_DIGEST]),
        }
        self.byte(1);
        self.bytes(&preface.commit_id.0);
        match preface.created_at {
            Some(at) => {
                self.byte(1);
                let seconds = at.seconds();
                self.number(((seconds << 1) ^ (seconds >> 63)).cast_unsigned());
                self.number(at.nanoseconds().into());
            }
            None => self.byte(0),
        }
        self.number(preface.settings.length);
        self.byte(shape::NO_STATE); // Nothing is ever collected here.
        self.bytes(CHECKSUM);
        let mut measure = Writer::new(&mut []);
        measure.metadata(preface.metadata);
        self.number(measure.at as u64);
        self.metadata(preface.metadata);
        // The table of writers, of whom there is one: eight bytes.
        self.bytes(&[8, 0, 0, 0, 0, 0, 0, 0, 0]);
        self.number(preface.blocks);
        self.number(preface.covered);
    }

    #[inline(never)]
    fn metadata(&mut self, metadata: &[(&str, &str)]) {
        self.number(metadata.len() as u64);
        for (name, value) in metadata {
            self.text(name);
            self.byte(shape::TEXT);
            self.text(value);
        }
    }

    #[inline(never)]
    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    #[inline(never)]
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    #[inline(never)]
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    #[inline(never)]
    fn byte(&mut self, byte: u8) {
        if let Some(place) = self.buffer.get_mut(self.at) {
            *place = byte;
        }
        self.at = self.at.saturating_add(1);
    }
}

/// What was written.
pub(super) struct Written<'a> {
    pub(super) manifest: &'a [u8],
    pub(super) trailer: u32,
}
