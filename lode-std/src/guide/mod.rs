//! Guides: the whole of a task, from its beginning to its end.
//!
//! | guide | for whom |
//! | --- | --- |
//! | [`concepts`] | whoever reads this for the first time |
//! | [`from_go`] | who has data, or programs, of the Go implementation |
//! | [`plugins`] | who wants another codec, compressor, checksum or partitioner |
//! | [`devices`] | who persists on a microcontroller, and brings it into the cloud |
//!
//! What a call promises and costs is said where the call is.

#[doc = include_str!("concepts.md")]
pub mod concepts {}

#[doc = include_str!("from_go.md")]
pub mod from_go {}

#[doc = include_str!("plugins.md")]
pub mod plugins {}

#[doc = include_str!("devices.md")]
pub mod devices {}
