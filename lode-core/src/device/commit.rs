//! Committing what is staged.

use super::encode::{Preface, Writer, Written};
use super::error::{Fault, VolumeError};
use super::merge::{Merge, Source, Work};
use super::mount::LATEST;
use super::tape::Tape;
use super::volume::{Head, Settings, Volume, manifest_name};
use super::walk::{Facts, Walk, scan};
use crate::commit::{Claim, ClaimAction, ClaimEvent, Claimed, Density, Holder, Rules, Sent, Slot};
use crate::manifest::CommitId;
use crate::store::{Error, Name, ObjectKind, Store};
use crate::time::Clock;
use crate::{ErrorKind, Version};

/// A device is alone, so that nobody takes a slot from it; and nothing is gained by waiting.
const RULES: Rules = Rules { density: Density::Dense, retries: 0, resends: 1, hint_attempts: 1 };

impl<S: Store, C: Clock, const RUNS: usize> Volume<S, C, RUNS> {
    /// Commits all that is staged, at once, and says as which version. When it returns `Ok`, the
    /// snapshot is durable and the newest.
    ///
    /// `metadata` are names and values, the names in ascending order; `scratch` has to have room
    /// for the new manifest. If nothing is staged, the answer is the head.
    ///
    /// Costs 1 create and 1 replace, and reads of the head's manifest, twice, 32 bytes a call, with
    /// one call more for each of its runs.
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
        if version.get() >= Name::NUMBERS {
            return Err(VolumeError::Exhausted);
        }
        let mut writer = Writer::new(scratch);
        self.write_preface(settings, version, metadata, &mut writer);
        self.write_blocks(&mut writer)?;
        let written = writer.written().map_err(|needed| VolumeError::ScratchTooSmall { needed })?;
        if written.manifest.len() > S::MAX_OBJECT {
            return Err(VolumeError::TooLarge { most: S::MAX_OBJECT });
        }
        self.send(version, &written)
    }

    /// How many blocks the next head will have, and how many bytes it will cover.
    #[inline(never)]
    fn totals(&self) -> (u64, u64) {
        let head = self.head.map_or((0, 0), |head| (head.blocks, head.covered));
        self.staged_blocks()
            .iter()
            .fold(head, |(blocks, covered), block| (blocks + 1, covered + u64::from(block.length)))
    }

    /// Makes this version the head, and what is staged part of what is committed.
    #[inline(never)]
    fn settle(&mut self, version: Version, trailer: u32) {
        let (blocks, covered) = self.totals();
        self.head = Some(Head { version, trailer, blocks, covered });
        // There is room in the end, but not always on the way there. What finds none is tried
        // again when others have closed gaps, and each time around some of it gets in.
        let mut left = self.staged_count;
        while left > 0 && self.committed.covered() < covered {
            for block in self.staged.iter().take(self.staged_count) {
                let _ = block.range().map(|range| self.committed.insert(range));
            }
            left -= 1;
        }
        debug_assert_eq!(self.committed.covered(), covered, "there is room for all");
        self.staged_count = 0;
    }

    /// Writes the rest of the manifest.
    #[inline(never)]
    fn write_blocks(&mut self, writer: &mut Writer<'_>) -> Result<(), Fault<S::Error>> {
        let Self { settings: Some(settings), head, store, work, staged, staged_count, .. } = self
        else {
            return Err(Fault::NotMounted);
        };
        let staged = staged.get(..*staged_count).unwrap_or_default();
        // Without a head there is nothing to read.
        let name = head.map_or(Name::HINT, |head| head.name());
        let Work { window, merge, run, facts } = work;
        *merge = Merge::new(Walk::nowhere(settings.length));
        let tape = Tape::new(store, window, name);
        let mut source = Source { tape, merge, run, staged };
        let Source { tape, merge, .. } = &mut source;
        if let Some(head) = head {
            merge.walk.open(tape, settings, head.version, facts);
        }
        writer.finish(&mut source);
        let Source { tape, merge, .. } = &mut source;
        if let Some(head) = head {
            let trailer = tape.finish(&mut merge.walk.cursor);
            tape.require(trailer == head.trailer);
        }
        tape.check()
    }

    /// Writes what comes before the runs.
    #[inline(never)]
    fn write_preface(
        &self,
        settings: &Settings,
        version: Version,
        metadata: &[(&str, &str)],
        writer: &mut Writer<'_>,
    ) {
        let (blocks, covered) = self.totals();
        writer.preface(&Preface {
            settings,
            version,
            parent: self.head,
            commit_id: &id(settings, version),
            created_at: self.clock.now(),
            metadata,
            blocks,
            covered,
        });
    }

    /// Carries the manifest through the protocol; then its version is the head.
    #[inline(never)]
    fn send(
        &mut self,
        version: Version,
        written: &Written<'_>,
    ) -> Result<Version, VolumeError<S::Error>> {
        let mut claim = Claim::start(RULES);
        let mut failure = None;
        let claimed = loop {
            let event = match claim.action() {
                ClaimAction::Create { .. } => match self.create(version, written.manifest) {
                    Ok(()) => ClaimEvent::Sent(Sent::Created),
                    Err(error) => {
                        let sent = sent(error.kind());
                        failure = Some(error);
                        ClaimEvent::Sent(sent)
                    }
                },
                ClaimAction::Look => self.look(version),
                ClaimAction::BackOff { .. } => ClaimEvent::Waited,
                ClaimAction::WriteHint => {
                    ClaimEvent::Hinted(self.write_hint(LATEST, version).is_ok())
                }
            };
            if let Some(claimed) = claim.on(event) {
                break claimed;
            }
        };
        let error = match (claimed, failure) {
            (Claimed::Committed { .. }, _) => {
                self.settle(version, written.trailer);
                return Ok(version);
            }
            (Claimed::Failed, Some(error)) => return Err(VolumeError::of_store(error)),
            (Claimed::Damaged, _) => VolumeError::Corrupt { name: manifest_name(version) },
            (Claimed::Lost, _) => VolumeError::Conflict { version },
            (Claimed::Failed | Claimed::Unknown, _) => VolumeError::Unknown { version },
        };
        // What is on the medium is not what it was thought to be.
        self.settings = None;
        Err(error)
    }

    /// Creates a manifest.
    #[inline(never)]
    fn create(&mut self, version: Version, manifest: &[u8]) -> Result<(), S::Error> {
        self.store.create(&manifest_name(version), &[manifest])
    }

    /// Looks who has the slot.
    #[inline(never)]
    fn look(&mut self, version: Version) -> ClaimEvent {
        let Self { settings: Some(settings), store, work, .. } = self else {
            return ClaimEvent::Unreadable;
        };
        match scan(store, work, settings, version, &mut |_, _| {}) {
            Err(Fault::Absent(_)) => ClaimEvent::Held(Holder::Nobody),
            Ok(()) => held(&work.facts, settings, version),
            Err(Fault::Store(_) | Fault::NotMounted) => ClaimEvent::Unreadable,
            Err(_) => ClaimEvent::Held(Holder::Damage),
        }
    }

    /// Writes a hint that names this version's manifest.
    #[inline(never)]
    pub(super) fn write_hint(&mut self, number: u64, version: Version) -> Result<(), S::Error> {
        let hint = Name::wrapping(ObjectKind::Hint, number);
        self.store.replace(&hint, &[manifest_name(version).as_bytes()])
    }
}

/// The id of the commit that makes this version. See [`Settings::device`].
fn id(settings: &Settings, version: Version) -> CommitId {
    CommitId::of_handle(settings.device, version.get())
}

/// By whom the slot of `version` is held, whose manifest has been read. Not within `look`, below
/// which the stack is deep.
#[inline(never)]
fn held(found: &Facts, settings: &Settings, version: Version) -> ClaimEvent {
    let slot = Slot::Live { commit_id: found.commit_id, parent: None };
    ClaimEvent::Held(Holder::of(slot, id(settings, version)))
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
