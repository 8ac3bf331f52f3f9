//! Finding out what is on the medium.

use super::error::VolumeError;
use super::tape::Tape;
use super::volume::{Head, Settings, Volume};
use super::walk::{Facts, Walk};
use crate::commit::{Look, Resolution, Resolve, ResolveStep, Seen, Slot};
use crate::store::{Error, Name, ObjectKind, Store};
use crate::time::Clock;
use crate::{ErrorKind, Version};

/// The hint that every commit writes.
pub(super) const LATEST: u64 = 0;
/// The hint that [`Volume::prune`] writes, before it removes anything. The two are never written
/// at the same time, so that whatever a cut does to one, the other names a manifest.
pub(super) const FLOOR: u64 = 1;

impl<S: Store, C: Clock, const RUNS: usize> Volume<S, C, RUNS> {
    /// Finds the newest snapshot and what it covers, and forgets whatever is staged. It writes
    /// nothing, and may be repeated at any time: after an error it is how to go on.
    ///
    /// Costs 3 calls for the hint and behind the head, and reads the head's manifest twice, 32
    /// bytes a call. A manifest more for each version that the hint is behind: one after a cut.
    ///
    /// # Errors
    ///
    /// [`VolumeError::Corrupt`] and [`VolumeError::Foreign`] name an object;
    /// [`VolumeError::Full`] if the snapshot has more than `RUNS` runs; [`VolumeError::Settings`];
    /// [`VolumeError::Store`]. The volume is not mounted then.
    pub fn mount(&mut self, settings: Settings) -> Result<(), VolumeError<S::Error>> {
        self.settings = None;
        self.head = None;
        self.staged_count = 0;
        self.committed.clear();
        self.next = 1;
        if !settings.are_valid() {
            return Err(VolumeError::Settings);
        }
        match self.find_head(&settings)? {
            Some(version) => self.load(&settings, version)?,
            None => self.require_empty()?,
        }
        self.settings = Some(settings);
        Ok(())
    }

    fn find_head(&mut self, settings: &Settings) -> Result<Option<Version>, VolumeError<S::Error>> {
        let (mut machine, mut look) = Resolve::cold(false);
        loop {
            let seen = match look {
                Look::Hint => Seen::Hint(self.hint()?),
                Look::Slot(version) => Seen::Slot(self.look(settings, version)?),
                // The machine was told that there is no listing.
                Look::Slots { .. } => Seen::Failed,
            };
            (machine, look) = match machine.on(seen) {
                ResolveStep::Look(machine, look) => (machine, look),
                ResolveStep::Done(Resolution::At(position)) => return Ok(position.live),
                ResolveStep::Done(_) => return Err(VolumeError::NotMounted),
            };
        }
    }

    /// The first hint that names a manifest which is there.
    fn hint(&mut self) -> Result<Option<Version>, VolumeError<S::Error>> {
        match self.named_by(LATEST)? {
            Some(version) => Ok(Some(version)),
            None => self.named_by(FLOOR),
        }
    }

    /// The manifest that a hint names, if it is there.
    pub(super) fn named_by(&mut self, hint: u64) -> Result<Option<Version>, VolumeError<S::Error>> {
        let mut text = [0; Name::LENGTH];
        let hint = Self::name(ObjectKind::Hint, hint)?;
        if !self.exists(&hint, &mut text)? {
            return Ok(None);
        }
        let Some((ObjectKind::Manifest, number)) = Name::parse(&text) else { return Ok(None) };
        let manifest = Self::name(ObjectKind::Manifest, number)?;
        let exists = self.exists(&manifest, &mut [0])?;
        Ok(Version::new(number).filter(|_| exists))
    }

    /// Where no manifest was found there has to be none. That the first one is gone proves
    /// nothing once there was a prune, which leaves its hint.
    fn require_empty(&mut self) -> Result<(), VolumeError<S::Error>> {
        let name = Self::name(ObjectKind::Hint, FLOOR)?;
        match self.exists(&name, &mut [0])? {
            true => Err(VolumeError::Corrupt { name }),
            false => Ok(()),
        }
    }

    /// Whether there is such an object; its first bytes go to `bytes`.
    pub(super) fn exists(
        &mut self,
        name: &Name,
        bytes: &mut [u8],
    ) -> Result<bool, VolumeError<S::Error>> {
        match self.store.read(name, 0, bytes) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(VolumeError::of_store(error)),
        }
    }

    /// What a slot holds, checked to its end.
    pub(super) fn look(
        &mut self,
        settings: &Settings,
        version: Version,
    ) -> Result<Slot, VolumeError<S::Error>> {
        // Behind the last version that has a name nothing can be.
        let Some(name) = Name::new(ObjectKind::Manifest, version.get()) else {
            return Ok(Slot::Absent);
        };
        let mut tape = Tape::new(&mut self.store, name);
        let (mut walk, facts) = Walk::begin(&mut tape, settings, version);
        if tape.is_absent() {
            return Ok(Slot::Absent);
        }
        while walk.next(&mut tape).is_some() {}
        walk.finish(&mut tape);
        tape.check()?;
        let Facts { commit_id, parent, .. } = facts;
        Ok(Slot::Live { commit_id, parent })
    }

    /// Makes this version the head.
    fn load(&mut self, settings: &Settings, version: Version) -> Result<(), VolumeError<S::Error>> {
        let name = Self::name(ObjectKind::Manifest, version.get())?;
        let mut tape = Tape::new(&mut self.store, name);
        let (mut walk, facts) = Walk::begin(&mut tape, settings, version);
        let (mut blocks, mut full) = (0, false);
        while let Some(block) = walk.next(&mut tape) {
            blocks += 1;
            self.next = self.next.max(block.number + 1);
            // There is always one: a block has a byte at least.
            if let Some(range) = block.range() {
                full |= self.committed.insert(range).is_err();
            }
        }
        let trailer = walk.finish(&mut tape);
        // What did not find room is not covered either.
        let whole = blocks == facts.blocks && (full || self.committed.covered() == facts.covered);
        tape.require(whole);
        tape.check()?;
        if full {
            return Err(VolumeError::Full { runs: RUNS });
        }
        self.head = Some(Head { version, trailer, blocks });
        Ok(())
    }
}
