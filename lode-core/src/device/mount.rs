//! Finding out what is on the medium.

use super::error::{Fault, VolumeError};
use super::volume::{Head, Settings, Volume, copy};
use super::walk::scan;
use crate::commit::{Probe, Slot};
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
    /// Costs 3 calls for the hint and behind the head, and reads the head's manifest, 32 bytes a
    /// call. A manifest more for each version that the hint is behind: one after a cut.
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
        self.find_head(&settings)?;
        copy(&mut self.reserved, &self.committed);
        self.settings = Some(settings);
        Ok(())
    }

    /// Loads one manifest after the other, upwards from the hint.
    #[inline(never)]
    fn find_head(&mut self, settings: &Settings) -> Result<(), VolumeError<S::Error>> {
        let hint = self.hint().map_err(VolumeError::of_store)?;
        let (mut probe, mut fits) = (Probe::from_hint(hint), true);
        loop {
            let slot = match self.load(settings, probe.at())? {
                Some(all) => {
                    fits = all;
                    Slot::Live { commit_id: None, parent: None }
                }
                None => Slot::Absent,
            };
            if probe.on(slot).is_some() {
                break;
            }
        }
        match (fits, self.head) {
            (false, _) => Err(VolumeError::Full { runs: RUNS }),
            (true, Some(_)) => Ok(()),
            (true, None) => self.require_empty(),
        }
    }

    /// The first hint that names a manifest which is there.
    fn hint(&mut self) -> Result<Option<Version>, S::Error> {
        match self.named_by(LATEST)? {
            Some(version) => Ok(Some(version)),
            None => self.named_by(FLOOR),
        }
    }

    /// The manifest that a hint names, if it is there.
    #[inline(never)]
    pub(super) fn named_by(&mut self, hint: u64) -> Result<Option<Version>, S::Error> {
        let mut text = [0; Name::LENGTH];
        if !self.exists(&Name::wrapping(ObjectKind::Hint, hint), &mut text)? {
            return Ok(None);
        }
        let Some((ObjectKind::Manifest, number)) = Name::parse(&text) else { return Ok(None) };
        let exists = self.exists(&Name::wrapping(ObjectKind::Manifest, number), &mut [0])?;
        Ok(Version::new(number).filter(|_| exists))
    }

    /// Where no manifest was found there has to be none. That the first one is gone proves
    /// nothing once there was a prune, which leaves its hint.
    fn require_empty(&mut self) -> Result<(), VolumeError<S::Error>> {
        let name = Name::wrapping(ObjectKind::Hint, FLOOR);
        match self.exists(&name, &mut [0]).map_err(VolumeError::of_store)? {
            true => Err(VolumeError::Corrupt { name }),
            false => Ok(()),
        }
    }

    /// Whether there is such an object; its first bytes go to `bytes`.
    #[inline(never)]
    pub(super) fn exists(&mut self, name: &Name, bytes: &mut [u8]) -> Result<bool, S::Error> {
        match self.store.read(name, 0, bytes) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes this version the head, if it is there; says whether there was room for all of it.
    fn load(
        &mut self,
        settings: &Settings,
        version: Version,
    ) -> Result<Option<bool>, Fault<S::Error>> {
        let Self { store, committed, next, head, .. } = self;
        let (mut fits, mut is_first) = (true, true);
        let facts = scan(store, settings, version, &mut |_, block| {
            // What an older version covers is forgotten only when there is a newer one.
            if is_first {
                committed.clear();
                is_first = false;
            }
            *next = block.number.max(*next - 1) + 1;
            // There is always one: a block has a byte at least.
            if let Some(range) = block.range() {
                fits &= committed.insert(range).is_ok();
            }
            Ok(())
        })?;
        Ok(facts.map(|facts| {
            if is_first {
                committed.clear();
            }
            *head = Some(Head { version, trailer: facts.trailer, blocks: facts.blocks });
            fits
        }))
    }
}
