//! The child process of the demo: writes until it is killed.
//!
//! Each line that it reads allows one commit, each line that it writes acknowledges one. The
//! parent so decides how far it gets, whatever the speed of the disk; its tasks stage blocks all
//! the while.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fastrand::Rng;
use lode_std::{ByteRange, Staged, Volume, meta, store};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin, stdin};
use tokio::sync::mpsc;

use super::VOLUME;
use super::plan::{blocks_of, location};
use crate::args::DemoWorkerArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::transfer::Source;

/// How many commits there are, about.
const COMMITS: usize = 12;

/// What the child process says after a commit.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Acknowledged {
    /// The version that was committed.
    pub(super) version: u64,
    /// Starts and ends of its blocks.
    pub(super) blocks: Vec<(u64, u64)>,
}

/// What all tasks share.
struct Work {
    volume: Volume,
    source: Source,
    blocks: Vec<ByteRange>,
    /// The place of the next block to be staged.
    next: AtomicUsize,
}

pub(in crate::commands) async fn run(
    args: DemoWorkerArgs,
    out: &mut Output,
) -> Result<(), Failure> {
    let source = Source::open(&args.file, 0)?;
    let mut blocks = blocks_of(source.extent(), args.block);
    Rng::with_seed(args.seed).shuffle(&mut blocks);
    let store = store::open(&location(&args.dir))?;
    let volume = Volume::builder(VOLUME, source.extent().length()).open(store).await?;
    let batch = (blocks.len() / COMMITS).max(1);
    let work = Arc::new(Work { volume, source, blocks, next: AtomicUsize::new(0) });
    let (sender, receiver) = mpsc::channel(batch);
    for _ in 0..args.tasks.get() {
        tokio::spawn(stage(work.clone(), sender.clone()));
    }
    drop(sender);
    commit(&work, receiver, batch, out).await
}

/// One task: stages one block after another.
async fn stage(work: Arc<Work>, staged: mpsc::Sender<Result<Staged, Failure>>) {
    while let Some(block) = work.blocks.get(work.next.fetch_add(1, Ordering::Relaxed)) {
        let result = work.stage(*block).await;
        if staged.send(result).await.is_err() {
            return;
        }
    }
}

/// Commits what has been staged, a batch at a time.
async fn commit(
    work: &Work,
    mut staged: mpsc::Receiver<Result<Staged, Failure>>,
    batch: usize,
    out: &mut Output,
) -> Result<(), Failure> {
    let mut permits = BufReader::new(stdin()).lines();
    let mut waiting = Vec::with_capacity(batch);
    while let Some(block) = staged.recv().await {
        waiting.push(block?);
        if waiting.len() == batch {
            work.commit(waiting.split_off(0), &mut permits, out).await?;
        }
    }
    match waiting.is_empty() {
        true => Ok(()),
        false => work.commit(waiting, &mut permits, out).await,
    }
}

impl Work {
    async fn stage(&self, block: ByteRange) -> Result<Staged, Failure> {
        let bytes = self.source.read(block).await?;
        Ok(self.volume.stage_at(block.start(), bytes).await?)
    }

    async fn commit(
        &self,
        staged: Vec<Staged>,
        permits: &mut Lines<BufReader<Stdin>>,
        out: &mut Output,
    ) -> Result<(), Failure> {
        let permit = permits.next_line().await.map_err(Failure::output)?;
        if permit.is_none() {
            return Err(Failure::refused("closed", "the demo has ended without this part of it"));
        }
        let blocks = staged.iter().map(Staged::range);
        let blocks = blocks.map(|range| (range.start(), range.end())).collect();
        let snapshot = self.volume.commit(staged, meta! { "by" => "demo" }).await?;
        let acknowledged = Acknowledged { version: snapshot.version().get(), blocks };
        let line = serde_json::to_string(&acknowledged)
            .map_err(|error| Failure::output(io::Error::other(error)))?;
        out.bytes(format!("{line}\n").as_bytes())?;
        out.flush()
    }
}
