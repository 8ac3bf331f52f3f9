//! Judging the slots of a history together, and its hint.

use lode_core::Version;
use lode_core::manifest::{Mismatch, SlotManifest};
use lode_core::verify::{
    Affected, Finding, Link, LinkState, Part, Problem, check_chain, check_hint,
};

use super::evidence::{PAUSES, Proof, digest_of, inspect};
use super::examination::{Examination, explain};
use crate::Error;
use crate::history::Slots;

impl<S: Slots> Examination<'_, S> {
    pub(super) async fn examine_chain(&mut self) {
        let problems = check_chain(&self.links, self.history.slots.trusts_hint());
        for (version, problem) in problems.into_iter().chain(self.compare_lengths()) {
            let key = self.history.slots.slot(version);
            let affected = Affected::snapshot(version);
            match self.holds(version, &problem).await {
                Ok(true) => {
                    let finding = Finding::new(key.as_str(), Part::Slot, problem);
                    self.report(finding.affecting(affected));
                }
                Ok(false) => {}
                Err(error) => self.miss(&key, Part::Slot, &error, affected),
            }
        }
    }

    fn compare_lengths(&mut self) -> Vec<(Version, Problem)> {
        let lengths = std::mem::take(&mut self.lengths);
        let newest = self.newest.as_ref().and_then(|live| live.manifest.total_length());
        let Some(length) = newest else { return Vec::new() };
        let differ = lengths.into_iter().filter_map(|(version, found)| {
            let checked = Mismatch::check("total_length", &length, &found);
            checked.err().map(|source| (version, Problem::Mismatch(source)))
        });
        differ.collect()
    }

    /// Whether a problem with a slot is still there when the slots that it is about are looked at
    /// again.
    async fn holds(&self, version: Version, problem: &Problem) -> Result<bool, Error> {
        match problem {
            // Its slots have been looked at twice.
            Problem::Hole { .. } => Ok(true),
            Problem::ParentMissing { parent } => Ok(self.look_at(*parent).await?.is_none()),
            Problem::Replaced { child } => {
                Ok(self.is_same(version).await? && self.is_same(*child).await?)
            }
            _ => self.is_same(version).await,
        }
    }

    /// Whether a slot holds what it was found to hold; `false` if it has been dropped since.
    async fn is_same(&self, version: Version) -> Result<bool, Error> {
        let now = self.look_at(version).await?;
        match (self.link(version), now) {
            (Some(before), Some(now)) if *before == now => Ok(true),
            (_, Some(now)) if now.state == LinkState::Collected => Ok(false),
            _ => Err(Error::unsettled(&self.history.slots.slot(version))),
        }
    }

    /// The place in the chain of what a slot holds now.
    pub(super) async fn look_at(&self, version: Version) -> Result<Option<Link>, Error> {
        let key = self.history.slots.slot(version);
        let judge = |bytes: &[u8]| self.history.parse(&key, bytes, Some(version)).map_err(explain);
        Ok(match inspect(&self.history.objects, &key, judge).await? {
            Proof::Sound(found) => self.link_of(&found),
            Proof::Absent => None,
            Proof::Damaged(_, bytes) => Some(damaged(version, &bytes)),
        })
    }

    /// Last of all, for a commit writes the hint after its slot. Writers overwrite it, so it is
    /// wrong only if it stays the same for a while.
    pub(super) async fn examine_hint(&mut self) {
        let mut before = None;
        let mut problem = None;
        for look in 0..=PAUSES.len() {
            if let Some(pause) = look.checked_sub(1).and_then(|last| PAUSES.get(last)) {
                self.options.clock.sleep(*pause).await;
            }
            let hint = self.history.objects.read(&self.history.slots.hint()).await;
            let judged = match hint {
                Ok(hint) => self.judge_hint(hint.as_deref()).await.map(|found| (hint, found)),
                Err(error) => Err(error),
            };
            match judged {
                Err(error) => {
                    let key = self.history.slots.hint();
                    return self.miss(&key, Part::Hint, &error, Affected::default());
                }
                Ok((_, None)) => return,
                // A writer is at work.
                Ok((hint, _)) if before.as_ref().is_some_and(|before| *before != hint) => return,
                Ok((hint, found)) => (before, problem) = (Some(hint), found),
            }
        }
        if let Some(problem) = problem {
            let key = self.history.slots.hint();
            self.report(Finding::new(key.as_str(), Part::Hint, problem));
        }
    }

    async fn judge_hint(&self, hint: Option<&[u8]>) -> Result<Option<Problem>, Error> {
        let newest = self.links.last().map(|link| link.version);
        let trusted = self.history.slots.trusts_hint();
        // Do not blame the hint when the slot is unreadable.
        let is_unread =
            |link: &&Link| matches!(link.state, LinkState::Damaged | LinkState::Unreadable);
        let unread = self.links.last().filter(is_unread).map(|link| link.version);
        let live = self.newest.as_ref().map(|live| live.manifest.version());
        let problem = check_hint(hint, newest, unread.or(live), trusted);
        if let Some(Problem::HintAhead { hint, .. }) = problem {
            // A commit may have come after the slots were looked at.
            let slot = self.history.slots.slot(hint);
            if self.history.objects.metadata(&slot).await?.is_some() {
                return Ok(None);
            }
        }
        Ok(problem)
    }
}

/// The place in the chain of bytes that are no manifest.
pub(super) fn damaged(version: Version, bytes: &[u8]) -> Link {
    Link {
        version,
        state: LinkState::Damaged,
        parent: None,
        parent_digest: None,
        digest: digest_of(bytes),
        is_ours: false,
    }
}
