//! Counting.

use metrics::counter;

/// A request to the store.
pub(crate) fn call(operation: &'static str) {
    counter!("lode_store_calls_total", "operation" => operation).increment(1);
}

/// Bytes that came out of the store.
pub(crate) fn read(bytes: usize) {
    counter!("lode_store_read_bytes_total").increment(bytes as u64);
}

/// Bytes that were sent to the store.
pub(crate) fn written(bytes: usize) {
    counter!("lode_store_written_bytes_total").increment(bytes as u64);
}

/// A slot that was lost to another writer.
pub(crate) fn conflict() {
    counter!("lode_commit_conflicts_total").increment(1);
}

/// A commit whose outcome is not known.
pub(crate) fn unknown() {
    counter!("lode_commit_unknown_total").increment(1);
}

/// A wait before something is tried again.
pub(crate) fn retry() {
    counter!("lode_retries_total").increment(1);
}

/// Whether a block was in a cache.
pub(crate) fn cache(is_hit: bool) {
    match is_hit {
        true => counter!("lode_cache_hits_total").increment(1),
        false => counter!("lode_cache_misses_total").increment(1),
    }
}
