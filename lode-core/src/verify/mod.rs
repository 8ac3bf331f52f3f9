//! Verifying: whether all that a history says holds, and what is affected where it does not.
//!
//! Nothing here reads anything. A shell lists and reads the objects of a history, and asks what
//! they amount to:
//!
//! * [`check_chain`] judges the slots together: dense versions, each on top of the newest live one
//!   before it, by its very bytes;
//! * [`check_hint`] judges the hint;
//! * [`Ledger`] knows each object that any manifest or tag refers to, once, with its size and
//!   digest, and which snapshots depend on it;
//! * the layouts tell what an object is by its key ([`Place`]).
//!
//! What is wrong is a [`Finding`]. Most are *damage*. Some are *notices*: what a crash may leave
//! behind, and nobody is hurt by.
//!
//! # Evidence
//!
//! A shell reports as a finding only what proves damage: an object that the store says twice is
//! not there, while a snapshot that has not been dropped refers to it; or bytes that were read
//! twice, as a whole, and were wrong in the same way. Whatever cannot be read now is
//! [`Unreadable`]: an error of that run, which keeps a [repair](crate::repair) from giving anything
//! up.

mod chain;
mod finding;
mod hint;
mod ledger;

pub use self::chain::{Link, LinkState, check_chain};
pub use self::finding::{Affected, Finding, Part, Problem, Severity, Span, Unreadable};
pub use self::hint::{check_hint, parse_hint};
pub use self::ledger::{Claim, Ledger, User};
pub use crate::layout::{Place, Reference};
