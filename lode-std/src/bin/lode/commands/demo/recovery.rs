//! What the demo does after the crash: look, fill the gaps, verify.

use std::env;

use lode_core::range::GrowableRangeSet;
use lode_std::{ByteRange, Snapshot, Volume, meta, store};
use serde_json::json;

use super::VOLUME;
use super::child::Progressed;
use super::plan::{Plan, location};
use crate::commands::gaps::to_json;
use crate::commands::map::width;
use crate::commands::no_snapshot;
use crate::failure::Failure;
use crate::output::Output;
use crate::picture;
use crate::progress::Progress;
use crate::transfer::{Comparison, Sender};
use crate::units::{count, grouped};

/// How many gaps are named.
const SHOWN: usize = 5;

/// A volume that was opened again.
pub(super) struct Recovery<'a> {
    plan: &'a Plan,
    volume: Volume,
    /// What was found.
    head: Snapshot,
}

impl<'a> Recovery<'a> {
    /// Opens the volume as anybody would, knowing nothing of what the child process did.
    pub(super) async fn open(plan: &'a Plan) -> Result<Self, Failure> {
        let volume = Volume::existing(VOLUME).open(store::open(&location(&plan.dir))?).await?;
        let head = volume.latest().await?.ok_or_else(|| no_snapshot(volume.id()))?;
        Ok(Self { plan, volume, head })
    }

    /// Shows what is there and what is not, and checks that nothing is gone that had been
    /// acknowledged.
    pub(super) async fn show_damage(
        &self,
        done: &Progressed,
        out: &mut Output,
    ) -> Result<(), Failure> {
        let covered = self.head.coverage().await?;
        out.line(format_args!("\nreopened, at version {}:", self.head.version().get()))?;
        self.draw(&covered, out)?;
        let lost = done.covered.iter().find(|range| !covered.covers(*range));
        if let Some(range) = lost.or_else(|| self.is_older_than(done)) {
            let message = format!("{range} had been acknowledged, and is gone");
            return Err(Failure::Refused { kind: "lost", message, range: Some(range) });
        }
        out.line("all that had been acknowledged is there; these gaps are left:")?;
        let gaps = self.gaps().await?;
        for gap in gaps.iter().take(SHOWN) {
            out.line(format_args!("  {gap} {}", gap.length()))?;
        }
        if gaps.len() > SHOWN {
            out.line(format_args!("  and {} more", grouped((gaps.len() - SHOWN) as u64)))?;
        }
        out.json(&json!({
            "step": "reopened",
            "version": self.head.version().get(),
            "covered": covered.covered(),
            "gaps": to_json(&gaps),
        }))
    }

    /// Stages the gaps and nothing else, and commits them.
    pub(super) async fn fill_gaps(&self, out: &mut Output) -> Result<Snapshot, Failure> {
        let (volume, source) = (&self.volume, &self.plan.source);
        let sender = Sender { volume, source, block: self.plan.block };
        let blocks: Vec<_> =
            self.gaps().await?.into_iter().flat_map(|gap| sender.cut(gap)).collect();
        let bytes = blocks.iter().map(|block| block.length()).sum();
        let progress = Progress::new(out, bytes, "writing");
        let (staged, failure) = sender.stage(&blocks, &progress).await;
        if let Some(failure) = failure {
            return Err(failure);
        }
        let snapshot = volume.commit(staged, meta! { "by" => "demo", "resumed" => true }).await?;
        progress.finish();
        out.line(format_args!(
            "\nstaged only the gaps, {} in {}, and committed them as version {}:",
            grouped(bytes),
            count(blocks.len(), "block"),
            snapshot.version().get()
        ))?;
        self.draw(&snapshot.coverage().await?, out)?;
        out.json(&json!({
            "step": "resumed",
            "version": snapshot.version().get(),
            "blocks": blocks.len(),
            "bytes": bytes,
            "covered": snapshot.covered(),
        }))?;
        Ok(snapshot)
    }

    /// Compares the whole with the file, byte for byte.
    pub(super) async fn verify(
        &self,
        snapshot: &Snapshot,
        out: &mut Output,
    ) -> Result<(), Failure> {
        let source = &self.plan.source;
        let progress = Progress::new(out, snapshot.len(), "verifying");
        let blocks = snapshot.blocks(0..snapshot.len()).collect().await?;
        let verified = Comparison::by_bytes(source, snapshot).run(&blocks, &progress).await?;
        progress.finish();
        if verified != source.extent().length() {
            let message = format!("{verified} bytes were read back, not all of the file's");
            return Err(Failure::refused("lost", message));
        }
        let dir = self.plan.dir.display().to_string();
        let file = source.path().display().to_string();
        // As it was called: it need not be where the shell looks.
        let lode = env::args().next().unwrap_or_else(|| "lode".to_string());
        let [lode, store, original] = [&lode, &dir, &file].map(|word| quoted(word));
        out.line(format_args!(
            "\nverified {} bytes in {dir}: {lode} get {store} volumes/{VOLUME} | cmp - {original}",
            grouped(verified)
        ))?;
        out.json(&json!({ "step": "verified", "bytes": verified, "dir": dir, "file": file }))
    }

    async fn gaps(&self) -> Result<Vec<ByteRange>, Failure> {
        Ok(self.head.gaps(0..self.head.len()).collect().await?)
    }

    /// All of what was acknowledged, if what was found is older than that.
    fn is_older_than(&self, done: &Progressed) -> Option<ByteRange> {
        let older = done.version.is_some_and(|version| self.head.version() < version);
        done.covered.iter().next().filter(|_| older)
    }

    fn draw(&self, covered: &GrowableRangeSet, out: &mut Output) -> Result<(), Failure> {
        out.line(picture::text(covered, self.head.len(), width()))
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+=:,@%".contains(&byte);
    match !word.is_empty() && word.bytes().all(plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_them() {
        assert_eq!(quoted("/tmp/a-b_c.d"), "/tmp/a-b_c.d");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
