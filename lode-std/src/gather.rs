//! Doing several things at a time, until one fails.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use futures::{Stream, StreamExt, stream};

/// Runs tasks, `limit` of them at a time: what they have made, in order, and the first failure.
/// After a failure no other task begins, and those under way come to their end, so that nothing
/// they have made is lost sight of.
pub(crate) async fn gather<T, E, F>(
    tasks: impl Stream<Item = F>,
    limit: usize,
) -> (Vec<T>, Option<E>)
where
    F: Future<Output = Result<T, E>>,
{
    let has_failed = AtomicBool::new(false);
    let mut tasks = std::pin::pin!(tasks);
    let tasks = stream::poll_fn(|cx| match has_failed.load(Ordering::Relaxed) {
        true => Poll::Ready(None),
        false => tasks.as_mut().poll_next(cx),
    });
    let mut results = std::pin::pin!(tasks.buffered(limit));
    let (mut made, mut failure) = (Vec::new(), None);
    while let Some(result) = results.next().await {
        match result {
            Ok(one) => made.push(one),
            Err(error) => {
                has_failed.store(true, Ordering::Relaxed);
                failure = failure.or(Some(error));
            }
        }
    }
    (made, failure)
}
