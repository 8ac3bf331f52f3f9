//! Committing what is staged.

use core::mem;

use super::encode::{Preface, Writer, Written};
use super::error::VolumeError;
use super::merge::Merge;
use super::mount::LATEST;
use super::tape::Tape;
use super::volume::{Head, Settings, Volume};
use super::walk::Walk;
use crate::commit::{Action, Commit, Event, Look, Outcome, Position, Rules, Seen, Sent, Slot};
use crate::manifest::CommitId;
use crate::range::ByteRange;
use crate::store::{Error, Name, ObjectKind, Store};
use crate::time::Clock;
use crate::{ErrorKind, Version};

/// A device is alone, so that nobody takes a slot from it; and nothing is gained by waiting.
const RULES: Rules = Rules { lists: false, retries: 0, resends: 1, hint_attempts: 1 };

impl<S: Store, C: Clock, const RUNS: usize> Volume<S, C, RUNS> {
    /// Commits all that is staged, at once, and says as which version. When it returns `Ok`, the
    /// snapshot is durable and the newest.
    ///
    /// `metadata` are names and values, the names in ascending order; `scratch` has to have room
    /// for the new manifest. If nothing is staged, the answer is the head.
    ///
    /// Costs 1 create and 1 replace, and reads of the head's manifest, twice, 32 bytes a call.
    ///
    /// # Errors
    ///
    /// [`VolumeError::ScratchTooSmall`] says how much is needed. [`VolumeError::Unknown`] and
    /// [`VolumeError::Conflict`] leave the volume unmounted: mount it again, and stage what it
    /// then lacks. After all others what was staged still is.
    pub fn commit(
        &mut self,
        metadata: &[(&str, &str)],
        scratch: &mut [u8],
    ) -> Result<Version, VolumeError<S::Error>> {
        let settings = self.mounted()?;
        if !metadata.is_sorted_by(|this, next| this.0 < next.0) {
            return Err(VolumeError::Metadata);
        }
        if self.staged_count == 0 {
            return self.head().ok_or(VolumeError::NothingStaged);
        }
        let version = Version::after(self.head()).ok_or(VolumeError::Exhausted)?;
        let name = Self::name(ObjectKind::Manifest, version.get())?;
        let id = CommitId::of_handle(settings.device, version.get());

        let written = self.write(&settings, version, id, metadata, scratch)?;
        let Some(manifest) =
            scratch.get(..written.size).filter(|_| written.needed <= scratch.len())
        else {
            return Err(VolumeError::ScratchTooSmall { needed: written.needed });
        };
        if written.size > S::MAX_OBJECT {
            return Err(VolumeError::TooLarge { most: S::MAX_OBJECT });
        }
        self.send(&settings, &name, id, manifest)?;
        self.advance(version, written.trailer);
        Ok(version)
    }

    /// Writes the manifest into `scratch`, or finds out how long that has to be.
    #[inline(never)]
    fn write(
        &mut self,
        settings: &Settings,
        version: Version,
        commit_id: CommitId,
        metadata: &[(&str, &str)],
        scratch: &mut [u8],
    ) -> Result<Written, VolumeError<S::Error>> {
        let staged = self.staged.get(..self.staged_count).unwrap_or_default();
        let new: u64 = staged.iter().map(|block| u64::from(block.length)).sum();
        let preface = Preface {
            settings: *settings,
            version,
            parent: self.head.map(|head| (head.version, head.trailer)),
            commit_id,
            created_at: self.clock.now(),
            metadata,
            blocks: self.head.map_or(0, |head| head.blocks) + staged.len() as u64,
            covered: self.committed.covered() + new,
        };
        let number = self.head.map_or(0, |head| head.version.get());
        let mut tape = Tape::new(&mut self.store, Self::name(ObjectKind::Manifest, number)?);
        let walk = match self.head {
            Some(head) => Walk::begin(&mut tape, settings, head.version).0,
            None => Walk::nowhere(),
        };
        let mut merge = Merge::new(walk);
        let mut writer = Writer::new(scratch);
        let written = writer.manifest(&preface, &mut tape, &mut merge, staged);
        if let Some(head) = self.head {
            let trailer = merge.finish(&mut tape);
            tape.require(trailer == head.trailer);
        }
        tape.check()?;
        Ok(written)
    }

    /// Carries the manifest through the protocol.
    #[inline(never)]
    fn send(
        &mut self,
        settings: &Settings,
        name: &Name,
        id: CommitId,
        manifest: &[u8],
    ) -> Result<(), VolumeError<S::Error>> {
        let position = self.head().map_or(Position::EMPTY, Position::at);
        let (mut machine, mut action) = Commit::start(id, RULES, Some(position));
        let mut failure = None;
        loop {
            let event = match action {
                Action::Prepare { .. } => Event::Prepared,
                Action::Create { .. } => {
                    let result = self.store.create(name, &[manifest]);
                    Event::Sent(result.map_or_else(
                        |error| {
                            let sent = sent(error.kind());
                            failure = Some(error);
                            sent
                        },
                        |()| Sent::Created,
                    ))
                }
                Action::Look(Look::Slot(version)) => {
                    Event::Seen(match self.look(settings, version) {
                        Ok(slot) => Seen::Slot(slot),
                        Err(VolumeError::Store(_) | VolumeError::MediumFull) => Seen::Failed,
                        Err(_) => Seen::Slot(Slot::Damaged),
                    })
                }
                Action::Look(_) => Event::Seen(Seen::Failed),
                Action::BackOff { .. } => Event::Waited,
                Action::WriteHint { .. } => Event::Hinted(self.write_hint(LATEST, name).is_ok()),
                Action::Done(Outcome::Committed { .. }) => return Ok(()),
                Action::Done(outcome) => return Err(self.not_committed(outcome, *name, failure)),
            };
            (machine, action) = machine.on(event);
        }
    }

    /// Writes a hint that names this manifest.
    pub(super) fn write_hint(&mut self, number: u64, manifest: &Name) -> Result<(), S::Error> {
        match Name::new(ObjectKind::Hint, number) {
            Some(hint) => self.store.replace(&hint, &[manifest.as_str().as_bytes()]),
            None => Ok(()),
        }
    }

    /// Why nothing, or nobody knows what, was committed.
    fn not_committed(
        &mut self,
        outcome: Outcome,
        name: Name,
        failure: Option<S::Error>,
    ) -> VolumeError<S::Error> {
        let error = match (outcome, failure) {
            (Outcome::Failed, Some(error)) => return VolumeError::of_store(error),
            (Outcome::Conflict { version }, _) => VolumeError::Conflict { version },
            (Outcome::Unknown { version }, _) => VolumeError::Unknown { version },
            (Outcome::Damaged { .. }, _) => VolumeError::Corrupt { name },
            _ => VolumeError::NotMounted,
        };
        // What is on the medium is not what it was thought to be.
        self.settings = None;
        error
    }

    /// Makes this version the head: what was staged is committed.
    fn advance(&mut self, version: Version, trailer: u32) {
        let staged_count = mem::take(&mut self.staged_count);
        let blocks = self.head.map_or(0, |head| head.blocks) + staged_count as u64;
        self.head = Some(Head { version, trailer, blocks });
        // First those that touch what is there, which take no room; then there is room for the
        // others, as staging has seen to.
        for only_touching in [true, false] {
            let mut at = 0;
            while let Some((count, range)) = self.neighbours(at, staged_count) {
                at += count;
                if !only_touching || self.touches(range) {
                    let covered = self.cover(range);
                    debug_assert!(covered.is_ok(), "staging has left room");
                }
            }
        }
    }

    /// How many blocks from the `at`th on are neighbours, and what they cover.
    fn neighbours(&self, at: usize, count: usize) -> Option<(usize, ByteRange)> {
        let blocks = self.staged.get(at..count)?;
        let first = blocks.first()?;
        let mut end = first.end();
        let mut found = 1;
        for block in blocks.iter().skip(1) {
            if block.start != end {
                break;
            }
            end = block.end();
            found += 1;
        }
        Some((found, ByteRange::new(first.start, end)?))
    }

    fn touches(&self, range: ByteRange) -> bool {
        let mut committed = self.committed.iter();
        committed.any(|it| it.end() >= range.start() && it.start() <= range.end())
    }
}

/// What a failure of a create means.
fn sent(kind: ErrorKind) -> Sent {
    match kind {
        ErrorKind::Conflict => Sent::Exists,
        ErrorKind::OutOfSpace | ErrorKind::PermissionDenied | ErrorKind::InvalidInput => {
            Sent::Rejected
        }
        _ => Sent::Unknown,
    }
}
