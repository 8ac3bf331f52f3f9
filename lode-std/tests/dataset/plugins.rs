//! Plugins of every kind, written against `lode_core` alone.

use lode_core::checksum::{Checksum, Digest};
use lode_core::codec::{
    Codec, CodecError, ColumnStats, Encoded, FileStats, StreamDecoder, StreamEncoder,
    StreamingCodec,
};
use lode_core::compress::{CompressError, Compressor, Progress, Transform};
use lode_core::partition::{Partition, PartitionError, Partitioner};

/// Texts, each behind its length in four bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Texts;

impl Codec for Texts {
    type Record = String;
    type Records = std::vec::IntoIter<Result<String, CodecError>>;

    fn name(&self) -> &'static str {
        "texts"
    }

    fn encode<'a>(
        &self,
        mut records: impl Iterator<Item = &'a String>,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, CodecError> {
        let mut encoder = self.encoder();
        records.try_for_each(|record| encoder.push(record, out))?;
        encoder.finish(out)
    }

    fn decode(&self, file: Vec<u8>) -> Result<Self::Records, CodecError> {
        let (mut decoder, mut records) = (self.decoder(), Vec::new());
        decoder.push(&file, &mut records)?;
        decoder.finish(&mut records)?;
        Ok(records.into_iter().map(Ok).collect::<Vec<_>>().into_iter())
    }
}

impl StreamingCodec for Texts {
    type Encoder = Writing;
    type Decoder = Reading;

    fn encoder(&self) -> Writing {
        Writing::default()
    }

    fn decoder(&self) -> Reading {
        Reading::default()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Writing {
    rows: u64,
    longest: u64,
}

impl StreamEncoder<String> for Writing {
    fn push(&mut self, record: &String, out: &mut Vec<u8>) -> Result<(), CodecError> {
        let (index, reason) = (self.rows, "it is too long".to_string());
        let length = u32::try_from(record.len());
        let length = length.map_err(|_| CodecError::Record { index, reason })?;
        out.extend(length.to_le_bytes());
        out.extend(record.bytes());
        self.rows += 1;
        self.longest = self.longest.max(length.into());
        Ok(())
    }

    fn finish(self, _: &mut Vec<u8>) -> Result<Encoded, CodecError> {
        let (rows, max) = (self.rows, Some(self.longest.into()));
        let column = ColumnStats { name: "length".into(), min: None, max, null_count: 0 };
        Ok(Encoded { rows, stats: Some(FileStats { row_count: rows, columns: vec![column] }) })
    }
}

#[derive(Debug, Default)]
pub(crate) struct Reading {
    begun: Vec<u8>,
    bytes: u64,
}

impl StreamDecoder<String> for Reading {
    fn push(&mut self, bytes: &[u8], records: &mut Vec<String>) -> Result<(), CodecError> {
        self.begun.extend(bytes);
        while let Some((length, rest)) = self.begun.split_first_chunk() {
            let Some(text) = rest.get(..u32::from_le_bytes(*length) as usize) else { break };
            let text = text.to_vec();
            self.begun.drain(..4 + text.len());
            self.bytes += 4 + text.len() as u64;
            records.push(String::from_utf8(text).map_err(|_| self.error("it is no text"))?);
        }
        Ok(())
    }

    fn finish(self, _: &mut Vec<String>) -> Result<(), CodecError> {
        if self.begun.is_empty() { Ok(()) } else { Err(self.error("it ends within a text")) }
    }
}

impl Reading {
    fn error(&self, reason: &str) -> CodecError {
        CodecError::Decode { at: self.bytes, unit: "byte", reason: reason.into() }
    }
}

/// Runs of equal bytes, as a count and the byte.
#[derive(Debug)]
pub(crate) struct RunLength;

impl Compressor for RunLength {
    fn name(&self) -> &'static str {
        "rle"
    }

    fn extension(&self) -> &'static str {
        "rle"
    }

    fn compress(&self) -> Result<Box<dyn Transform>, CompressError> {
        Ok(Box::new(Packing { run: None }))
    }

    fn decompress(&self) -> Result<Box<dyn Transform>, CompressError> {
        Ok(Box::new(Unpacking { count: None, run: None }))
    }
}

/// The run that has not been put.
struct Packing {
    run: Option<(u8, u8)>,
}

impl Transform for Packing {
    fn step(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        last: bool,
    ) -> Result<Progress, CompressError> {
        let mut progress = Progress::default();
        for byte in input {
            match &mut self.run {
                Some((count, of)) if of == byte && *count < u8::MAX => *count += 1,
                Some((count, of)) => {
                    let Some(place) = output.get_mut(progress.put..progress.put + 2) else { break };
                    place.copy_from_slice(&[*count, *of]);
                    progress.put += 2;
                    self.run = Some((1, *byte));
                }
                None => self.run = Some((1, *byte)),
            }
            progress.taken += 1;
        }
        if last && progress.taken == input.len() {
            if let (Some((count, of)), Some(place)) =
                (self.run, output.get_mut(progress.put..progress.put + 2))
            {
                place.copy_from_slice(&[count, of]);
                progress.put += 2;
                self.run = None;
            }
            progress.done = self.run.is_none();
        }
        Ok(progress)
    }
}

/// A count without its byte, and a run of which some is left.
struct Unpacking {
    count: Option<u8>,
    run: Option<(u8, u8)>,
}

impl Transform for Unpacking {
    fn step(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        last: bool,
    ) -> Result<Progress, CompressError> {
        let mut progress = Progress::default();
        loop {
            if let Some((left, byte)) = &mut self.run {
                let count = (output.len() - progress.put).min((*left).into());
                output[progress.put..][..count].fill(*byte);
                progress.put += count;
                *left -= count as u8;
                if *left > 0 {
                    return Ok(progress);
                }
                self.run = None;
            }
            let Some(byte) = input.get(progress.taken) else { break };
            progress.taken += 1;
            match self.count.take() {
                Some(count) => self.run = Some((count, *byte)),
                None => self.count = Some(*byte),
            }
        }
        if last && self.count.is_some() {
            return Err(CompressError::Truncated { compressor: "rle" });
        }
        Ok(Progress { done: last, ..progress })
    }
}

/// By the length of the text, modulo a number.
pub(crate) struct ByLength(pub(crate) usize);

impl Partitioner<String> for ByLength {
    fn name(&self) -> &'static str {
        "by-length"
    }

    fn partition(&self, record: &String) -> Result<Partition, PartitionError> {
        let invalid = |reason: String| PartitionError::InvalidValue { key: "text".into(), reason };
        match record.len() {
            0 => Err(invalid("it is empty".into())),
            length => Partition::new(format!("lengths/{}", length % self.0))
                .map_err(|error| invalid(error.to_string())),
        }
    }
}

/// Two sums, as Adler has them.
pub(crate) struct Sums(u16, u16);

impl Checksum for Sums {
    const NAME: &'static str = "sums";
    const SIZE: usize = 4;

    fn begin() -> Self {
        Self(1, 0)
    }

    fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_add((*byte).into());
            self.1 = self.1.wrapping_add(self.0);
        }
    }

    fn finish(self) -> Digest {
        let ([a, b], [c, d]) = (self.0.to_le_bytes(), self.1.to_le_bytes());
        Digest::from([a, b, c, d])
    }
}
