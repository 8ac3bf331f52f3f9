//! Progress bars, where somebody is looking.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::Output;

/// How many bytes of how many have been dealt with. Drawn on the error output, if that is a
/// terminal and no program is reading.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Begins with nothing of `total` bytes.
    pub(crate) fn new(out: &Output, total: u64, verb: &'static str) -> Self {
        let target = match stderr().is_terminal() && !out.is_json() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let template = "{msg:9} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        let style = ProgressStyle::with_template(template);
        let bar = ProgressBar::with_draw_target(Some(total), target)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_message(verb);
        Self { bar }
    }

    /// Begins with nothing of as many bytes as there will be.
    pub(crate) fn of(out: &Output, total: Option<u64>, verb: &'static str) -> Self {
        let progress = Self::new(out, total.unwrap_or(0), verb);
        if total.is_none() {
            let style = ProgressStyle::with_template("{msg:9} {bytes} {bytes_per_sec}");
            progress.bar.unset_length();
            progress.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        }
        progress
    }

    /// Begins anew, with nothing of `total` bytes of something else.
    pub(crate) fn restart(&self, total: u64, verb: &'static str) {
        self.bar.reset();
        self.bar.set_length(total);
        self.bar.set_message(verb);
    }

    /// Another `bytes` have been dealt with.
    pub(crate) fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// Takes the bar away while something else is said.
    pub(crate) fn hide_while(&self, say: impl FnOnce()) {
        self.bar.suspend(say);
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    /// An error message must not end up in the middle of a bar.
    fn drop(&mut self) {
        self.finish();
    }
}
