//! What must hold in every state.

use crate::store::{Flight, Kind};
use crate::world::{Broken, Doing, Setup, World};

impl World {
    /// What must hold now.
    pub(crate) fn check(&self) -> Result<(), Broken> {
        self.check_chain()?;
        self.check_ids()?;
        let head = self.store.head().map_or(0, |head| head.blocks);
        if head & self.acknowledged != self.acknowledged {
            return Err(Broken::Lost);
        }
        if head & !(self.acknowledged | self.attempted) != 0 {
            return Err(Broken::Invented);
        }
        Ok(())
    }

    /// Slots are dense, and each builds on the live one before it.
    fn check_chain(&self) -> Result<(), Broken> {
        let mut parent = None;
        for (at, taken) in (1..).zip(self.store.taken()) {
            if taken.manifest.version != at || taken.manifest.parent != parent {
                return Err(Broken::Gap);
            }
            if self.store.get(at) != Some(taken) {
                return Err(Broken::Gap);
            }
            parent = if taken.kind == Kind::Repaired { parent } else { Some(at) };
        }
        Ok(())
    }

    /// A commit takes one slot, and none if its writer was told so. A request in flight that could
    /// still take one counts: those that cannot are forgotten by the store.
    fn check_ids(&self) -> Result<(), Broken> {
        let mut taken = 0_u32;
        for id in self.store.taken().map(|taken| taken.manifest.id) {
            if taken & (1 << id) != 0 {
                return Err(Broken::Twice);
            }
            taken |= 1 << id;
        }
        let flying = self.store.flights().filter_map(|flight| match flight {
            Flight::Create(manifest) => Some(manifest.id),
            Flight::Hint(_) => None,
        });
        let possible = flying.fold(taken, |ids, id| ids | 1 << id);
        if possible & self.denied != 0 { Err(Broken::Undead) } else { Ok(()) }
    }

    /// A slot that is taken keeps its content, but for a tombstone over it.
    pub(crate) fn check_slots_keep(&self, next: &Self) -> Result<(), Broken> {
        let kept = self.store.taken().all(|taken| {
            let after = next.store.get(taken.manifest.version);
            after.is_some_and(|after| after.manifest == taken.manifest)
        });
        if kept { Ok(()) } else { Err(Broken::Changed) }
    }

    /// Where nothing can happen any more, all are done; and where nothing went wrong and losers
    /// may try again, all has been committed.
    pub(crate) fn check_end(&self, setup: &Setup) -> Result<(), Broken> {
        if self.writers.iter().any(|writer| writer.doing != Doing::Nothing) {
            return Err(Broken::Unfinished);
        }
        let rivals = setup.work.iter().map(|tasks| tasks.len()).max().unwrap_or_default();
        let patient = setup.rules.retries as usize >= rivals;
        let all = setup.work.iter().flat_map(|tasks| *tasks).fold(0, |all, blocks| all | blocks);
        let calm = self.faults == setup.faults;
        if calm && patient && self.acknowledged & all != all {
            return Err(Broken::Unfinished);
        }
        Ok(())
    }
}
