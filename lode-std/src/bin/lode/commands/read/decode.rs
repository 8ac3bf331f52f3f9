//! What is shown of a file's content.

use lode_core::codec::{CodecError, StreamDecoder, StreamEncoder, StreamingCodec};
use lode_core::key::Key;
use lode_jsonl::{Decoder, Encoder, Jsonl};
use lode_std::{DataFile, Error};
use serde_json::Value;

use crate::failure::Failure;

/// Begins to show a file.
pub(super) type Begin = fn(&DataFile) -> Result<Box<dyn Decode>, Failure>;

/// Where what is shown goes.
pub(super) type Sink<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), Failure>;

/// Turns the content of one file into what is shown of it.
pub(super) trait Decode {
    /// Takes the next bytes of the file, and shows what they complete.
    fn push(&mut self, bytes: &[u8], sink: Sink<'_>) -> Result<(), Failure>;

    /// Shows what the end of the file completes.
    fn finish(self: Box<Self>, sink: Sink<'_>) -> Result<(), Failure>;
}

/// Bytes as they are.
pub(super) struct Blob;

impl Blob {
    pub(super) fn begin(_: &DataFile) -> Result<Box<dyn Decode>, Failure> {
        Ok(Box::new(Self))
    }
}

impl Decode for Blob {
    fn push(&mut self, bytes: &[u8], sink: Sink<'_>) -> Result<(), Failure> {
        sink(bytes)
    }

    fn finish(self: Box<Self>, _: Sink<'_>) -> Result<(), Failure> {
        Ok(())
    }
}

/// JSON lines, each of which is seen to be one.
pub(super) struct Lines {
    key: Key,
    decoder: Decoder<Value>,
    encoder: Encoder<Value>,
    records: Vec<Value>,
    shown: Vec<u8>,
}

impl Lines {
    pub(super) fn begin(file: &DataFile) -> Result<Box<dyn Decode>, Failure> {
        let codec = Jsonl::new();
        Ok(Box::new(Self {
            key: file.key.clone(),
            decoder: codec.decoder(),
            encoder: codec.encoder(),
            records: Vec::new(),
            shown: Vec::new(),
        }))
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        self.decoder.push(bytes, &mut self.records)?;
        self.records.drain(..).try_for_each(|record| self.encoder.push(&record, &mut self.shown))
    }

    fn end(self) -> Result<Vec<u8>, CodecError> {
        let Self { decoder, mut encoder, mut records, mut shown, .. } = self;
        decoder.finish(&mut records)?;
        records.iter().try_for_each(|record| encoder.push(record, &mut shown))?;
        encoder.finish(&mut shown)?;
        Ok(shown)
    }
}

impl Decode for Lines {
    fn push(&mut self, bytes: &[u8], sink: Sink<'_>) -> Result<(), Failure> {
        self.take(bytes).map_err(|source| undecoded(&self.key, source))?;
        sink(&self.shown)?;
        self.shown.clear();
        Ok(())
    }

    fn finish(self: Box<Self>, sink: Sink<'_>) -> Result<(), Failure> {
        let key = self.key.clone();
        sink(&self.end().map_err(|source| undecoded(&key, source))?)
    }
}

/// The file `key` is not what its codec makes.
pub(super) fn undecoded(key: &Key, source: CodecError) -> Failure {
    Error::Decode { key: key.clone(), source }.into()
}
