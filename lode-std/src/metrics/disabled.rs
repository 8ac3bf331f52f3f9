//! Not counting: nothing of it is left in the program.

pub(crate) const fn call(_operation: &'static str) {}

pub(crate) const fn read(_bytes: usize) {}

pub(crate) const fn written(_bytes: usize) {}

pub(crate) const fn conflict() {}

pub(crate) const fn unknown() {}

pub(crate) const fn retry() {}

pub(crate) const fn cache(_is_hit: bool) {}
