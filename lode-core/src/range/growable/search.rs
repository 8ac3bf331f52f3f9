//! Finding a place in what is in order.

use core::hint::select_unpredictable;

/// How many items are looked at where the one sought is likely to be: a few cache lines, which
/// are fetched at the same time.
const WINDOW: usize = 7;

/// How items are spread over offsets.
///
/// Blocks mostly have one size and one distance, so that a proportion tells where to look. It may
/// be out of date, and then costs some time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    low: u64,
    /// Items for each byte, in units of 2^-64: to multiply is quicker than to divide.
    scale: u64,
}

impl Spread {
    /// Nothing is known yet.
    pub(super) const NONE: Self = Self { low: 0, scale: 0 };

    /// As these items are, whose keys ascend; `None` if there are too few to tell.
    ///
    /// The steps between them count, not they themselves: else what is told by a few would be the
    /// more wrong the further behind them it is used.
    pub(super) fn of<T>(items: &[T], key: impl Fn(&T) -> u64) -> Option<Self> {
        let [first, between @ .., last] = items else { return None };
        let low = key(first);
        let each = u64::MAX.checked_div(key(last).saturating_sub(low)).unwrap_or(0);
        Some(Self { low, scale: each.saturating_mul(between.len() as u64 + 1) })
    }

    /// That of what follows `count` items, if it goes on as they do.
    pub(super) fn behind(self, count: usize) -> Self {
        let step = u64::MAX.checked_div(self.scale).unwrap_or(0);
        let low = self.low.saturating_add(step.saturating_mul(count as u64));
        Self { low, scale: self.scale }
    }

    /// The place of the first item that is not below `offset`, if they are spread evenly.
    fn guess(self, offset: u64) -> usize {
        let distance = offset.saturating_sub(self.low);
        ((u128::from(distance) * u128::from(self.scale)) >> 64) as usize
    }

    /// How many of `items`, whose keys ascend, have one that is not above `offset`. O(log d),
    /// where the spread is wrong by `d` places.
    #[inline]
    pub(super) fn seek<T>(self, items: &[T], offset: u64, key: impl Fn(&T) -> u64) -> usize {
        let is_below = |item: &T| key(item) <= offset;
        let from = self.guess(offset).saturating_sub(WINDOW / 2);
        let from = from.min(items.len().saturating_sub(WINDOW));
        // Item by item: to map an array costs as much as all the rest.
        let Some([a, b, c, d, e, f, g]) = items.get(from..).and_then(<[_]>::first_chunk) else {
            return items.partition_point(is_below);
        };
        let keys = [key(a), key(b), key(c), key(d), key(e), key(f), key(g)];
        match count_below(keys, offset) {
            0 => seek_back(items.get(..from).unwrap_or_default(), is_below),
            WINDOW => {
                let above = from + WINDOW;
                above + seek_forth(items.get(above..).unwrap_or_default(), is_below)
            }
            below => from + below,
        }
    }
}

/// How many of ascending keys are not above `offset`. All are loaded before any is looked at, and
/// no branch depends on them.
fn count_below([a, b, c, d, e, f, g]: [u64; WINDOW], offset: u64) -> usize {
    let upper = d <= offset;
    let below = usize::from(upper) * 4;
    let low = select_unpredictable(upper, e, a);
    let middle = select_unpredictable(upper, f, b);
    let high = select_unpredictable(upper, g, c);
    let upper = middle <= offset;
    let last = select_unpredictable(upper, high, low);
    below + usize::from(upper) * 2 + usize::from(last <= offset)
}

/// `partition_point` of what is likely to be near the front.
fn seek_forth<T>(items: &[T], is_below: impl Fn(&T) -> bool) -> usize {
    let mut bound = WINDOW;
    while items.get(bound).is_some_and(&is_below) {
        bound *= 2;
    }
    items.get(..bound).unwrap_or(items).partition_point(is_below)
}

/// `partition_point` of what is likely to be near the back.
fn seek_back<T>(items: &[T], is_below: impl Fn(&T) -> bool) -> usize {
    let mut bound = WINDOW;
    let mut from = items.len().saturating_sub(bound);
    while items.get(from).is_some_and(|item| from > 0 && !is_below(item)) {
        bound *= 2;
        from = items.len().saturating_sub(bound);
    }
    from + items.get(from..).unwrap_or_default().partition_point(is_below)
}
