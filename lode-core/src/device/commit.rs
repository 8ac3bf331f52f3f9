//! Committing what is staged.

use super::encode::{Preface, Writer, Written};
use super::error::{Fault, VolumeError};
use super::merge::{Merge, Source, Work};
use super::mount::LATEST;
use super::tape::Tape;
use super::volume::{Head, Settings, Volume};
use super::walk::{Walk, scan};
use crate::commit::{Claim, ClaimAction, ClaimEvent, Claimed, Holder, Rules, Sent, Slot};
use crate::manifest::CommitId;
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
        let written = self.write(&settings, version, metadata, scratch)?;
        let Some(manifest) =
            scratch.get(..written.size).filter(|_| written.needed <= scratch.len())
        else {
            return Err(VolumeError::ScratchTooSmall { needed: written.needed });
        };
        if written.size > S::MAX_OBJECT {
            return Err(VolumeError::TooLarge { most: S::MAX_OBJECT });
        }
        self.send(&settings, version, manifest)?;
        let (blocks, covered) = self.totals();
        self.head = Some(Head { version, trailer: written.trailer, blocks, covered });
        self.cover_staged(covered);
        Ok(version)
    }

    /// How many blocks the next head will have, and how many bytes it will cover.
    #[inline(never)]
    fn totals(&self) -> (u64, u64) {
        let head = self.head.map_or((0, 0), |head| (head.blocks, head.covered));
        self.staged_blocks()
            .iter()
            .fold(head, |(blocks, covered), block| (blocks + 1, covered + u64::from(block.length)))
    }

    /// Makes what is staged part of what is committed, which then is `covered` bytes.
    fn cover_staged(&mut self, covered: u64) {
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

    /// Writes the manifest into `scratch`, or finds out how long that has to be.
    #[inline(never)]
    fn write(
        &mut self,
        settings: &Settings,
        version: Version,
        metadata: &[(&str, &str)],
        scratch: &mut [u8],
    ) -> Result<Written, Fault<S::Error>> {
        let mut writer = Writer::new(scratch);
        self.write_preface(settings, version, metadata, &mut writer);
        let staged = self.staged.get(..self.staged_count).unwrap_or_default();
        // Without a head there is nothing to read.
        let name = self.head.map_or(Name::HINT, |head| head.name());
        let Work { window, merge, ahead, facts } = &mut self.work;
        *merge = Merge::new(Walk::nowhere(settings.length));
        let tape = Tape::new(&mut self.store, window, name);
        let mut source = Source { tape, merge, ahead, staged };
        let Source { tape, merge, .. } = &mut source;
        if let Some(head) = &self.head {
            merge.walk.open(tape, settings, head.version, facts);
        }
        let written = writer.finish(&mut source);
        let Source { tape, merge, .. } = &mut source;
        if let Some(head) = &self.head {
            let trailer = tape.finish(&mut merge.walk.cursor);
            tape.require(trailer == head.trailer);
        }
        tape.check()?;
        Ok(written)
    }

    /// Writes what comes before the runs. Not within `write`, below which the stack is deepest.
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

    /// Carries the manifest through the protocol.
    #[inline(never)]
    fn send(
        &mut self,
        settings: &Settings,
        version: Version,
        manifest: &[u8],
    ) -> Result<(), VolumeError<S::Error>> {
        let name = Name::wrapping(ObjectKind::Manifest, version.get());
        let mut claim = Claim::start(RULES);
        let mut failure = None;
        let claimed = loop {
            let event = match claim.action() {
                ClaimAction::Create { .. } => match self.store.create(&name, &[manifest]) {
                    Ok(()) => ClaimEvent::Sent(Sent::Created),
                    Err(error) => {
                        let sent = sent(error.kind());
                        failure = Some(error);
                        ClaimEvent::Sent(sent)
                    }
                },
                ClaimAction::Look => self.look(settings, version),
                ClaimAction::BackOff { .. } => ClaimEvent::Waited,
                ClaimAction::WriteHint => {
                    ClaimEvent::Hinted(self.write_hint(LATEST, &name).is_ok())
                }
            };
            if let Some(claimed) = claim.on(event) {
                break claimed;
            }
        };
        let error = match (claimed, failure) {
            (Claimed::Committed { .. }, _) => return Ok(()),
            (Claimed::Failed, Some(error)) => return Err(VolumeError::of_store(error)),
            (Claimed::Damaged, _) => VolumeError::Corrupt { name },
            (Claimed::Lost { .. }, _) => VolumeError::Conflict { version },
            (Claimed::Failed | Claimed::Unknown, _) => VolumeError::Unknown { version },
        };
        // What is on the medium is not what it was thought to be.
        self.settings = None;
        Err(error)
    }

    /// Looks who has the slot.
    #[inline(never)]
    fn look(&mut self, settings: &Settings, version: Version) -> ClaimEvent {
        let Self { store, work, .. } = self;
        let read = scan(store, work, settings, version, &mut |_, _| Ok(()));
        ClaimEvent::Held(match read {
            Ok(false) => Holder::Nobody,
            Ok(true) => {
                let slot = Slot::Live { commit_id: work.facts.commit_id, parent: None };
                Holder::of(slot, id(settings, version))
            }
            Err(Fault::Store(_)) => return ClaimEvent::Unreadable,
            Err(_) => Holder::Damage,
        })
    }

    /// Writes a hint that names this manifest.
    pub(super) fn write_hint(&mut self, number: u64, manifest: &Name) -> Result<(), S::Error> {
        let hint = Name::wrapping(ObjectKind::Hint, number);
        self.store.replace(&hint, &[manifest.as_bytes()])
    }
}

/// The id of the commit that makes this version. See [`Settings::device`].
fn id(settings: &Settings, version: Version) -> CommitId {
    CommitId::of_handle(settings.device, version.get())
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
