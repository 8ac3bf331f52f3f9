//! Examining the slots of a history, and what their manifests refer to.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use lode_core::Version;
use lode_core::key::Key;
use lode_core::layout::Reference;
use lode_core::manifest::{CollectionState, SlotManifest};
use lode_core::verify::{
    Affected, Claim, Finding, Link, LinkState, Part, Problem, Unreadable, User,
};

use super::chain::damaged;
use super::evidence::{Proof, digest_of, inspect};
use super::examination::{Examination, explain};
use crate::Error;
use crate::history::{Found, LostPage, Slots, encode_entry};

/// How many manifests are read at the same time; they are looked at in order.
const READS_IN_FLIGHT: usize = 16;
/// The most versions that are looked for one by one where some were not listed. Where more are
/// missing they were never written: the Go implementation's versions lie far apart.
const MOST_LOOKED_FOR: u64 = 1000;

/// What is said of a page that cannot be read: nothing.
const LOST: Claim = Claim { size: 0, digest: None, algorithm: 0 };

/// Why a page was not read.
#[derive(Clone, Debug)]
pub(super) enum Lost {
    Damaged(Problem),
    Unreadable(String),
}

impl<S: Slots> Examination<'_, S> {
    pub(super) async fn examine_slots(&mut self) -> Result<(), Error> {
        let versions = self.versions().await?;
        // If it cannot be found out now, it is when something seems to be missing.
        let state = self.history.newest_state(&versions).await.map(|(state, _)| state);
        self.dropped = state.unwrap_or(CollectionState::FIRST).dropped;
        let versions = match self.options.snapshot {
            Some(wanted) => vec![wanted],
            None => with_gaps(&versions),
        };
        // In portions, so that the history is free to be looked at in between.
        for portion in versions.chunks(READS_IN_FLIGHT) {
            let history = &self.history;
            let reads = stream::iter(portion.iter().copied()).map(async |version| {
                let key = history.slots.slot(version);
                let judge =
                    |bytes: &[u8]| history.parse(&key, bytes, Some(version)).map_err(explain);
                (version, inspect(&history.objects, &key, judge).await)
            });
            let read: Vec<_> = reads.buffered(READS_IN_FLIGHT).collect().await;
            for (version, proof) in read {
                self.examine_slot(version, proof).await?;
            }
        }
        self.is_shared = !self.seen.is_empty() || !self.lost_pages.is_empty();
        if !self.seen.is_empty() {
            self.ledger.share();
        }
        Ok(())
    }

    /// The versions there are; those that were listed, if the head cannot be found now.
    async fn versions(&self) -> Result<Vec<Version>, Error> {
        let slots = &self.history.slots;
        let listed = self.listing.objects.keys().filter_map(|key| slots.parse_slot(key));
        let listed: BTreeSet<_> = listed.collect();
        match self.history.versions().await {
            Ok(found) => {
                Ok(listed.into_iter().chain(found).collect::<BTreeSet<_>>().into_iter().collect())
            }
            Err(error) if listed.is_empty() => Err(error),
            Err(_) => Ok(listed.into_iter().collect()),
        }
    }

    async fn examine_slot(
        &mut self,
        version: Version,
        proof: Result<Proof<Found<S::Manifest>>, Error>,
    ) -> Result<(), Error> {
        let key = self.history.slots.slot(version);
        let affected = Affected::snapshot(version);
        let found = match proof {
            Ok(Proof::Sound(found)) => found,
            Ok(Proof::Absent) if self.options.snapshot.is_some() => {
                self.check_exists().await?;
                return Err(Error::SnapshotNotFound { id: self.history.id().clone(), version });
            }
            // If there are slots above it, the chain has a hole.
            Ok(Proof::Absent) => return Ok(()),
            Ok(Proof::Damaged(problem, bytes)) => {
                let finding = Finding::new(key.as_str(), Part::Slot, problem);
                self.report(finding.affecting(affected));
                self.links.push(damaged(version, &bytes));
                return Ok(());
            }
            Err(error) => {
                self.miss(&key, Part::Slot, &error, affected);
                let link = damaged(version, &[]);
                self.links.push(Link { state: LinkState::Unreadable, ..link });
                return Ok(());
            }
        };
        self.links.extend(self.link_of(&found));
        self.enter_slot(version, found).await
    }

    async fn enter_slot(
        &mut self,
        version: Version,
        found: Found<S::Manifest>,
    ) -> Result<(), Error> {
        let total_length = match &found {
            Found::Live(live) => live.manifest.total_length(),
            Found::Collected(tombstone) => tombstone.total_length(),
            Found::Record(record) => record.manifest.total_length(),
            Found::Absent => None,
        };
        self.lengths.extend(total_length.map(|length| (version, length)));
        match found {
            Found::Live(_) if self.dropped.contains(version) => self.report.collected += 1,
            Found::Live(live) => {
                self.report.snapshots += 1;
                self.enter(User::Snapshot(version), &live.manifest).await?;
                for (key, entry) in self.history.slots.entries(&live.manifest, version) {
                    let own = digest_of(&encode_entry(&self.history.slots, &entry)?);
                    self.entries.insert(key, (version, [own, live.digest]));
                }
                self.newest = Some(live);
            }
            Found::Collected(_) => self.report.collected += 1,
            Found::Record(_) => self.report.records += 1,
            Found::Absent => {}
        }
        Ok(())
    }

    /// Enters what a manifest refers to. Of the pages of a large volume each is read once, however
    /// many snapshots share it.
    pub(super) async fn enter(
        &mut self,
        user: User<'_>,
        manifest: &S::Manifest,
    ) -> Result<(), Error> {
        let Self { history, algorithms, seen, ledger, lost_pages, needs_lost, .. } = self;
        let mut see = |found: Result<Reference, LostPage>| {
            match found {
                Ok(found) => {
                    let name = history.slots.checksum(manifest, &found.key);
                    // Of two snapshots without a digest neither may name another algorithm.
                    let name = name.filter(|_| found.digest.is_some());
                    ledger.enter(user, found, place_of(algorithms, name));
                }
                Err(LostPage { key, range, error }) => {
                    let reference =
                        Reference { key: key.clone(), size: 0, digest: None, range: Some(range) };
                    needs_lost.enter(user, reference, LOST.algorithm);
                    lost_pages.insert(key, Lost::because(error));
                }
            }
            Ok(())
        };
        history.slots.references(&history.objects, manifest, seen, &mut see).await
    }

    pub(super) async fn report_lost_pages(&mut self) {
        let needed = self.needed_of(self.lost_pages.keys().cloned().collect()).await;
        for (key, lost) in self.lost_pages.clone() {
            let affected = self.needs_lost.affected(&key, &LOST);
            match &needed {
                Ok(needed) if !needed.contains(&key) => continue,
                Ok(_) => {}
                Err(error) => {
                    let unreadable = Unreadable::new(key.as_str(), Part::Page, error.to_string());
                    self.note(unreadable.affecting(affected));
                    continue;
                }
            }
            let problem = match lost {
                Lost::Damaged(problem) => problem,
                Lost::Unreadable(reason) => {
                    let unreadable = Unreadable::new(key.as_str(), Part::Page, reason);
                    self.note(unreadable.affecting(affected));
                    continue;
                }
            };
            match self.is_lost(&key, &problem, &affected).await {
                Ok(true) => {
                    self.report(
                        Finding::new(key.as_str(), Part::Page, problem).affecting(affected),
                    );
                }
                Ok(false) => {}
                Err(error) => self.miss(&key, Part::Page, &error, affected),
            }
        }
    }

    /// Whether something needs a page that is damaged or missing, and it is still missing.
    async fn is_lost(
        &self,
        key: &Key,
        problem: &Problem,
        affected: &Affected,
    ) -> Result<bool, Error> {
        if !self.is_needed(affected).await? {
            return Ok(false);
        }
        match problem {
            Problem::Missing if self.history.objects.metadata(key).await?.is_some() => {
                Err(Error::unread(key, "it was not there at first, and then it was"))
            }
            _ => Ok(true),
        }
    }
}

/// The place of an algorithm among those that were met.
fn place_of(algorithms: &mut Vec<Option<String>>, name: Option<&str>) -> usize {
    match algorithms.iter().position(|known| known.as_deref() == name) {
        Some(place) => place,
        None => {
            algorithms.push(name.map(str::to_string));
            algorithms.len() - 1
        }
    }
}

impl Lost {
    /// Bytes that are no page have been read twice.
    fn because(error: Error) -> Self {
        match error {
            Error::Missing { .. } => Self::Damaged(Problem::Missing),
            Error::ManifestInvalid { source, .. } => Self::Damaged(Problem::Invalid(source)),
            error => Self::Unreadable(error.to_string()),
        }
    }
}

/// All versions that may have been written, if these were listed: a listing is not one moment, and
/// can show a slot and lack one that was there before it.
fn with_gaps(listed: &[Version]) -> Vec<Version> {
    let mut versions = Vec::with_capacity(listed.len());
    let mut before = 0;
    for version in listed {
        let next = version.get();
        if next - before <= MOST_LOOKED_FOR {
            versions.extend((before + 1..next).filter_map(Version::new));
        }
        versions.push(*version);
        before = next;
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(listed: &[u64]) -> Vec<u64> {
        let listed: Vec<_> = listed.iter().copied().filter_map(Version::new).collect();
        with_gaps(&listed).into_iter().map(Version::get).collect()
    }

    #[test]
    fn what_was_not_listed_is_looked_for_unless_it_is_too_much() {
        assert!(filled(&[]).is_empty());
        assert_eq!(filled(&[1, 2, 3]), [1, 2, 3]);
        assert_eq!(filled(&[3, 5]), [1, 2, 3, 4, 5]);
        assert_eq!(filled(&[1, 1001]).len(), 1001);
        assert_eq!(filled(&[1, 1002]), [1, 1002]);
        let far = 1_795_380_388_376_430_848;
        assert_eq!(filled(&[far, far + 5000]), [far, far + 5000]);
    }
}
