//! JSON Lines for [Lode](lode_core)'s datasets: one record per line.
//!
//! [`Jsonl`] is a [`Codec`] and a [`StreamingCodec`] with the name `jsonl`. Its records are a type
//! of yours that implements serde's traits, or [`serde_json::Value`].
//!
//! ```
//! use lode_core::codec::{Codec, CodecError};
//! use lode_jsonl::Jsonl;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Deserialize, PartialEq, Serialize)]
//! struct Event {
//!     id: u64,
//!     name: String,
//! }
//!
//! # fn main() -> Result<(), CodecError> {
//! let events = [Event { id: 1, name: "login".into() }, Event { id: 2, name: "logout".into() }];
//! let mut file = Vec::new();
//! assert_eq!(Jsonl::new().encode(events.iter(), &mut file)?.rows, 2);
//! assert_eq!(file, b"{\"id\":1,\"name\":\"login\"}\n{\"id\":2,\"name\":\"logout\"}\n");
//!
//! let back: Vec<Event> = Jsonl::new().decode(file)?.collect::<Result<_, _>>()?;
//! assert_eq!(back, events);
//! # Ok(())
//! # }
//! ```

mod decode;
mod encode;
mod line;

use core::fmt;
use core::marker::PhantomData;

use lode_core::codec::{Codec, CodecError, Encoded, StreamEncoder, StreamingCodec};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::decode::{Decoder, Records};
pub use self::encode::Encoder;
use self::line::Limits;

/// JSON Lines: each record is one line of compact JSON, and ends with `\n`.
///
/// Reading skips empty lines, takes `\r\n` for `\n`, and does not need a `\n` at the end of the
/// file, as the Go implementation; everything else must be UTF-8, and one value per line, at most
/// 128 levels deep. Errors name the line, counted from 0, and the column, counted from 1 in bytes.
/// Both limits hold for reading and writing alike, so that what is written can be read.
///
/// What serde_json does not keep is not kept: floats that are not finite become `null`.
pub struct Jsonl<T> {
    limits: Limits,
    record: PhantomData<fn() -> T>,
}

impl<T> Jsonl<T> {
    /// The longest line that is read and written unless [told otherwise](Self::max_line), in bytes:
    /// 64 MiB. The Go implementation reads up to 10 MiB.
    pub const MAX_LINE: usize = 64 << 20;

    /// JSON Lines with lines up to [`MAX_LINE`](Self::MAX_LINE) and any number of records.
    pub const fn new() -> Self {
        let limits = Limits { line: Self::MAX_LINE, records: u64::MAX };
        Self { limits, record: PhantomData }
    }

    /// Allows lines of up to `bytes`, not counting the `\n`. A longer one is
    /// [`CodecError::Limit`].
    ///
    /// Streams keep one line in memory.
    #[must_use]
    pub const fn max_line(mut self, bytes: usize) -> Self {
        self.limits.line = bytes;
        self
    }

    /// Allows up to `records` records in a file. One more is [`CodecError::TooMany`].
    #[must_use]
    pub const fn max_records(mut self, records: u64) -> Self {
        self.limits.records = records;
        self
    }
}

impl<T> Codec for Jsonl<T>
where
    T: Serialize + DeserializeOwned + Send,
{
    type Record = T;
    type Records = Records<T>;

    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn encode<'a>(
        &self,
        records: impl Iterator<Item = &'a T>,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, CodecError>
    where
        T: 'a,
    {
        let mut encoder = self.encoder();
        for record in records {
            encoder.push(record, out)?;
        }
        encoder.finish(out)
    }

    /// Decodes a record when it is asked for. After an error there are no more.
    fn decode(&self, file: Vec<u8>) -> Result<Records<T>, CodecError> {
        Ok(Records::new(file, self.limits))
    }
}

impl<T> StreamingCodec for Jsonl<T>
where
    T: Serialize + DeserializeOwned + Send,
{
    type Encoder = Encoder<T>;
    type Decoder = Decoder<T>;

    fn encoder(&self) -> Encoder<T> {
        Encoder::new(self.limits)
    }

    fn decoder(&self) -> Decoder<T> {
        Decoder::new(self.limits)
    }
}

impl<T> Clone for Jsonl<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Jsonl<T> {}

impl<T> Default for Jsonl<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Jsonl<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Limits { line, records } = self.limits;
        f.debug_struct("Jsonl").field("max_line", &line).field("max_records", &records).finish()
    }
}
