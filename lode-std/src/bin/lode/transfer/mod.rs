//! Moving bytes between files and volumes, several blocks at a time, or datasets, as streams: in
//! bounded memory.

mod blocks;
mod compare;
mod input;
mod records;
mod send;
mod source;
mod tables;
mod target;

pub(crate) use self::blocks::read_blocks;
pub(crate) use self::compare::Comparison;
pub(crate) use self::input::Input;
pub(crate) use self::records::{Place, Records};
pub(crate) use self::send::Sender;
pub(crate) use self::source::Source;
pub(crate) use self::tables::{LARGEST, Tables, UNDIVIDED};
pub(crate) use self::target::Target;

/// How many bytes are held in memory at the same time, unless a single block has more.
const MEMORY: u64 = 64 << 20;
/// The most blocks that are on their way at the same time.
const MOST_IN_FLIGHT: u64 = 8;

/// How many blocks of this size may be on their way at the same time.
fn in_flight(block: u64) -> usize {
    usize::try_from((MEMORY / block.max(1)).clamp(1, MOST_IN_FLIGHT)).unwrap_or(1)
}
