//! What threads may do with one queue of commits at the same time.

use futures::FutureExt;
use lode_std::{GroupCommitter, Staged, meta};

use crate::handles::volume;
use crate::model::{Counting, explore, spawn, wait};
use crate::store::Visible;

async fn commit(committer: GroupCommitter, block: Staged) -> u64 {
    let range = block.range();
    let snapshot = committer.commit([block], meta! {}).await.unwrap();
    // What one has committed is in the snapshot that one is told.
    assert_eq!(snapshot.gaps(range.start()..range.end()).count().await.unwrap(), 0);
    snapshot.version().get()
}

/// Without a retry policy, so that losing a slot to the other would be an error.
#[test]
fn commits_go_out_together_or_one_after_the_other() {
    explore("two commits through one queue", || {
        let volume = volume(Visible::new(), Counting::new(), 0);
        let [mine, theirs] = [0, 10].map(|at| wait(volume.stage_at(at, vec![1; 10])).unwrap());
        let committer = volume.committer();
        let other = spawn(commit(committer.clone(), theirs));
        let versions = [wait(commit(committer, mine)), other.join().unwrap()];
        assert!([[1, 1], [1, 2], [2, 1]].contains(&versions), "{versions:?}");
        assert_eq!(wait(volume.latest()).unwrap().unwrap().covered(), 20);
    });
}

/// One is dropped wherever it was, and then the handle commits without a queue.
#[test]
fn who_goes_away_keeps_nobody() {
    explore("two commits through one queue, of which one is dropped", || {
        let volume = volume(Visible::new(), Counting::new(), 0);
        let stage = |at| wait(volume.stage_at(at, vec![1; 10])).unwrap();
        let [gone, theirs, alone] = [0, 10, 20].map(stage);
        let committer = volume.committer();
        let other = spawn(commit(committer.clone(), theirs));
        drop(committer.commit([gone], meta! {}).now_or_never());
        wait(volume.commit([alone], meta! {})).unwrap();
        other.join().unwrap();
        let latest = wait(volume.latest()).unwrap().unwrap();
        assert_eq!(wait(latest.gaps(10..30).count()).unwrap(), 0);
    });
}
