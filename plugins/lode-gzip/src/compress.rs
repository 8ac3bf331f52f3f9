//! Compressing, in steps.

use flate2::{Compress, Compression, FlushCompress, Status};
use lode_core::compress::{CompressError, Progress, Transform};

use crate::{WINDOW_BITS, after_the_end, failed, moved};

/// Where the header says which system wrote the file.
const SYSTEM_AT: u64 = 9;
/// What it says there: unknown, so that the file does not depend on it.
const SYSTEM: u8 = 255;

/// A file that is being compressed.
pub(crate) struct Compressing {
    deflate: Compress,
    done: bool,
}

impl Compressing {
    pub(crate) fn new(level: Compression) -> Self {
        Self { deflate: Compress::new_gzip(level, WINDOW_BITS), done: false }
    }
}

impl Transform for Compressing {
    fn step(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        last: bool,
    ) -> Result<Progress, CompressError> {
        if self.done {
            return after_the_end(input, failed("there is input after the last"));
        }
        let (taken, put) = (self.deflate.total_in(), self.deflate.total_out());
        let flush = if last { FlushCompress::Finish } else { FlushCompress::None };
        let status = self
            .deflate
            .compress(input, output, flush)
            .map_err(|error| failed(error.message().unwrap_or("the library does not say why")))?;
        hide_system(put, output);
        self.done = status == Status::StreamEnd;
        let progress = Progress {
            taken: moved(taken, self.deflate.total_in()),
            put: moved(put, self.deflate.total_out()),
            done: self.done,
        };
        let stuck = progress == Progress::default();
        if stuck && !output.is_empty() && (last || !input.is_empty()) {
            // Only after a wrong use: input after a step that was said to have the last.
            return Err(failed("there is input after the last"));
        }
        Ok(progress)
    }
}

/// Overwrites the system in `output`, which begins `at` bytes into the file, if it lies there.
fn hide_system(at: u64, output: &mut [u8]) {
    let system = SYSTEM_AT.checked_sub(at).and_then(|at| usize::try_from(at).ok());
    if let Some(byte) = system.and_then(|at| output.get_mut(at)) {
        *byte = SYSTEM;
    }
}
