//! What must hold in every state.

use crate::setup::Setup;
use crate::store::{Kind, Manifest, Request};
use crate::world::{Broken, World};

impl World {
    /// What must hold now.
    pub(crate) fn check(&self) -> Result<(), Broken> {
        self.check_chain()?;
        self.check_ids()?;
        self.check_objects()?;
        let head = self.store.head().map_or(0, |head| head.blocks);
        if head & self.acknowledged != self.acknowledged {
            return Err(Broken::Lost);
        }
        if head & !(self.acknowledged | self.attempted) != 0 {
            return Err(Broken::Invented);
        }
        Ok(())
    }

    /// Slots are dense, and each builds on the live one before it. Where a collector frees slots,
    /// they need not begin with the first, so that what comes of it can be seen.
    fn check_chain(&self) -> Result<(), Broken> {
        let oldest = self.store.taken().next().filter(|_| self.store.frees_slots);
        let first = oldest.map_or(1, |taken| taken.manifest.version);
        let mut parent = oldest.and_then(|taken| taken.manifest.parent);
        for (at, taken) in (first..).zip(self.store.taken()) {
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
        let flying = self.store.flights().filter_map(|flight| match flight.request {
            Request::Create(manifest) => Some(manifest),
            _ => None,
        });
        let free = |manifest: &Manifest| self.store.get(manifest.version).is_none();
        let flying = flying.filter(free).map(|manifest| manifest.id);
        let possible = flying.fold(taken, |ids, id| ids | 1 << id);
        if possible & self.denied != 0 { Err(Broken::Undead) } else { Ok(()) }
    }

    /// What live manifests and confirmed tags refer to is there.
    fn check_objects(&self) -> Result<(), Broken> {
        let live = self.store.live().map(|live| live.objects);
        let tagged = self.store.tags().filter(|tag| tag.confirmed).map(|tag| tag.objects);
        let needed = live.chain(tagged).fold(0, |all, objects| all | objects);
        if needed & !self.store.objects.all() == 0 { Ok(()) } else { Err(Broken::Missing) }
    }

    /// A slot that is taken keeps its content, but for a tombstone over it, and a tag that was
    /// confirmed stays.
    pub(crate) fn check_step(&self, next: &Self) -> Result<(), Broken> {
        let slots = self.store.taken().all(|taken| match next.store.get(taken.manifest.version) {
            Some(after) => after.manifest == taken.manifest,
            None => self.store.frees_slots,
        });
        let confirmed = |tag: &crate::store::Tag| tag.confirmed;
        let tags = self
            .store
            .tags()
            .filter(confirmed)
            .all(|tag| next.store.tags().any(|after| after == tag));
        if slots && tags { Ok(()) } else { Err(Broken::Changed) }
    }

    /// Where nothing can happen any more, all are done; and where nothing went wrong and losers
    /// may try again, all has been committed, and collected.
    pub(crate) fn check_end(&self, setup: &Setup) -> Result<(), Broken> {
        if self.is_at_work() {
            return Err(Broken::Unfinished);
        }
        // What has waited for too long is not committed.
        let calm = self.faults == setup.faults && self.ticks == 0;
        let rivals: usize = setup.work.iter().map(|tasks| tasks.len()).sum();
        let patient = setup.rules.retries as usize + 1 >= rivals;
        let all = setup.work.iter().flat_map(|tasks| *tasks).fold(0, |all, blocks| all | blocks);
        if calm && patient && self.acknowledged & all != all {
            return Err(Broken::Unfinished);
        }
        let garbage = World::new(setup).garbage() & self.store.objects.all();
        if calm && setup.collects() && setup.tags == 0 && garbage != 0 {
            return Err(Broken::Unfinished);
        }
        Ok(())
    }

    /// What any run of a collector deletes that begins now.
    fn garbage(&self) -> u32 {
        let old = self.store.objects.older_than(crate::time::at(0), self.now());
        self.store.live().fold(old, |garbage, live| garbage & !live.objects)
    }
}
