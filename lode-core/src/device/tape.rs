//! Reading an object byte by byte, through a small window.

use super::error::{Field, VolumeError};
use crate::ErrorKind;
use crate::checksum::Checksum;
use crate::crc32c::Crc32c;
use crate::store::{Error, Name, Store};

/// How many bytes of an object are on the stack at a time: what one call of the store fetches.
pub(super) const WINDOW: usize = 32;

/// Where a reader is in an object: plain data, so that a second one can run ahead of it.
#[derive(Clone)]
pub(super) struct Cursor {
    window: [u8; WINDOW],
    /// How much of `window` has been filled.
    filled: u8,
    /// The next byte to take, at most `filled`.
    next: u8,
    /// Where in the object the bytes behind `window` begin.
    at: u32,
    /// Over all bytes up to `at`.
    crc: Crc32c,
    /// The last four bytes taken.
    last: u32,
}

impl Cursor {
    /// At the object's beginning.
    pub(super) fn begin() -> Self {
        let window = [0; WINDOW];
        Self { window, filled: 0, next: 0, at: 0, crc: Crc32c::begin(), last: 0 }
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
    fault: Option<Fault<S::Error>>,
}

/// What went wrong.
enum Fault<E> {
    Absent,
    Damaged,
    Foreign(Field),
    Store(E),
}

impl<'a, S: Store> Tape<'a, S> {
    pub(super) fn new(store: &'a mut S, name: Name) -> Self {
        Self { store, name, fault: None }
    }

    pub(super) fn is_sound(&self) -> bool {
        self.fault.is_none()
    }

    /// Whether there is no such object.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self.fault, Some(Fault::Absent))
    }

    /// The first thing that went wrong.
    pub(super) fn check(self) -> Result<(), VolumeError<S::Error>> {
        let name = self.name;
        match self.fault {
            None => Ok(()),
            Some(Fault::Absent | Fault::Damaged) => Err(VolumeError::Corrupt { name }),
            Some(Fault::Foreign(field)) => Err(VolumeError::Foreign { name, field }),
            Some(Fault::Store(error)) => Err(VolumeError::of_store(error)),
        }
    }

    /// Notes that the bytes make no sense, unless `holds`.
    pub(super) fn require(&mut self, holds: bool) {
        if !holds {
            self.fail(Fault::Damaged);
        }
    }

    /// Notes that they are not of this volume, unless `holds`.
    pub(super) fn expect(&mut self, holds: bool, field: Field) {
        if !holds {
            self.fail(Fault::Foreign(field));
        }
    }

    /// The next byte.
    #[inline(never)]
    pub(super) fn byte(&mut self, cursor: &mut Cursor) -> u8 {
        if cursor.next == cursor.filled {
            self.refill(cursor);
            if cursor.filled == 0 {
                self.fail(Fault::Damaged);
            }
        }
        if !self.is_sound() {
            return 0;
        }
        let byte = cursor.window.get(usize::from(cursor.next)).copied().unwrap_or(0);
        cursor.next += 1;
        cursor.last = cursor.last >> 8 | u32::from(byte) << 24;
        byte
    }

    /// The next varint.
    #[inline(never)]
    pub(super) fn number(&mut self, cursor: &mut Cursor) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(cursor);
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                self.require(shift < 63 || byte < 2);
                return number;
            }
        }
        self.require(false);
        0
    }

    /// The next varint, which has to be below 2^32.
    pub(super) fn short(&mut self, cursor: &mut Cursor) -> u32 {
        let number = self.number(cursor);
        let short = u32::try_from(number);
        self.require(short.is_ok());
        short.unwrap_or(0)
    }

    /// Whether an option is there.
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

    /// Expects these bytes, and their length before them.
    pub(super) fn text(&mut self, cursor: &mut Cursor, text: &[u8], field: Field) {
        let mut equal = self.number(cursor) == text.len() as u64;
        for expected in text {
            equal = equal && self.byte(cursor) == *expected;
        }
        self.expect(equal, field);
    }

    /// Passes over so many bytes.
    pub(super) fn skip(&mut self, cursor: &mut Cursor, count: u64) {
        let mut left = count;
        while left > 0 && self.is_sound() {
            self.byte(cursor);
            left -= 1;
        }
    }

    /// Expects the trailer and then the object's end; says what the trailer is.
    pub(super) fn finish(&mut self, cursor: &mut Cursor) -> u32 {
        self.digest(cursor);
        if self.is_sound() && cursor.next == cursor.filled {
            self.refill(cursor);
        }
        let whole = cursor.next == cursor.filled || cursor.filled == 0;
        // Over its own bytes and then itself a CRC is the same for all objects.
        self.require(whole && cursor.crc.clone().value() == Crc32c::RESIDUE);
        cursor.last
    }

    /// Fetches what comes next. At the end of the object the window is empty.
    fn refill(&mut self, cursor: &mut Cursor) {
        cursor.next = 0;
        cursor.filled = 0;
        if !self.is_sound() {
            return;
        }
        match self.store.read(&self.name, u64::from(cursor.at), &mut cursor.window) {
            Ok(count) => {
                let Some(read) = cursor.window.get(..count) else {
                    return self.fail(Fault::Damaged);
                };
                cursor.crc.update(read);
                cursor.filled = count as u8;
                match cursor.at.checked_add(count as u32) {
                    Some(at) => cursor.at = at,
                    None => self.fail(Fault::Damaged),
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => self.fail(Fault::Absent),
            Err(error) => self.fail(Fault::Store(error)),
        }
    }

    fn fail(&mut self, fault: Fault<S::Error>) {
        if self.fault.is_none() {
            self.fault = Some(fault);
        }
    }
}
