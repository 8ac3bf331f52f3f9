//! Several processes commit to one volume and one dataset: nothing is lost, and there is one line.

use std::io::Read;

use crate::history::{Acknowledged, check};
use crate::support::{fresh_location, number_from};
use crate::writer::Task;

/// How many processes there are.
pub(crate) const PROCESSES: &str = "LODE_TEST_PROCESSES";
/// How many commits each makes, to the volume and to the dataset each.
pub(crate) const COMMITS: &str = "LODE_TEST_COMMITS";

/// Runs the writers of a task, one in each process, to their end.
pub(crate) fn run(task: &Task) -> Acknowledged {
    let writers = (0..task.writers).map(|writer| Task { writer, ..task.clone() }.spawn());
    let mut children: Vec<_> = writers.collect();
    let mut acknowledged = Acknowledged::default();
    for child in &mut children {
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        acknowledged.take(&said);
    }
    for mut child in children {
        assert!(child.wait().unwrap().success(), "a writer has failed");
    }
    acknowledged
}

#[tokio::test]
async fn processes_commit_at_the_same_time() {
    let dir = tempfile::tempdir().unwrap();
    let location = fresh_location().unwrap_or_else(|| dir.path().to_str().unwrap().to_string());
    let (writers, commits) = (number_from(PROCESSES, 2), number_from(COMMITS, 30));
    let task = Task { location, writer: 0, writers, commits, tolerant: false };
    let acknowledged = run(&task);
    check(&task, &acknowledged).await;
    println!("{writers} processes x {commits} commits to a volume and a dataset, nothing lost");
}
