//! Committing what is staged.

use super::encode::{Preface, Writer, Written};
use super::error::{Fault, VolumeError};
use super::merge::Merge;
use super::mount::LATEST;
use super::tape::Tape;
use super::volume::{Head, Settings, Volume, copy};
use super::walk::{Facts, Walk, scan};
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
        let blocks = self.head.map_or(0, |head| head.blocks) + self.staged_count as u64;
        let (trailer, covered) = (written.trailer, self.reserved.covered());
        self.head = Some(Head { version, trailer, blocks, covered });
        self.staged_count = 0;
        copy(&mut self.committed, &self.reserved);
        Ok(version)
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
        let mut tape = Tape::new(&mut self.store, name);
        let mut merge = Merge::new(Walk::nowhere(settings.length));
        if let Some(head) = self.head {
            merge.walk.skip_facts(&mut tape, settings, head.version);
        }
        let written = writer.finish(&mut tape, &mut merge, staged);
        if let Some(head) = self.head {
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
        writer.preface(&Preface {
            settings,
            version,
            parent: self.head,
            commit_id: &id(settings, version),
            created_at: self.clock.now(),
            metadata,
            blocks: self.head.map_or(0, |head| head.blocks) + self.staged_count as u64,
            covered: self.reserved.covered(),
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
        let mut facts = Facts::default();
        let read = scan(&mut self.store, settings, version, &mut facts, &mut |_, _| Ok(()));
        ClaimEvent::Held(match read {
            Ok(false) => Holder::Nobody,
            Ok(true) => {
                let slot = Slot::Live { commit_id: facts.commit_id, parent: None };
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
