//! Reading an object byte by byte, through a small window.

use super::error::{Fault, Field};
use crate::ErrorKind;
use crate::crc32c::{self, Crc32c};
use crate::store::{Error, Name, Store};

/// How many bytes of an object are in memory at a time: what one call of the store fetches.
pub(super) const WINDOW: usize = 32;

/// A piece of an object. A cursor that leaves it fetches another one.
#[derive(Debug)]
pub(super) struct Window {
    bytes: [u8; WINDOW],
    /// Where it begins.
    start: u32,
    /// How much of it has been filled.
    filled: u32,
}

impl Window {
    pub(super) const EMPTY: Self = Self { bytes: [0; WINDOW], start: 0, filled: 0 };
}

/// Where a reader is in an object: plain data, so that a second one can run ahead of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    /// Where the next byte is.
    at: u32,
    /// The last four bytes taken.
    last: u32,
    /// The CRC of all bytes taken.
    crc: u32,
}

impl Cursor {
    /// At the object's beginning.
    pub(super) const fn begin() -> Self {
        Self { at: 0, last: 0, crc: 0 }
    }

    /// How many bytes have been taken.
    pub(super) fn at(&self) -> u32 {
        self.at
    }
}

/// An object that is being read, and the first thing that went wrong with it.
///
/// From then on all values are 0. So what is read means nothing until [`Tape::check`] has said so,
/// and each loop has to ask [`Tape::is_sound`]; in return there is one place that handles errors,
/// where each of some thirty fields would have one.
pub(super) struct Tape<'a, S: Store> {
    pub(super) store: &'a mut S,
    name: Name,
    flaw: Option<Flaw<S::Error>>,
    window: &'a mut Window,
}

/// What is wrong with an object: a [`Fault`] that does not name it yet.
enum Flaw<E> {
    Absent,
    Damaged,
    Foreign(Field),
    Store(E),
}

impl<'a, S: Store> Tape<'a, S> {
    pub(super) fn new(store: &'a mut S, window: &'a mut Window, name: Name) -> Self {
        window.filled = 0;
        Self { store, name, flaw: None, window }
    }

    pub(super) fn is_sound(&self) -> bool {
        self.flaw.is_none()
    }

    /// The first thing that went wrong.
    pub(super) fn check(&mut self) -> Result<(), Fault<S::Error>> {
        Err(match self.flaw.take() {
            None => return Ok(()),
            Some(Flaw::Absent) => Fault::Absent(self.name),
            Some(Flaw::Damaged) => Fault::Corrupt(self.name),
            Some(Flaw::Foreign(field)) => Fault::Foreign(self.name, field),
            Some(Flaw::Store(error)) => Fault::Store(error),
        })
    }

    /// Notes that another object, to which this one refers, is damaged or gone.
    #[inline(never)]
    pub(super) fn blame(&mut self, name: &Name) {
        if self.is_sound() {
            self.name = *name;
            self.flaw = Some(Flaw::Damaged);
        }
    }

    /// Notes that the store failed.
    pub(super) fn blame_store(&mut self, error: S::Error) {
        self.fail(Flaw::Store(error));
    }

    /// Notes that the bytes make no sense, unless `holds`.
    #[inline(never)]
    pub(super) fn require(&mut self, holds: bool) {
        if !holds {
            self.fail(Flaw::Damaged);
        }
    }

    /// Notes that they are not of this volume, unless `holds`.
    #[inline(never)]
    pub(super) fn expect(&mut self, holds: bool, field: Field) {
        if !holds {
            self.fail(Flaw::Foreign(field));
        }
    }

    /// The next byte.
    #[inline(never)]
    pub(super) fn byte(&mut self, cursor: &mut Cursor) -> u8 {
        let mut place = cursor.at.wrapping_sub(self.window.start);
        if place >= self.window.filled {
            self.refill(cursor.at);
            place = 0;
        }
        let byte = match place < self.window.filled && self.is_sound() {
            true => self.window.bytes.get(place as usize).copied().unwrap_or(0),
            false => {
                self.fail(Flaw::Damaged);
                0
            }
        };
        cursor.at = cursor.at.wrapping_add(1);
        cursor.last = cursor.last >> 8 | u32::from(byte) << 24;
        cursor.crc = crc32c::append(cursor.crc, byte);
        byte
    }

    /// The next varint.
    #[inline(always)]
    pub(super) fn number(&mut self, cursor: &mut Cursor) -> u64 {
        self.varint(cursor, false)
    }

    /// The next varint, which has to be below 2^32.
    #[inline(always)]
    pub(super) fn short(&mut self, cursor: &mut Cursor) -> u32 {
        self.varint(cursor, true) as u32
    }

    #[inline(never)]
    fn varint(&mut self, cursor: &mut Cursor, is_short: bool) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(cursor);
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                let is_within = shift < 63 || byte < 2;
                self.require(is_within && !(is_short && number >> 32 > 0));
                return number;
            }
        }
        self.require(false);
        0
    }

    /// Whether an option is there.
    #[inline(never)]
    pub(super) fn option(&mut self, cursor: &mut Cursor) -> bool {
        let byte = self.byte(cursor);
        self.require(byte < 2);
        byte == 1
    }

    /// The next four bytes, most significant first: a digest.
    pub(super) fn digest(&mut self, cursor: &mut Cursor) -> u32 {
        for _ in 0..4 {
            self.byte(cursor);
        }
        cursor.last.swap_bytes()
    }

    /// Expects this varint.
    #[inline(always)]
    pub(super) fn expect_number(&mut self, cursor: &mut Cursor, number: u64, field: Field) {
        let found = self.number(cursor);
        self.expect(found == number, field);
    }

    /// Expects these bytes.
    #[inline(never)]
    pub(super) fn bytes(&mut self, cursor: &mut Cursor, bytes: &[u8], field: Field) {
        for expected in bytes {
            let found = self.byte(cursor);
            self.expect(found == *expected, field);
        }
    }

    /// Passes over so many bytes.
    pub(super) fn skip(&mut self, cursor: &mut Cursor, count: u64) {
        let mut left = count;
        while left > 0 && self.is_sound() {
            self.byte(cursor);
            left -= 1;
        }
    }

    /// Expects the trailer and then the object's end. Says what the trailer is.
    pub(super) fn finish(&mut self, cursor: &mut Cursor) -> u32 {
        self.digest(cursor);
        let (trailer, crc) = (cursor.last, cursor.crc);
        let was_sound = self.is_sound();
        self.byte(cursor);
        // Where an object ends is where reading on must fail.
        let is_end = was_sound && matches!(self.flaw, Some(Flaw::Damaged));
        if is_end {
            self.flaw = None;
        }
        // Over its own bytes and then itself a CRC is the same for all objects.
        self.require(is_end && crc == Crc32c::RESIDUE);
        trailer
    }

    /// Fetches what is at this place. At the end of the object the window is empty.
    fn refill(&mut self, at: u32) {
        self.window.start = at;
        self.window.filled = 0;
        if !self.is_sound() {
            return;
        }
        match self.store.read(&self.name, at.into(), &mut self.window.bytes) {
            Ok(count) => self.window.filled = count as u32,
            Err(error) if error.kind() == ErrorKind::NotFound => self.fail(match at {
                0 => Flaw::Absent,
                _ => Flaw::Damaged,
            }),
            Err(error) => self.fail(Flaw::Store(error)),
        }
    }

    fn fail(&mut self, flaw: Flaw<S::Error>) {
        if self.flaw.is_none() {
            self.flaw = Some(flaw);
        }
    }
}
