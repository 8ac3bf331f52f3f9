//! How much memory something may take.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// How many bytes may be held at a time to decode text of `input`.
///
/// A value of two bytes, `0,`, is kept in 32, and the table that it is in may have room for twice
/// as many and be moved; the worst is an empty map of a few bytes in a map of its own.
pub fn of_json(input: &[u8]) -> usize {
    (4 << 10) + input.len() * 512
}

/// The same for an object of the compact format. A block takes at least the 4 bytes of its digest.
pub fn of_compact(input: &[u8]) -> usize {
    (4 << 10) + input.len() * 512
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
