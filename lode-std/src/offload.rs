//! Long computations, beside what else a task does.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Handing work over and taking it back costs some ten microseconds: what takes less than some
/// hundreds is done in place. Compressors do about a hundred bytes in one.
pub(crate) const WORTHWHILE: usize = 256 << 10;

/// Does `work`, on another thread if there is one to spare: so several files are compressed at the
/// same time. Where there is no runtime of several threads, or it comes to its end, in place; so
/// it may be begun a second time.
pub(crate) async fn offload<T: Send + 'static>(work: impl Fn() -> T + Clone + Send + 'static) -> T {
    match Handle::try_current() {
        Ok(runtime) if runtime.runtime_flavor() == RuntimeFlavor::MultiThread => {
            let offloaded = runtime.spawn_blocking(work.clone()).await;
            offloaded.unwrap_or_else(|_| work())
        }
        _ => work(),
    }
}
