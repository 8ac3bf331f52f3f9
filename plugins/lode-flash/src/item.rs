//! Objects as items of the map.
//!
//! An object is cut into pieces of equal length. Its *head* holds the rest, and the length of the
//! whole; it is written last and removed first, so its presence is the object. What is no longer
//! than a piece is a head alone.
//!
//! ```text
//! head  = key (8 bytes), length (4 bytes), the last bytes of the object
//! piece = key (8 bytes), bytes
//! ```

use lode_core::store::{Name, ObjectKind};
use sequential_storage::map::{Key, SerializationError, Value};

const KEY: usize = 8;
/// What of an item is not bytes of the object, at most.
pub(crate) const OVERHEAD: usize = KEY + 4;

/// What an item belongs to: object, generation, and which piece of it.
///
/// The bits of a key that is looked for may be left open; then it equals all that agree in the
/// others. The keys on the flash have none open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ItemKey {
    value: u64,
    open: u64,
}

impl ItemKey {
    /// 0 is the head.
    const PIECE: u64 = 0xffff;
    /// Two generations take turns, so that what replaces an object does not mix with it.
    const GENERATION: u64 = 1 << 16;
    const NAME: u32 = 17;
    /// A name is a kind and a number below 2^35.
    const NUMBER: u32 = 35;
    /// The most pieces an object can have.
    pub(crate) const PIECES: usize = Self::PIECE as usize;

    /// The head of whichever generation there is.
    pub(crate) fn head(name: u64) -> Self {
        Self { value: name << Self::NAME, open: Self::GENERATION }
    }

    /// All that belongs to `name`, of whichever generation.
    pub(crate) fn all(name: u64) -> Self {
        Self { value: name << Self::NAME, open: Self::GENERATION | Self::PIECE }
    }

    /// This one in `generation` alone.
    pub(crate) fn of(self, generation: bool) -> Self {
        let bit = if generation { Self::GENERATION } else { 0 };
        Self { value: self.value & !Self::GENERATION | bit, open: self.open & !Self::GENERATION }
    }

    /// Its piece `index`, where the head is 0.
    pub(crate) fn piece(self, index: usize) -> Self {
        let index = index as u64 & Self::PIECE;
        Self { value: self.value & !Self::PIECE | index, open: self.open & !Self::PIECE }
    }

    pub(crate) fn generation(self) -> bool {
        self.value & Self::GENERATION != 0
    }

    fn is_head(self) -> bool {
        self.value & Self::PIECE == 0
    }

    /// The name of the object whose head this is.
    pub(crate) fn head_of(self) -> Option<Name> {
        if !self.is_head() {
            return None;
        }
        unpack(self.value >> Self::NAME)
    }
}

/// `name` as a number below 2^37, or `None` if it is of a kind that this version does not know.
pub(crate) fn pack(name: &Name) -> Option<u64> {
    let (kind, number) = Name::parse(name.as_bytes())?;
    let kind = match kind {
        ObjectKind::Block => 1,
        ObjectKind::Hint => 2,
        ObjectKind::Manifest => 3,
        _ => return None,
    };
    Some(kind << ItemKey::NUMBER | number)
}

fn unpack(packed: u64) -> Option<Name> {
    let kind = match packed >> ItemKey::NUMBER {
        1 => ObjectKind::Block,
        2 => ObjectKind::Hint,
        3 => ObjectKind::Manifest,
        _ => return None,
    };
    Name::new(kind, packed & (Name::NUMBERS - 1))
}

impl PartialEq for ItemKey {
    fn eq(&self, other: &Self) -> bool {
        (self.value ^ other.value) & !(self.open | other.open) == 0
    }
}

impl Eq for ItemKey {}

/// For the map a key has no bytes: it reads the value's first ones. So an item that is shorter
/// than a key comes here as a short value, and does not make the map compute a negative length.
impl Key for ItemKey {
    fn serialize_into(&self, _: &mut [u8]) -> Result<usize, SerializationError> {
        Ok(0)
    }

    fn deserialize_from(bytes: &[u8]) -> Result<(Self, usize), SerializationError> {
        let value = bytes.first_chunk().ok_or(SerializationError::InvalidFormat)?;
        Ok((Self { value: u64::from_le_bytes(*value), open: 0 }, 0))
    }
}

/// An item that is going to be written.
pub(crate) struct Item<'p> {
    pub(crate) key: ItemKey,
    /// The length of the whole object, in its head.
    pub(crate) length: Option<u32>,
    /// The whole object.
    pub(crate) parts: &'p [&'p [u8]],
    /// Which of its bytes this item has.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Value<'_> for Item<'_> {
    fn serialize_into(&self, buffer: &mut [u8]) -> Result<usize, SerializationError> {
        let key = self.key.value.to_le_bytes();
        let length = self.length.map(u32::to_le_bytes);
        let mut at = put(buffer, 0, &key)?;
        if let Some(length) = &length {
            at = put(buffer, at, length)?;
        }
        let mut position = 0;
        for part in self.parts {
            let from = self.start.saturating_sub(position).min(part.len());
            let to = self.end.saturating_sub(position).min(part.len());
            at = put(buffer, at, part.get(from..to).unwrap_or_default())?;
            position = position.saturating_add(part.len());
        }
        Ok(at)
    }

    fn deserialize_from(_: &[u8]) -> Result<(Self, usize), SerializationError> {
        // What is written is read as `Stored`.
        Err(SerializationError::InvalidFormat)
    }
}

fn put(buffer: &mut [u8], at: usize, bytes: &[u8]) -> Result<usize, SerializationError> {
    let end = at.saturating_add(bytes.len());
    let place = buffer.get_mut(at..end).ok_or(SerializationError::BufferTooSmall)?;
    place.copy_from_slice(bytes);
    Ok(end)
}

/// A value that no page has room for. The map looks whether all is well, and mends what is not,
/// before it refuses it.
pub(crate) struct TooLong;

impl Value<'_> for TooLong {
    fn serialize_into(&self, _: &mut [u8]) -> Result<usize, SerializationError> {
        Ok(usize::from(u16::MAX) + 1)
    }

    fn deserialize_from(_: &[u8]) -> Result<(Self, usize), SerializationError> {
        Err(SerializationError::InvalidFormat)
    }
}

/// What is left of a head in memory.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    pub(crate) generation: bool,
    pub(crate) length: usize,
}

/// Takes a head apart: what it says, and the last bytes of its object.
pub(crate) fn head(item: &[u8]) -> Option<(Head, &[u8])> {
    let (key, rest) = item.split_first_chunk()?;
    let (length, tail) = rest.split_first_chunk()?;
    let key = ItemKey { value: u64::from_le_bytes(*key), open: 0 };
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    Some((Head { generation: key.generation(), length }, tail))
}

/// The bytes of a piece.
pub(crate) fn piece(item: &[u8]) -> Option<&[u8]> {
    item.split_at_checked(KEY).map(|(_, bytes)| bytes)
}
