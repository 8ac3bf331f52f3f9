//! The least store there is, to measure a volume without one.

use lode_core::ErrorKind;
use lode_core::store::{Error, ErrorType, Name, ReadStore, Store};

/// How many objects there can be, and how many bytes each can have.
const SLOTS: usize = 8;
const SIZE: usize = 256;

/// A few objects in memory.
#[derive(Default)]
pub struct Slots {
    slots: [Slot; SLOTS],
    /// Whether the next object is created, but said not to be.
    pub loses_a_reply: bool,
}

#[derive(Clone, Copy)]
struct Slot {
    name: Option<Name>,
    length: usize,
    bytes: [u8; SIZE],
}

impl Slot {
    const EMPTY: Self = Self { name: None, length: 0, bytes: [0; SIZE] };
}

impl Default for Slot {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// What the store fails with.
#[derive(Debug)]
pub struct SlotError(ErrorKind);

impl Error for SlotError {
    fn kind(&self) -> ErrorKind {
        self.0
    }
}

impl ErrorType for Slots {
    type Error = SlotError;
}

impl Slots {
    /// No objects.
    pub const fn new() -> Self {
        Self { slots: [Slot::EMPTY; SLOTS], loses_a_reply: false }
    }

    fn find(&mut self, name: Option<&Name>) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| match (&slot.name, name) {
            // Byte by byte: a call of the library's comparison takes more of the stack.
            (Some(found), Some(name)) => found.as_bytes().iter().eq(name.as_bytes()),
            (found, name) => found.is_none() && name.is_none(),
        })
    }
}

impl ReadStore for Slots {
    fn read(&mut self, name: &Name, offset: u64, buf: &mut [u8]) -> Result<usize, SlotError> {
        let slot = self.find(Some(name)).ok_or(SlotError(ErrorKind::NotFound))?;
        let stored = slot.bytes.get(..slot.length).unwrap_or_default();
        let rest = stored.get(offset as usize..).unwrap_or_default();
        let mut count = 0;
        for (byte, stored) in buf.iter_mut().zip(rest) {
            *byte = *stored;
            count += 1;
        }
        Ok(count)
    }
}

impl Store for Slots {
    const MAX_OBJECT: usize = SIZE;

    fn create(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), SlotError> {
        if self.find(Some(name)).is_some() {
            return Err(SlotError(ErrorKind::Conflict));
        }
        let slot = self.find(None).ok_or(SlotError(ErrorKind::OutOfSpace))?;
        let mut length = 0;
        for byte in parts.iter().copied().flatten() {
            *slot.bytes.get_mut(length).ok_or(SlotError(ErrorKind::OutOfSpace))? = *byte;
            length += 1;
        }
        slot.length = length;
        slot.name = Some(*name);
        match core::mem::take(&mut self.loses_a_reply) {
            true => Err(SlotError(ErrorKind::Unknown)),
            false => Ok(()),
        }
    }

    fn replace(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), SlotError> {
        self.remove(name)?;
        self.create(name, parts)
    }

    fn remove(&mut self, name: &Name) -> Result<(), SlotError> {
        if let Some(slot) = self.find(Some(name)) {
            slot.name = None;
        }
        Ok(())
    }
}
