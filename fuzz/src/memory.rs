//! How much memory something may take.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// How many bytes may be held at a time to decode `input`.
///
/// A map of one name and value takes 4 bytes to write, and 632 to keep: its table has room for
/// eleven of them. In a list that grows, three times its value may be held as well.
pub fn limit(input: &[u8]) -> usize {
    (4 << 10) + input.len() * 256
}

/// What `work` returns; at no time may it hold more than `limit` bytes.
pub fn bounded<T>(limit: usize, work: impl FnOnce() -> T) -> T {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let result = work();
    let taken = ALLOCATOR.peak_usage().saturating_sub(before);
    assert!(taken <= limit, "it took {taken} bytes of memory, not {limit} at the most");
    result
}
