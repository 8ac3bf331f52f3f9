//! JSON Lines from the outside: what is written, what is read, and what is refused.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod reading;
mod round_trip;

use lode_core::codec::{Codec, CodecError, StreamDecoder, StreamingCodec};
use lode_jsonl::Jsonl;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The records of a file, read at once. Reading it piece by piece must give the same.
fn read<T>(codec: Jsonl<T>, file: &[u8]) -> Result<Vec<T>, CodecError>
where
    T: Serialize + DeserializeOwned + Send + PartialEq + std::fmt::Debug,
{
    let mut records = Vec::new();
    let result = codec.decode(file.to_vec())?.try_for_each(|record| {
        records.push(record?);
        Ok(())
    });
    for cut in [1, 2, 3, 7, 1 << 20] {
        let (streamed, ended) = stream(codec, file.chunks(cut));
        assert_eq!((&streamed, &ended), (&records, &result), "pieces of {cut} bytes");
    }
    result.map(|()| records)
}

/// The records of a file in pieces, up to the first error.
fn stream<'a, T>(
    codec: Jsonl<T>,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<T>, Result<(), CodecError>)
where
    T: Serialize + DeserializeOwned + Send,
{
    let mut decoder = codec.decoder();
    let mut records = Vec::new();
    for piece in pieces {
        if let Err(error) = decoder.push(piece, &mut records) {
            return (records, Err(error));
        }
    }
    let result = decoder.finish(&mut records);
    (records, result)
}
