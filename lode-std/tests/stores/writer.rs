//! One of several writers, in a process of its own: it commits to a volume and to a dataset, and
//! says what was acknowledged.

use std::fmt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lode_jsonl::Jsonl;
use lode_std::{
    CommitUnknown, Dataset, DatasetBuilder, Error, ErrorKind, Records, Retry, Staged, Volume,
    VolumeBuilder, meta, store,
};
use serde_json::{Value, json};

use crate::support::pattern;

/// The size of a block.
pub(crate) const BLOCK: u64 = 16;
/// The environment variable that tells a process what it is to do.
const TASK: &str = "LODE_TEST_WRITER";

/// What one writer does.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct Task {
    /// The store.
    pub(crate) location: String,
    /// Which of the writers it is.
    pub(crate) writer: u64,
    /// How many there are.
    pub(crate) writers: u64,
    /// How many commits it makes, to the volume and to the dataset each.
    pub(crate) commits: u64,
    /// Whether it goes on after an error.
    pub(crate) tolerant: bool,
}

pub(crate) fn volume(task: &Task) -> VolumeBuilder {
    let length = task.writers * task.commits * BLOCK;
    Volume::builder("disk", length).retry(task.retry())
}

pub(crate) fn dataset(task: &Task) -> DatasetBuilder<Records<Jsonl<Value>>> {
    Dataset::builder("events").codec(Jsonl::new()).retry(task.retry())
}

impl Task {
    /// The record of a commit to the dataset.
    pub(crate) fn record(writer: u64, commit: u64) -> Value {
        json!({ "writer": writer, "commit": commit })
    }

    /// Patient with rivals; but who puts up with errors gives up soon, so that there are some.
    fn retry(&self) -> Retry {
        let (base, cap) = (Duration::from_millis(10), Duration::from_millis(500));
        let resends = if self.tolerant { 0 } else { 6 };
        Retry { conflicts: 10_000, resends, base, cap, ..Retry::none() }
    }

    /// Where the block of a commit begins.
    fn offset(&self, commit: u64) -> u64 {
        (commit * self.writers + self.writer) * BLOCK
    }

    /// Starts a process that does it.
    pub(crate) fn spawn(&self) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writer::process", "--ignored", "--nocapture"])
            .env(TASK, serde_json::to_string(self).unwrap())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    async fn run(&self) {
        let store = store::open(&self.location).unwrap();
        let volume = self.patiently("open the volume", || volume(self).open(store.clone())).await;
        let dataset =
            self.patiently("open the dataset", || dataset(self).open(store.clone())).await;
        for commit in 0..self.commits {
            let offset = self.offset(commit);
            let bytes = pattern(offset, BLOCK as usize);
            let stage = || volume.stage_at(offset, bytes.clone());
            let block = self.patiently("stage", stage).await;
            let version = self.commit_block(&volume, &block).await;
            println!("\nacknowledged volume {version} {offset}");

            let version = self.write_record(&dataset, commit).await;
            println!("\nacknowledged dataset {version} {} {commit}", self.writer);
        }
    }

    /// Does something until it is done, if the task puts up with errors.
    async fn patiently<T, F>(&self, what: &str, mut act: impl FnMut() -> F) -> T
    where
        F: Future<Output = Result<T, Error>>,
    {
        loop {
            match act().await {
                Ok(done) => return done,
                Err(error) => self.put_up_with(what, &error),
            }
        }
    }

    fn put_up_with(&self, what: &str, error: &dyn fmt::Display) {
        assert!(self.tolerant, "writer {} could not {what}: {error}", self.writer);
        println!("\nwriter {} tries again to {what}: {error}", self.writer);
    }

    /// Commits a block exactly once, whatever becomes of the attempts.
    async fn commit_block(&self, volume: &Volume, block: &Staged) -> u64 {
        loop {
            let error = match volume.commit([block.clone()], meta! {}).await {
                Ok(snapshot) => return snapshot.version().get(),
                Err(error) => error,
            };
            self.put_up_with("commit", &error);
            let Error::CommitUnknown(unknown) = error else { continue };
            let resolve = |unknown| async { volume.resolve(unknown).await.map(|s| s.version()) };
            if let Some(version) = self.settle(*unknown, resolve).await {
                return version.get();
            }
        }
    }

    async fn write_record(&self, dataset: &Dataset<Records<Jsonl<Value>>>, commit: u64) -> u64 {
        let record = [Self::record(self.writer, commit)];
        loop {
            let error = match dataset.write(&record, meta! {}).await {
                Ok(snapshot) => return snapshot.version().get(),
                Err(error) => error,
            };
            self.put_up_with("write", &error);
            let Error::CommitUnknown(unknown) = error else { continue };
            let resolve = |unknown| async { dataset.resolve(unknown).await.map(|s| s.version()) };
            if let Some(version) = self.settle(*unknown, resolve).await {
                return version.get();
            }
        }
    }

    /// Settles a commit whose outcome is not known: its version, or `None` if it did not take
    /// place. It goes through text on the way, as it would over a restart.
    async fn settle<T, F>(
        &self,
        unknown: CommitUnknown,
        resolve: impl Fn(CommitUnknown) -> F,
    ) -> Option<T>
    where
        F: Future<Output = Result<T, Error>>,
    {
        println!("\nunknown {}", unknown.commit_id());
        let text = serde_json::to_string(&unknown).unwrap();
        for _ in 0..200 {
            match resolve(serde_json::from_str(&text).unwrap()).await {
                Ok(version) => return Some(version),
                Err(error) if error.kind() == ErrorKind::Conflict => return None,
                Err(error) => self.put_up_with("resolve", &error),
            }
        }
        panic!("writer {} cannot settle {text}", self.writer);
    }
}

#[tokio::test]
#[ignore = "the process of one writer, started by another test"]
async fn process() {
    // Without this it was not started by that test.
    let Ok(task) = std::env::var(TASK) else { return };
    serde_json::from_str::<Task>(&task).unwrap().run().await;
}
