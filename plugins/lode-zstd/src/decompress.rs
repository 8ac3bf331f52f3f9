//! Decompressing, in steps.

use lode_core::compress::{CompressError, Progress, Transform};
use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

use crate::{MAX_WINDOW_LOG, NAME, after_the_end, failed, failed_with, no_context, refused};

/// A file that is being decompressed.
pub(crate) struct Decompressing {
    context: DCtx<'static>,
    place: Place,
    /// The last step filled its output, so there may be more to put without more input.
    full: bool,
}

/// Where in the file it stands.
enum Place {
    /// Before the end of the first frame, or within a later one.
    Frame,
    /// After a frame; the file may end here.
    Between,
    /// The file has ended.
    End,
    /// A step has failed, and so do all that follow.
    Failed(CompressError),
}

impl Decompressing {
    pub(crate) fn new() -> Result<Self, CompressError> {
        let mut context = DCtx::try_create().ok_or_else(no_context)?;
        context.set_parameter(DParameter::WindowLogMax(MAX_WINDOW_LOG)).map_err(failed_with)?;
        Ok(Self { context, place: Place::Frame, full: false })
    }

    /// A step within a frame.
    fn decompress(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        last: bool,
    ) -> Result<Progress, CompressError> {
        // The library counts the calls that cannot do anything, and fails after some.
        if output.is_empty() {
            return Ok(Progress::default());
        }
        if input.is_empty() && !self.full {
            let truncated = CompressError::Truncated { compressor: NAME };
            return if last { Err(truncated) } else { Ok(Progress::default()) };
        }
        let (mut from, mut to) = (InBuffer::around(input), OutBuffer::around(output));
        let hint = self.context.decompress_stream(&mut to, &mut from).map_err(refused)?;
        let (taken, put) = (from.pos(), to.pos());
        self.full = put == to.capacity();
        let ended = hint == 0;
        let done = ended && last && taken == input.len();
        self.place = match (done, ended) {
            (true, _) => Place::End,
            (false, true) => Place::Between,
            (false, false) => Place::Frame,
        };
        let stuck = taken == 0 && put == 0 && !ended;
        if stuck && !input.is_empty() {
            return Err(failed("the library has stopped"));
        }
        if stuck && last {
            return Err(CompressError::Truncated { compressor: NAME });
        }
        Ok(Progress { taken, put, done })
    }

    fn advance(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        last: bool,
    ) -> Result<Progress, CompressError> {
        match &self.place {
            Place::Failed(error) => Err(error.clone()),
            Place::End => {
                let reason = "there is input after the end".into();
                after_the_end(input, CompressError::Corrupt { compressor: NAME, reason })
            }
            Place::Between if input.is_empty() => {
                if last {
                    self.place = Place::End;
                }
                Ok(Progress { done: last, ..Progress::default() })
            }
            Place::Frame | Place::Between => self.decompress(input, output, last),
        }
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
