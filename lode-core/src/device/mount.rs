//! Finding out what is on the medium.

use super::error::{Fault, VolumeError};
use super::volume::{Head, Settings, Volume};
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
    /// Costs 2 calls for the hint and behind the head, and reads the head's manifest, 32 bytes a
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
        let mut hint = LATEST;
        while !self.find_head(&settings, hint)? {
            if hint == FLOOR {
                self.require_empty()?;
                break;
            }
            hint = FLOOR;
        }
        if self.head.is_some_and(|head| head.covered != self.committed.covered()) {
            return Err(VolumeError::Full { runs: RUNS });
        }
        self.runs = self.committed.len();
        self.settings = Some(settings);
        Ok(())
    }

    /// Loads one manifest after the other, from where this hint says that the head is, or else from
    /// the first version on; the last one is the head. Whether there is one.
    #[inline(never)]
    fn find_head(&mut self, settings: &Settings, hint: u64) -> Result<bool, Fault<S::Error>> {
        let mut probe = Probe::from_hint(self.named_by(hint).map_err(Fault::Store)?);
        loop {
            let slot = match self.load(settings, probe.at()) {
                Ok(()) => Slot::Live { commit_id: None, parent: None },
                Err(Fault::Absent(_)) => Slot::Absent,
                Err(fault) => return Err(fault),
            };
            if probe.on(slot).is_some() {
                return Ok(self.head.is_some());
            }
        }
    }

    /// The manifest that a hint names. Whether it is there is another question.
    #[inline(never)]
    pub(super) fn named_by(&mut self, hint: u64) -> Result<Option<Version>, S::Error> {
        let mut text = [0; Name::LENGTH];
        self.exists(&Name::wrapping(ObjectKind::Hint, hint), &mut text)?;
        Ok(match Name::parse(&text) {
            Some((ObjectKind::Manifest, number)) => Version::new(number),
            _ => None,
        })
    }

    /// Where no manifest was found there has to be none. That the first one is gone proves
    /// nothing once there was a prune, which leaves its hint.
    #[inline(never)]
    fn require_empty(&mut self) -> Result<(), Fault<S::Error>> {
        let name = Name::wrapping(ObjectKind::Hint, FLOOR);
        match self.exists(&name, &mut [0]).map_err(Fault::Store)? {
            true => Err(Fault::Corrupt(name)),
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

    /// Makes this version the head.
    fn load(&mut self, settings: &Settings, version: Version) -> Result<(), Fault<S::Error>> {
        let Self { store, work, committed, next, head, .. } = self;
        let mut is_first = true;
        scan(store, work, settings, version, &mut |_, block| {
            // What an older version covers is forgotten only when there is a newer one.
            if is_first {
                committed.clear();
                is_first = false;
            }
            *next = block.number.max(*next - 1) + 1;
            // What finds no room is missed in the end, when all of it has been read.
            if let Some(range) = block.range() {
                let _ = committed.insert(range);
            }
        })?;
        *head = Some(Head::of(version, &work.facts));
        Ok(())
    }
}
