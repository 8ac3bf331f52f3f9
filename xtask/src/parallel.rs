//! Doing several things at a time, where none of them keeps the machine busy by itself.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::command::Failure;

/// How many processors there are.
pub(crate) fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Does all of it, so many at a time. Once something has failed nothing
/// more is begun, and what has begun is waited for: what it has started is for it to end.
pub(crate) fn side_by_side<T: Sync>(
    what: &[T],
    at_a_time: usize,
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
    thread::scope(|scope| {
        let workers: Vec<_> = (0..at_a_time).map(|_| scope.spawn(work)).collect();
        let mut ended = workers.into_iter().map(|worker| worker.join());
        let panicked = |_| Err(Failure::Check("something was not run to its end".into()));
        ended.try_for_each(|result| result.unwrap_or_else(panicked))
    })
}
