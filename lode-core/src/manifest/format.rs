//! The formats that manifests are written in.

use alloc::string::ToString;
use core::fmt;
use core::str::FromStr;

use super::Mismatch;

/// The format of a history's manifests.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Format {
    /// The compact format, version 2.
    #[default]
    Compact,
    /// JSON, version 1.0.0, which the Go implementation reads and writes.
    Json,
}

impl Format {
    /// Its name in descriptors and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Json => "json",
        }
    }

    /// The name of the object in a slot.
    pub const fn slot_name(self) -> &'static str {
        match self {
            Self::Compact => "manifest.lode",
            Self::Json => "manifest.json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Mismatch;

    fn from_str(name: &str) -> Result<Self, Mismatch> {
        [Self::Compact, Self::Json].into_iter().find(|format| format.name() == name).ok_or_else(
            || Mismatch {
                field: "format",
                expected: "compact or json".to_string(),
                found: name.to_string(),
            },
        )
    }
}
