//! The parent's side of the demo's child process.

use std::env;
use std::process::{ExitStatus, Stdio};

use lode_core::range::GrowableRangeSet;
use lode_std::{ByteRange, Version};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};

use super::plan::Plan;
use super::worker::Acknowledged;
use crate::failure::Failure;
use crate::output::Output;
use crate::units::{count, grouped};

/// The child process, and the lines between it and us.
pub(super) struct Child {
    process: tokio::process::Child,
    permits: ChildStdin,
    acknowledgements: Lines<BufReader<ChildStdout>>,
}

/// What the child process had acknowledged when it was killed.
#[derive(Default)]
pub(super) struct Progressed {
    /// The newest version.
    pub(super) version: Option<Version>,
    /// What was committed.
    pub(super) covered: GrowableRangeSet,
    commits: usize,
}

impl Child {
    /// Starts this very program to write the file.
    pub(super) fn start(plan: &Plan) -> Result<Self, Failure> {
        let failed = |source| Failure::Io { what: "start the child process".to_string(), source };
        let mut process = Command::new(env::current_exe().map_err(failed)?)
            .args(["demo-worker", "--tasks", &plan.tasks.to_string()])
            .args(["--block", &plan.block.to_string(), "--seed", &plan.seed.to_string()])
            .arg("--")
            .args([plan.dir.as_path(), plan.source.path()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        match (process.stdin.take(), process.stdout.take()) {
            (Some(permits), Some(out)) => {
                Ok(Self { process, permits, acknowledgements: BufReader::new(out).lines() })
            }
            _ => Err(Failure::refused("internal", "the child process has no pipes")),
        }
    }

    /// Lets the child process commit until half of the file is acknowledged, and kills it at the
    /// next commit.
    pub(super) async fn kill_part_way(
        mut self,
        plan: &Plan,
        out: &mut Output,
    ) -> Result<Progressed, Failure> {
        let total = plan.source.extent().length();
        let tasks = count(plan.tasks.get(), "task");
        let seed = plan.seed;
        out.line(format_args!(
            "\na child process writes them in random order (seed {seed}), by {tasks}:"
        ))?;
        let mut done = Progressed::default();
        while done.covered.covered() < total.div_ceil(2) {
            self.permit().await?;
            let acknowledged = self.acknowledgement().await?;
            let bytes = done.add(&acknowledged);
            report_commit(&acknowledged, bytes, out)?;
        }
        self.permit().await?;
        let status = self.kill().await?;
        report_death(&done, status, total, out)?;
        Ok(done)
    }

    async fn permit(&mut self) -> Result<(), Failure> {
        self.permits.write_all(b"\n").await.map_err(lost)
    }

    async fn acknowledgement(&mut self) -> Result<Acknowledged, Failure> {
        let line = self.acknowledgements.next_line().await.map_err(lost)?.unwrap_or_default();
        serde_json::from_str(&line)
            .map_err(|_| Failure::refused("internal", "the child process has ended by itself"))
    }

    async fn kill(&mut self) -> Result<ExitStatus, Failure> {
        self.process.start_kill().map_err(lost)?;
        self.process.wait().await.map_err(lost)
    }
}

impl Progressed {
    /// Takes note of a commit, and returns how many bytes it has.
    fn add(&mut self, acknowledged: &Acknowledged) -> u64 {
        let before = self.covered.covered();
        let ranges = acknowledged.blocks.iter();
        self.covered.extend(ranges.filter_map(|(start, end)| ByteRange::new(*start, *end)));
        self.version = Version::new(acknowledged.version).max(self.version);
        self.commits += 1;
        self.covered.covered() - before
    }
}

fn lost(source: std::io::Error) -> Failure {
    Failure::Io { what: "speak with the child process".to_string(), source }
}

fn report_commit(acknowledged: &Acknowledged, bytes: u64, out: &mut Output) -> Result<(), Failure> {
    let Acknowledged { version, blocks } = acknowledged;
    let counted = count(blocks.len(), "block");
    out.line(format_args!("  version {version}: {counted}, {} bytes", grouped(bytes)))?;
    out.json(&json!({
        "step": "acknowledged", "version": version, "blocks": blocks.len(), "bytes": bytes,
    }))
}

fn report_death(
    done: &Progressed,
    status: ExitStatus,
    total: u64,
    out: &mut Output,
) -> Result<(), Failure> {
    let bytes = done.covered.covered();
    out.line(format_args!(
        "killed it ({status}): {} of {} bytes had been acknowledged, in {}",
        grouped(bytes),
        grouped(total),
        count(done.commits, "commit")
    ))?;
    out.json(&json!({
        "step": "killed",
        "status": status.to_string(),
        "signal": signal(status),
        "acknowledged": bytes,
        "commits": done.commits,
    }))
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}
