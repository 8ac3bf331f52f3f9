//! Doing several things at a time, where none of them keeps the machine busy by itself.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::command::Failure;

/// Does all of it, as many at a time as there are processors. Once something has failed nothing
/// more is begun, and what has begun is waited for: what it has started is for it to end.
pub(crate) fn side_by_side<T: Sync>(
    what: &[T],
    run: impl Fn(&T) -> Result<(), Failure> + Sync,
) -> Result<(), Failure> {
    let waiting = Mutex::new(what.iter());
    let waiting = || waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let work = || -> Result<(), Failure> {
        while let Some(next) = { waiting().next() } {
            run(next).inspect_err(|_| *waiting() = [].iter())?;
        }
        Ok(())
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut ended = workers.into_iter().map(|worker| worker.join());
        let panicked = |_| Err(Failure::Check("something was not run to its end".into()));
        ended.try_for_each(|result| result.unwrap_or_else(panicked))
    })
}
