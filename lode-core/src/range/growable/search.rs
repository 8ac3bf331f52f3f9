//! Finding a range within a piece.

use crate::range::ByteRange;

/// How many ranges are looked at where the one sought is likely to be: two or three cache lines,
/// which are fetched at the same time.
const WINDOW: usize = 8;

/// [`Table::seek`](crate::range::Table::seek) in ranges that lie between `low` and `high`, and of
/// which the last ends above `offset`.
///
/// Blocks mostly have one size and one distance, so that a proportion tells where to look. Where
/// it does not, the rest is halved as usual.
pub(super) fn seek_between(ranges: &[ByteRange], low: u64, high: u64, offset: u64) -> usize {
    let ends_below = |range: &ByteRange| range.end() <= offset;
    let from = guess(ranges.len(), low, high, offset).saturating_sub(WINDOW / 2);
    let from = from.min(ranges.len().saturating_sub(WINDOW));
    let Some(window) = ranges.get(from..).and_then(<[_]>::first_chunk::<WINDOW>) else {
        return ranges.partition_point(ends_below);
    };
    match window.iter().filter(|range| ends_below(range)).count() {
        0 => ranges.get(..from).unwrap_or_default().partition_point(ends_below),
        WINDOW => {
            let above = from + WINDOW;
            above + ranges.get(above..).unwrap_or_default().partition_point(ends_below)
        }
        below => from + below,
    }
}

/// The place of `offset` among so many ranges if they were spread evenly over `low..high`. It
/// need not be right, hence the rounding does not matter.
fn guess(count: usize, low: u64, high: u64, offset: u64) -> usize {
    // Halves, because signed numbers convert in one instruction.
    let half = |distance: u64| (distance >> 1).cast_signed() as f64;
    let share = half(offset.saturating_sub(low)) / half(high.saturating_sub(low));
    (share * count as f64) as usize
}
