//! What every object of the compact format begins and ends with.

use core::fmt;

use crate::crc32c;

/// What every object of the compact format begins with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Prefix {
    /// What the object is.
    pub kind: Kind,
}

impl Prefix {
    /// How many bytes it has.
    pub const SIZE: usize = 6;
    /// How many bytes the trailer at the object's end has.
    pub const TRAILER: usize = 4;
    /// The version of the format.
    pub const FORMAT: u8 = 2;
    const MAGIC: [u8; 4] = *b"LODE";

    /// Its bytes.
    pub const fn to_bytes(self) -> [u8; Self::SIZE] {
        let [l, o, d, e] = Self::MAGIC;
        [l, o, d, e, Self::FORMAT, self.kind as u8]
    }

    /// Checks the prefix and the trailer of a whole object and cuts them off.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn split(object: &[u8]) -> Result<(Self, &[u8]), PrefixError> {
        let (covered, trailer) = object.split_last_chunk().ok_or(PrefixError::Short)?;
        let (prefix, body) = covered.split_first_chunk().ok_or(PrefixError::Short)?;
        let &[l, o, d, e, format, kind]: &[u8; Self::SIZE] = prefix;
        if [l, o, d, e] != Self::MAGIC {
            return Err(PrefixError::Magic);
        }
        if format != Self::FORMAT {
            return Err(PrefixError::Format { found: format });
        }
        let expected = u32::from_le_bytes(*trailer);
        let found = crc32c::of(covered);
        if expected != found {
            return Err(PrefixError::Trailer { expected, found });
        }
        let kind = Kind::ALL.into_iter().find(|known| *known as u8 == kind);
        Ok((Self { kind: kind.ok_or(PrefixError::Kind)? }, body))
    }
}

/// What an object of the compact format is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[repr(u8)]
pub enum Kind {
    /// The manifest of a volume's snapshot, with its runs.
    VolumeManifest = 1,
    /// The tombstone of one.
    VolumeTombstone = 2,
    /// The manifest of a volume's snapshot, over pages.
    PagedManifest = 3,
    /// A page.
    Page = 4,
    /// A copy of any manifest, in a tag.
    Tag = 5,
    /// A record in the history of a volume.
    VolumeRecord = 6,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::VolumeManifest,
        Self::VolumeTombstone,
        Self::PagedManifest,
        Self::Page,
        Self::Tag,
        Self::VolumeRecord,
    ];
}

/// Why bytes are no object of the compact format.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PrefixError {
    /// It is in another version of the format.
    Format {
        /// The version found.
        found: u8,
    },
    /// It is of a kind that this version does not know.
    Kind,
    /// It does not begin with `LODE`.
    Magic,
    /// It is shorter than any object.
    Short,
    /// The checksum at its end is not that of its bytes.
    Trailer {
        /// The checksum at its end.
        expected: u32,
        /// That of its bytes.
        found: u32,
    },
}

impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format { found } => write!(f, "format version {found} is not supported"),
            Self::Kind => f.write_str("an object of this kind is not known"),
            Self::Magic => f.write_str("it does not begin with LODE"),
            Self::Short => f.write_str("it is shorter than any object of this format"),
            Self::Trailer { expected, found } => {
                write!(f, "its CRC-32C is {found:08x}, it ends with {expected:08x}")
            }
        }
    }
}

impl core::error::Error for PrefixError {}
