//! JSON Lines, read at once and piece by piece.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lode_core::codec::{Codec, CodecError, StreamDecoder, StreamingCodec};
use lode_fuzz::input::{pieces, split};
use lode_jsonl::Jsonl;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let ([line, records, cuts @ ..], file) = split::<6>(input);
    let codec = Jsonl::<Value>::new()
        .max_line(usize::from(line) * 16 + 64)
        .max_records(u64::from(records) + 1);

    let (whole, ended) = read(codec, file);
    assert_eq!(stream(codec, &pieces(file, &cuts)), (whole.clone(), ended));

    // Text may have been shorter than it is when it is written, so without limits.
    let codec = Jsonl::new();
    let mut written = Vec::new();
    let encoded = codec.encode(whole.iter(), &mut written).expect("what was read can be written");
    assert_eq!(encoded.rows, whole.len() as u64);
    assert_eq!(read(codec, &written), (whole, Ok(())));
});

/// The records up to the first error.
fn read(codec: Jsonl<Value>, file: &[u8]) -> (Vec<Value>, Result<(), CodecError>) {
    let mut records = Vec::new();
    let result = codec.decode(file.to_vec()).and_then(|mut file| {
        file.try_for_each(|record| {
            records.push(record?);
            Ok(())
        })
    });
    (records, result)
}

fn stream(codec: Jsonl<Value>, pieces: &[&[u8]]) -> (Vec<Value>, Result<(), CodecError>) {
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
