//! Compressing, in steps.

use lode_core::compress::{CompressError, Progress, Transform};
use zstd_safe::zstd_sys::ZSTD_EndDirective::{ZSTD_e_continue, ZSTD_e_end};
use zstd_safe::{CCtx, CParameter, InBuffer, OutBuffer};

use crate::{after_the_end, failed, failed_with, no_context};

/// A file that is being compressed: one frame.
pub(crate) struct Compressing {
    context: CCtx<'static>,
    /// A step had the last input. The library would begin another frame if it were told to go on.
    last: bool,
    done: bool,
}

impl Compressing {
    pub(crate) fn new(level: u8) -> Result<Self, CompressError> {
        let mut context = CCtx::try_create().ok_or_else(no_context)?;
        for parameter in
            [CParameter::CompressionLevel(level.into()), CParameter::ChecksumFlag(true)]
        {
            context.set_parameter(parameter).map_err(failed_with)?;
        }
        Ok(Self { context, last: false, done: false })
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
        self.last |= last;
        let (mut from, mut to) = (InBuffer::around(input), OutBuffer::around(output));
        let end = if self.last { ZSTD_e_end } else { ZSTD_e_continue };
        let left = self.context.compress_stream2(&mut to, &mut from, end).map_err(failed_with)?;
        let (taken, put) = (from.pos(), to.pos());
        self.done = self.last && left == 0;
        let stuck = taken == 0 && put == 0 && !self.done;
        if stuck && !output.is_empty() && (self.last || !input.is_empty()) {
            return Err(failed("the library has stopped"));
        }
        Ok(Progress { taken, put, done: self.done })
    }
}
