//! What must hold in every state.

use crate::setup::Setup;
use crate::store::{Ids, Manifest, Request, bit};
use crate::world::{Broken, GO_YOUNG, World};

impl World {
    /// What must hold now.
    pub(crate) fn check(&self) -> Result<(), Broken> {
        self.check_chain()?;
        self.check_ids()?;
        self.check_objects()?;
        // What is damaged says nothing until it is repaired.
        if !self.is_whole() || self.can_repair() {
            return Ok(());
        }
        let head = self.store.head().map_or(0, |head| head.blocks);
        let promised = self.acknowledged & !self.excused;
        if head & promised != promised {
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
        let mut head = oldest.and_then(|taken| taken.manifest.parent);
        for (at, taken) in (first..).zip(self.store.taken()) {
            let Manifest { version, parent, is_record, state, .. } = taken.manifest;
            // The head goes back only where a repair has given it up.
            let gives_up = |head: u8| is_record && state.has_dropped(head) && parent < Some(head);
            if version != at || parent != head && !head.is_some_and(gives_up) {
                return Err(Broken::Gap);
            }
            if self.store.get(at) != Some(taken) {
                return Err(Broken::Gap);
            }
            head = if is_record { parent } else { Some(at) };
        }
        Ok(())
    }

    /// A commit takes one slot, and none if its writer was told so. A request in flight that could
    /// still take one counts: those that cannot are forgotten by the store.
    fn check_ids(&self) -> Result<(), Broken> {
        let mut taken: Ids = 0;
        for id in self.store.taken().map(|taken| taken.manifest.id) {
            if taken & (1 << id) != 0 {
                return Err(Broken::Twice);
            }
            taken |= 1 << id;
        }
        let flying = self.store.flights().filter_map(|request| match request {
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
        // Nobody can know what a record has dropped that was damaged.
        let counts = |version: u8| self.half_dropped & bit(version) == 0;
        let live = self.store.live().filter(|live| counts(live.version)).map(|live| live.objects);
        let tagged = self.store.tags().filter(|tag| tag.confirmed && counts(tag.version));
        let needed = live.chain(tagged.map(|tag| tag.objects)).fold(0, |all, ids| all | ids);
        if needed & !self.store.objects == 0 { Ok(()) } else { Err(Broken::Missing) }
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
        // What the Go implementation stages is not deleted while it is young.
        let is_kept = self.store.objects & !next.store.objects & 1 << GO_YOUNG == 0;
        if slots && tags && is_kept { Ok(()) } else { Err(Broken::Changed) }
    }

    /// Where nothing can happen any more, all are done; and where nothing went wrong and losers
    /// may try again, all has been committed, and collected.
    pub(crate) fn check_end(&self, setup: &Setup) -> Result<(), Broken> {
        if self.is_at_work() {
            return Err(Broken::Unfinished);
        }
        let calm = self.faults == setup.faults && self.damages == setup.damages;
        // A record takes a slot as well.
        let records = setup.collects.iter().map(|runs| usize::from(*runs));
        let rivals: usize = setup.work.iter().map(|tasks| tasks.len()).chain(records).sum();
        let patient = setup.rules.retries as usize + 1 >= rivals;
        let all = setup.work.iter().flat_map(|tasks| *tasks).fold(0, |all, blocks| all | blocks);
        if calm && patient && self.acknowledged & all != all {
            return Err(Broken::Unfinished);
        }
        let left = self.orphans(setup) & self.store.objects;
        if calm && self.cleared > 0 && !setup.receipts && left != 0 {
            return Err(Broken::Unfinished);
        }
        Ok(())
    }
}
