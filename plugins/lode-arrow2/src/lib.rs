//! Arrow IPC streams of `arrow2` chunks as data files of [Lode](lode_core)'s datasets.
//!
//! **The `arrow2` crate is no longer maintained upstream.** This codec is for hosts that still hold
//! its chunks and want to store them, or to move off them; everything new should use
//! `lode-parquet`, on the crates of Apache Arrow. No other crate of Lode depends on this one.
//!
//! ```
//! use arrow2::array::{Array, Int64Array};
//! use arrow2::chunk::Chunk;
//! use arrow2::datatypes::{DataType, Field, Schema};
//! use lode_arrow2::Arrow2Ipc;
//! use lode_core::codec::Codec;
//!
//! let codec = Arrow2Ipc::new(Schema::from(vec![Field::new("id", DataType::Int64, true)]));
//! let chunk = Chunk::new(vec![Int64Array::from([Some(1), None]).boxed()]);
//!
//! let mut file = Vec::new();
//! let encoded = codec.encode([&chunk].into_iter(), &mut file)?;
//! assert_eq!(encoded.rows, 2);
//!
//! let chunks: Vec<_> = codec.decode(file)?.collect::<Result<_, _>>()?;
//! assert_eq!(chunks, [chunk]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Format
//!
//! The [streaming format](https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format),
//! not compressed, with the marker at its end: a stream without one has been cut off, and is an
//! error. Others read it with `pyarrow.ipc.open_stream` and the like. There are no statistics.
//!
//! # Hostile files
//!
//! Damage is an error. All messages of a stream are looked over before `arrow2` reads any: it
//! reserves memory by declared lengths, and follows nested columns by recursion. Where it panics
//! nevertheless, the panic is caught and becomes an error; the panic hook runs, and hosts that
//! abort on panic do abort.

mod guard;
mod messages;

use std::fmt;
use std::io::Cursor;

use arrow2::array::Array;
use arrow2::datatypes::{Field, Schema};
use arrow2::io::ipc::read::{StreamReader, StreamState, read_stream_metadata};
use arrow2::io::ipc::write::{StreamWriter, WriteOptions};
use lode_core::codec::{Codec, CodecError, Encoded};

use crate::guard::guard;

pub use arrow2;

/// Columns of equal length.
pub type Chunk = arrow2::chunk::Chunk<Box<dyn Array>>;

/// A codec of [`Chunk`]s with the columns of one schema, named `arrow2-ipc`.
#[derive(Clone, Debug)]
pub struct Arrow2Ipc {
    schema: Schema,
}

/// The chunks of a stream, in its order.
pub struct ChunkRecords {
    /// `None` after the end, and after an error.
    reader: Option<StreamReader<Cursor<Vec<u8>>>>,
    /// The number of chunks so far.
    index: u64,
}

impl Arrow2Ipc {
    /// A codec of chunks with these columns.
    pub fn new(schema: Schema) -> Self {
        Self { schema }
    }

    /// The columns.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    fn check(&self, chunk: &Chunk, index: u64) -> Result<(), CodecError> {
        let refused = |field: &Field, reason| {
            Err(CodecError::SchemaViolation { index, column: field.name.clone(), reason })
        };
        for (field, array) in self.schema.fields.iter().zip(chunk.arrays()) {
            let found = array.data_type();
            if found != field.data_type() {
                return refused(field, format!("is {found:?}, not {:?}", field.data_type()));
            }
            if !field.is_nullable && array.null_count() > 0 {
                return refused(field, "has nulls, but is required".to_owned());
            }
        }
        match self.schema.fields.get(chunk.arrays().len()) {
            Some(missing) => refused(missing, "is missing".to_owned()),
            None if chunk.arrays().len() > self.schema.fields.len() => {
                let reason = "it has more columns than the schema".to_owned();
                Err(CodecError::Record { index, reason })
            }
            None => Ok(()),
        }
    }
}

impl Codec for Arrow2Ipc {
    type Record = Chunk;
    type Records = ChunkRecords;

    fn name(&self) -> &'static str {
        "arrow2-ipc"
    }

    fn encode<'a>(
        &self,
        records: impl Iterator<Item = &'a Chunk>,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, CodecError> {
        let refused = |index| move |reason| CodecError::Record { index, reason };
        let mut writer = StreamWriter::new(out, WriteOptions { compression: None });
        guard(|| writer.start(&self.schema, None)).map_err(refused(0))?;
        let (mut index, mut rows) = (0, 0);
        for chunk in records {
            self.check(chunk, index)?;
            guard(|| writer.write(chunk, None)).map_err(refused(index))?;
            rows += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            index += 1;
        }
        guard(|| writer.finish()).map_err(refused(index))?;
        Ok(Encoded { rows, stats: None })
    }

    fn decode(&self, file: Vec<u8>) -> Result<ChunkRecords, CodecError> {
        guard(|| messages::check(&file)).map_err(|reason| damaged(0, reason))?;
        let mut file = Cursor::new(file);
        let metadata =
            guard(|| read_stream_metadata(&mut file)).map_err(|reason| damaged(0, reason))?;
        if let Some((column, reason)) = difference(&self.schema, &metadata.schema) {
            return Err(CodecError::SchemaViolation { index: 0, column, reason });
        }
        Ok(ChunkRecords { reader: Some(StreamReader::new(file, metadata, None)), index: 0 })
    }
}

/// The first column that is not as expected, and why. Metadata make no difference.
fn difference(expected: &Schema, found: &Schema) -> Option<(String, String)> {
    for (at, field) in expected.fields.iter().enumerate() {
        let reason = match found.fields.get(at) {
            None => "is missing".to_owned(),
            Some(other) if other.name != field.name => format!("in its place is {:?}", other.name),
            Some(other) if other.data_type() != field.data_type() => {
                format!("is {:?}, not {:?}", other.data_type(), field.data_type())
            }
            Some(_) => continue,
        };
        return Some((field.name.clone(), reason));
    }
    let extra = found.fields.get(expected.fields.len())?;
    Some((extra.name.clone(), "is not in the schema".to_owned()))
}

fn damaged(at: u64, reason: String) -> CodecError {
    CodecError::Decode { at, unit: "chunk", reason }
}

impl Iterator for ChunkRecords {
    type Item = Result<Chunk, CodecError>;

    fn next(&mut self) -> Option<Self::Item> {
        let reader = self.reader.as_mut()?;
        let found = match guard(|| reader.next().transpose()) {
            Ok(Some(StreamState::Some(chunk))) => {
                self.index += 1;
                return Some(Ok(chunk));
            }
            Ok(None) => None,
            Ok(Some(StreamState::Waiting)) => {
                Some(Err(damaged(self.index, "the stream has no end".to_owned())))
            }
            Err(reason) => Some(Err(damaged(self.index, reason))),
        };
        self.reader = None;
        found
    }
}

impl fmt::Debug for ChunkRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkRecords").field("index", &self.index).finish_non_exhaustive()
    }
}
