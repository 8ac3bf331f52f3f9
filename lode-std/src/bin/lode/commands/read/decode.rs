//! What is shown of a file's content.

use lode_core::codec::{CodecError, StreamDecoder, StreamEncoder, StreamingCodec};
use lode_jsonl::{Decoder, Encoder, Jsonl};
use serde_json::Value;

/// Turns the content of one file into what is shown of it.
pub(super) trait Decode {
    /// Takes the next bytes of the file, and appends what they complete to `shown`.
    fn push(&mut self, bytes: &[u8], shown: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Appends what the end of the file completes.
    fn finish(self: Box<Self>, shown: &mut Vec<u8>) -> Result<(), CodecError>;
}

/// How files of this codec are shown; `None` if that is not known.
pub(super) fn find(codec: Option<&str>) -> Option<fn() -> Box<dyn Decode>> {
    match codec {
        None => Some(|| Box::new(Blob)),
        Some("jsonl") => Some(|| Box::new(Lines::new())),
        Some(_) => None,
    }
}

/// Bytes as they are.
struct Blob;

impl Decode for Blob {
    fn push(&mut self, bytes: &[u8], shown: &mut Vec<u8>) -> Result<(), CodecError> {
        shown.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>, _: &mut Vec<u8>) -> Result<(), CodecError> {
        Ok(())
    }
}

/// JSON lines, each of which is seen to be one.
struct Lines {
    decoder: Decoder<Value>,
    encoder: Encoder<Value>,
    records: Vec<Value>,
}

impl Lines {
    fn new() -> Self {
        let codec = Jsonl::new();
        Self { decoder: codec.decoder(), encoder: codec.encoder(), records: Vec::new() }
    }
}

impl Decode for Lines {
    fn push(&mut self, bytes: &[u8], shown: &mut Vec<u8>) -> Result<(), CodecError> {
        self.decoder.push(bytes, &mut self.records)?;
        self.records.drain(..).try_for_each(|record| self.encoder.push(&record, shown))
    }

    fn finish(self: Box<Self>, shown: &mut Vec<u8>) -> Result<(), CodecError> {
        let Self { decoder, mut encoder, mut records } = *self;
        decoder.finish(&mut records)?;
        records.iter().try_for_each(|record| encoder.push(record, shown))?;
        encoder.finish(shown).map(drop)
    }
}
