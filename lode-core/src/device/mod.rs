//! The volume of a device: no heap, no list, no clock needed.

mod block;
mod commit;
mod encode;
mod error;
mod merge;
mod mount;
mod prune;
mod read;
mod stage;
mod tape;
mod volume;
mod walk;

pub use self::error::{Field, VolumeError};
pub use self::volume::{Settings, Volume};
