//! Compressing and decompressing, with a limit.

use lode_core::compress::{CompressError, Progress, Transform};

/// How many bytes come out of one step at the most.
const STEP: usize = 64 << 10;

/// A state of a compressor, and the buffer that it writes into.
pub(super) struct Transformer {
    transform: Box<dyn Transform>,
    buffer: Vec<u8>,
    /// How many bytes may still come out.
    left: u64,
    done: bool,
}

/// Why a file could not be compressed or decompressed.
pub(super) enum TransformError {
    Compress(CompressError),
    /// More bytes have come out than are allowed.
    Limit,
    /// The compressor neither takes nor puts a byte.
    Stalled,
}

impl From<CompressError> for TransformError {
    fn from(error: CompressError) -> Self {
        Self::Compress(error)
    }
}

impl Transformer {
    /// At most `limit` bytes may come out.
    pub(super) fn new(transform: Box<dyn Transform>, limit: u64) -> Self {
        Self { transform, buffer: vec![0; STEP], left: limit, done: false }
    }

    /// Takes all of `input`, and hands what comes out to `sink`.
    pub(super) fn push(
        &mut self,
        input: &[u8],
        sink: impl FnMut(&[u8]),
    ) -> Result<(), TransformError> {
        self.run(input, false, sink)
    }

    /// Hands the rest to `sink`.
    pub(super) fn finish(&mut self, sink: impl FnMut(&[u8])) -> Result<(), TransformError> {
        self.run(&[], true, sink)
    }

    fn run(
        &mut self,
        mut input: &[u8],
        last: bool,
        mut sink: impl FnMut(&[u8]),
    ) -> Result<(), TransformError> {
        while !input.is_empty() || (last && !self.done) {
            let Progress { taken, put, done } =
                self.transform.step(input, &mut self.buffer, last)?;
            if taken == 0 && put == 0 && !done {
                return Err(TransformError::Stalled);
            }
            self.left = self.left.checked_sub(put as u64).ok_or(TransformError::Limit)?;
            sink(self.buffer.get(..put).unwrap_or_default());
            input = input.get(taken..).unwrap_or_default();
            self.done = done;
        }
        Ok(())
    }
}
