//! Hive-style partitions for [Lode](lode_core)'s datasets.
//!
//! [`Hive`] is a [`Partitioner`] for every record that implements serde's `Serialize`: it takes
//! some of its fields, and makes a folder of them.
//!
//! ```
//! use lode_core::partition::Partitioner;
//! use lode_hive::Hive;
//! use serde::Serialize;
//!
//! #[derive(Serialize)]
//! struct Event {
//!     day: &'static str,
//!     region: &'static str,
//!     payload: Vec<u8>,
//! }
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! let event = Event { day: "2026-01-01", region: "eu/west", payload: vec![0; 1000] };
//! let partition = Hive::by(["day", "region"])?.partition(&event)?;
//! assert_eq!(partition.as_str(), "day=2026-01-01/region=eu%2Fwest");
//! assert_eq!(lode_hive::parse(partition.as_str())?[1], ("region".into(), "eu/west".into()));
//! # Ok(())
//! # }
//! ```

#![no_std]

extern crate alloc;

mod fields;
mod keys;
mod path;
mod text;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use lode_core::partition::{Partition, PartitionError, Partitioner};
use serde::Serialize;

pub use self::keys::KeysError;
pub use self::path::{ParseError, parse, path};

/// The name in manifests.
const NAME: &str = "hive";

/// Partitions by the values of some fields: `day=2026-01-01/region=eu%2Fwest`.
///
/// The record must be a struct or a map, and the fields lie in it directly; the others are not
/// looked at. Their values become text as the Go implementation writes them:
///
/// | value | text |
/// | --- | --- |
/// | text, a character, a variant without content | as it is |
/// | an integer | decimal |
/// | a float | the shortest digits that give it back; `1e+06` below 1e-4 and from 1e6 on |
/// | a boolean | `true`, `false` |
/// | null, or no such field | [`PartitionError::MissingKey`] |
/// | bytes, a list or a map | [`PartitionError::InvalidValue`] |
///
/// and the text is [escaped](path), so that whatever it is, it stays in its folder. Text that is
/// too long for a folder (255 bytes with the key, 1024 for all) is
/// [`PartitionError::InvalidValue`].
///
/// The records need no copy: no value is built but the text of the fields.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hive {
    /// At least one, and none of them twice; each passes [`keys::check`].
    keys: Arc<[String]>,
}

impl Hive {
    /// Partitions by these fields, in this order.
    ///
    /// # Errors
    ///
    /// If there are none, one is there twice, or one cannot be a part of a path.
    pub fn by<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Result<Self, KeysError> {
        let keys: Arc<[String]> = keys.into_iter().map(Into::into).collect();
        keys::check(&keys)?;
        Ok(Self { keys })
    }

    /// Partitions by what `value` gives for a record and a key, for records that are not
    /// `Serialize` or have what they are partitioned by elsewhere. It is asked for each key; `None`
    /// is [`PartitionError::MissingKey`].
    ///
    /// ```
    /// use lode_core::partition::Partitioner;
    /// use lode_hive::Hive;
    ///
    /// # fn main() -> Result<(), Box<dyn core::error::Error>> {
    /// let by_length = Hive::by(["length"])?.with(|line: &str, _| Some(line.len().to_string().into()));
    /// assert_eq!(by_length.partition("four")?.as_str(), "length=4");
    /// # Ok(())
    /// # }
    /// ```
    pub fn with<R, F>(self, value: F) -> HiveWith<F>
    where
        R: ?Sized,
        F: for<'r> Fn(&'r R, &str) -> Option<Cow<'r, str>> + Send + Sync,
    {
        HiveWith { keys: self.keys, value }
    }

    /// The names of the fields.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }
}

impl<R: Serialize + ?Sized> Partitioner<R> for Hive {
    fn name(&self) -> &'static str {
        NAME
    }

    fn partition(&self, record: &R) -> Result<Partition, PartitionError> {
        let values = fields::pick(&self.keys, record)?;
        path::join(self.keys.iter().map(String::as_str).zip(values))
    }
}

/// Partitions by what a function says: see [`Hive::with`].
#[derive(Clone)]
pub struct HiveWith<F> {
    /// As in [`Hive`].
    keys: Arc<[String]>,
    value: F,
}

impl<R, F> Partitioner<R> for HiveWith<F>
where
    R: ?Sized,
    F: for<'r> Fn(&'r R, &str) -> Option<Cow<'r, str>> + Send + Sync,
{
    fn name(&self) -> &'static str {
        NAME
    }

    fn partition(&self, record: &R) -> Result<Partition, PartitionError> {
        path::join(self.keys.iter().map(|key| (key.as_str(), (self.value)(record, key))))
    }
}

impl<F> fmt::Debug for HiveWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HiveWith").field("keys", &self.keys).finish_non_exhaustive()
    }
}
