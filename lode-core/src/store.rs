//! The storage that a device shell is generic over.
//!
//! Hosts use the `object_store` crate's trait instead; this one asks for less, so that a flash
//! driver, a FAT card or a serial line can offer it.

use core::fmt;

use crate::ErrorKind;

/// The error type of a store's operations, shared by all its traits.
pub trait ErrorType {
    /// What an operation fails with.
    type Error: Error;
}

/// A failure of a store.
pub trait Error: fmt::Debug {
    /// What can be done about it. [`ErrorKind::NotFound`] and [`ErrorKind::OutOfSpace`] must be
    /// told apart from the rest.
    fn kind(&self) -> ErrorKind;
}

/// Reading objects.
pub trait ReadStore: ErrorType {
    /// Fills `buf` with the bytes of `name` from `offset` on and returns how many there were:
    /// fewer than asked for only at the object's end, 0 at or behind it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if there is no such object.
    fn read(&mut self, name: &Name, offset: u64, buf: &mut [u8]) -> Result<usize, Self::Error>;
}

/// Writing objects.
pub trait Store: ReadStore {
    /// The most bytes one object can have.
    const MAX_OBJECT: usize;

    /// Creates `name` with the bytes of all `parts`, one after the other.
    ///
    /// All or nothing, durable when it returns `Ok`, and never over an object that is there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] if the name is taken; [`ErrorKind::OutOfSpace`] if there is no room.
    fn create(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), Self::Error>;

    /// Creates `name` or replaces what it holds. Used for the hint alone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfSpace`] if there is no room.
    fn replace(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), Self::Error>;

    /// Removes `name`; that it was not there is no error.
    ///
    /// # Errors
    ///
    /// Whatever the medium reports.
    fn remove(&mut self, name: &Name) -> Result<(), Self::Error>;
}

/// Listing objects, where the medium can.
pub trait ListStore: Store {
    /// Calls `visit` with every object's name, in any order.
    ///
    /// # Errors
    ///
    /// Whatever the medium reports.
    fn list(&mut self, visit: &mut dyn FnMut(&Name)) -> Result<(), Self::Error>;
}

/// The name of an object on a device: a letter for its kind and seven base-32 digits for its
/// number, `M0000012.LD`.
///
/// Eight characters, a dot and an extension: FAT, flash and a serial gateway can all carry it.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Name([u8; Self::LENGTH]);

impl Name {
    /// How many bytes a name has.
    pub const LENGTH: usize = 11;
    /// The first number that no name can carry: 2^35.
    pub const NUMBERS: u64 = 1 << 35;
    /// The hint that each commit writes: `H0000000.LD`. A prune writes another one.
    pub const HINT: Self = Self(*b"H0000000.LD");
    /// The digits, as Crockford orders them: no I, L, O or U.
    const DIGITS: &'static [u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// The name of object `number` of `kind`, or `None` if the number is 2^35 or above.
    pub fn new(kind: ObjectKind, number: u64) -> Option<Self> {
        (number < Self::NUMBERS).then(|| Self::wrapping(kind, number))
    }

    /// The name of object `number` of `kind`, where that is known to be below 2^35; of others the
    /// upper bits are lost.
    #[inline(never)]
    pub(crate) fn wrapping(kind: ObjectKind, number: u64) -> Self {
        let mut name = *b"00000000.LD";
        let mut rest = number;
        for place in name.iter_mut().take(8).rev() {
            // There are as many digits as five bits can tell apart.
            *place = Self::DIGITS.get((rest & 31) as usize).copied().unwrap_or(b'0');
            rest >>= 5;
        }
        let [letter, ..] = &mut name;
        *letter = kind.letter();
        Self(name)
    }

    /// The kind and number of the object with this name, or `None` if it is no name of ours.
    #[inline(never)]
    pub fn parse(name: &[u8]) -> Option<(ObjectKind, u64)> {
        let (letter, rest) = name.split_first()?;
        let (digits, extension) = rest.split_at_checked(7)?;
        if extension != b".LD" {
            return None;
        }
        let kind = ObjectKind::ALL.into_iter().find(|kind| kind.letter() == *letter)?;
        let number = digits.iter().try_fold(0, |number, digit| {
            let value = Self::DIGITS.iter().position(|known| known == digit)?;
            Some(number * 32 + value as u64)
        })?;
        Some((kind, number))
    }

    /// The name's bytes: ASCII.
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever put in.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an object on a device is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ObjectKind {
    /// The bytes of a block: `B`.
    Block,
    /// The hint that names the newest version: `H`.
    Hint,
    /// A manifest: `M`.
    Manifest,
}

impl ObjectKind {
    const ALL: [Self; 3] = [Self::Block, Self::Hint, Self::Manifest];

    const fn letter(self) -> u8 {
        match self {
            Self::Block => b'B',
            Self::Hint => b'H',
            Self::Manifest => b'M',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_kind_and_number() {
        let name = Name::new(ObjectKind::Manifest, 34).unwrap();
        assert_eq!(name.as_str(), "M0000012.LD");
        for number in [0, 1, 31, 32, Name::NUMBERS - 1] {
            for kind in ObjectKind::ALL {
                let name = Name::new(kind, number).unwrap();
                assert_eq!(Name::parse(name.as_str().as_bytes()), Some((kind, number)));
            }
        }
        assert_eq!(Name::new(ObjectKind::Hint, 0), Some(Name::HINT));
        assert_eq!(Name::new(ObjectKind::Block, Name::NUMBERS), None);
        for foreign in ["", "M", "M000001.LD", "X0000001.LD", "M0000001.TXT", "M000000I.LD"] {
            assert_eq!(Name::parse(foreign.as_bytes()), None, "{foreign}");
        }
    }
}
