//! What is counted, for whoever watches: feature `metrics`.
//!
//! Counters of the [`metrics`](https://docs.rs/metrics) facade; a program that installs a recorder
//! sees them, and nobody else pays for them. Without the feature none of it is there.
//!
//! | counter | what |
//! | --- | --- |
//! | `lode_store_calls_total` | requests to the store, each by its label `operation`: `create`, `delete`, `head`, `list`, `read`, `write` |
//! | `lode_store_read_bytes_total` | bytes that came out of the store |
//! | `lode_store_written_bytes_total` | bytes that were sent to it, again and again if they were |
//! | `lode_commit_conflicts_total` | slots that were lost to other writers, whether tried again or not |
//! | `lode_commit_unknown_total` | commits whose outcome is not known |
//! | `lode_retries_total` | waits before something is tried again, after a conflict or a lost reply |
//! | `lode_cache_hits_total` | blocks that were in a [`BlockCache`](crate::BlockCache) |
//! | `lode_cache_misses_total` | blocks that were not |

#[cfg(not(feature = "metrics"))]
mod disabled;
#[cfg(feature = "metrics")]
mod enabled;

#[cfg(not(feature = "metrics"))]
pub(crate) use self::disabled::*;
#[cfg(feature = "metrics")]
pub(crate) use self::enabled::*;
