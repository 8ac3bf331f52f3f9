//! Decompressing, in steps.

use flate2::{Decompress, DecompressError, FlushDecompress, Status};
use lode_core::compress::{CompressError, Progress, Transform};

use crate::{NAME, WINDOW_BITS, after_the_end, failed, moved};

/// A file that is being decompressed.
pub(crate) struct Decompressing {
    inflate: Decompress,
    place: Place,
}

/// Where in the file it stands.
enum Place {
    /// Before the first member.
    Start,
    /// In a member: its header, its body or its checksums.
    Member,
    /// After a member; the file may end here.
    Between,
    /// The file has ended.
    End,
    /// A step has failed, and so do all that follow.
    Failed(CompressError),
}

impl Decompressing {
    pub(crate) fn new() -> Self {
        Self { inflate: Decompress::new_gzip(WINDOW_BITS), place: Place::Start }
    }

    /// A step within a member.
    fn inflate(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        last: bool,
    ) -> Result<Progress, CompressError> {
        let (taken, put) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(input, output, FlushDecompress::None)
            .map_err(|error| corrupt(reason(&error)))?;
        let taken = moved(taken, self.inflate.total_in());
        let put = moved(put, self.inflate.total_out());
        if status == Status::StreamEnd {
            self.place = Place::Between;
            let done = last && taken == input.len();
            if done {
                self.place = Place::End;
            }
            return Ok(Progress { taken, put, done });
        }
        if taken == 0 && put == 0 && !output.is_empty() {
            if !input.is_empty() {
                return Err(failed("the library has stopped"));
            }
            if last {
                return Err(CompressError::Truncated { compressor: NAME });
            }
        }
        Ok(Progress { taken, put, done: false })
    }

    fn advance(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        last: bool,
    ) -> Result<Progress, CompressError> {
        match &self.place {
            Place::Failed(error) => return Err(error.clone()),
            Place::End => return after_the_end(input, corrupt("there is input after the end")),
            Place::Start => self.place = Place::Member,
            Place::Between if input.is_empty() => {
                if last {
                    self.place = Place::End;
                }
                return Ok(Progress { done: last, ..Progress::default() });
            }
            Place::Between => {
                self.inflate.reset(true);
                self.place = Place::Member;
            }
            Place::Member => {}
        }
        self.inflate(input, output, last)
    }
}

impl Transform for Decompressing {
    fn step(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        last: bool,
    ) -> Result<Progress, CompressError> {
        let result = self.advance(input, output, last);
        if let Err(error) = &result {
            self.place = Place::Failed(error.clone());
        }
        result
    }
}

fn corrupt(reason: impl Into<String>) -> CompressError {
    CompressError::Corrupt { compressor: NAME, reason: reason.into() }
}

fn reason(error: &DecompressError) -> &str {
    error.message().unwrap_or("it is no gzip file")
}
