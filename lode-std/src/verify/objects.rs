//! What snapshots and tags refer to, and what lies beside it.

use std::collections::HashSet;

use futures::{StreamExt, stream};
use lode_core::Version;
use lode_core::key::Key;
use lode_core::layout::Place;
use lode_core::manifest::ManifestDigest;
use lode_core::verify::{Affected, Claim, Finding, LinkState, Part, Problem, Unreadable};

use super::data::{Wanted, read_all};
use super::evidence::{PAUSES, Proof, digest_of, inspect};
use super::examination::Examination;
use super::listing::Listed;
use crate::Error;
use crate::history::Slots;

/// How many objects are looked at again at the same time.
const LOOKS_IN_FLIGHT: usize = 16;

/// An object, and what is said about it.
type Claimed = (Key, Claim);
/// What seems to be the matter with an object, or why that could not be learnt.
type Suspect = (Key, Claim, Result<Problem, Error>);

impl<S: Slots> Examination<'_, S> {
    /// Whether each object that is referred to is there, with its size and, if data are to be
    /// read, its bytes.
    pub(super) async fn examine_objects(&mut self) {
        let mut claims: Vec<_> =
            self.ledger.claims().map(|(key, claim)| (key.clone(), *claim)).collect();
        claims.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let size_of = |key: &Key| self.listing.objects.get(key.as_str()).map(|listed| listed.size);
        let is_listed = |(key, claim): &Claimed| size_of(key) == Some(claim.size);
        let (mut whole, doubtful): (Vec<_>, Vec<_>) = claims.into_iter().partition(is_listed);
        for (_, claim) in whole.iter().chain(&doubtful) {
            self.report.objects.add(claim.size);
        }
        let mut suspects = Vec::new();
        for (key, claim, looked) in self.look_at_all(doubtful).await {
            match looked {
                Ok(None) => whole.push((key, claim)),
                Ok(Some(problem)) => suspects.push((key, claim, Ok(problem))),
                Err(error) => suspects.push((key, claim, Err(error))),
            }
        }
        self.judge(suspects).await;
        if self.options.data {
            let suspects = self.read(whole).await;
            self.judge(suspects).await;
        }
    }

    /// Looks at what was not listed, or not with its size: it may have been committed since, or the
    /// listing may lack it.
    async fn look_at_all(
        &self,
        doubtful: Vec<Claimed>,
    ) -> Vec<(Key, Claim, Result<Option<Problem>, Error>)> {
        let looks = stream::iter(doubtful).map(async |(key, claim): Claimed| {
            let looked = self.history.objects.metadata(&key).await;
            let looked = looked.map(|meta| match meta.map(|meta| meta.size) {
                None => Some(Problem::Missing),
                Some(found) if found == claim.size => None,
                Some(found) => Some(Problem::WrongSize { expected: claim.size, found }),
            });
            (key, claim, looked)
        });
        looks.buffer_unordered(LOOKS_IN_FLIGHT).collect().await
    }

    /// Reports what is damaged and needed, and what could not be read.
    async fn judge(&mut self, mut suspects: Vec<Suspect>) {
        suspects.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        let needed = self.needed_of(suspects.iter().map(|(key, ..)| key.clone()).collect()).await;
        for (key, claim, problem) in suspects {
            let affected = self.ledger.affected(&key, &claim);
            match &needed {
                Ok(needed) if !needed.contains(&key) => continue,
                Ok(_) => {}
                Err(error) => {
                    let unreadable = Unreadable::new(key.as_str(), Part::Data, error.to_string());
                    self.note(unreadable.affecting(affected));
                    continue;
                }
            }
            match self.confirm(&key, &affected, problem).await {
                Ok(Some(problem)) => {
                    self.report(
                        Finding::new(key.as_str(), Part::Data, problem).affecting(affected),
                    );
                }
                Ok(None) => {}
                Err(error) => self.miss(&key, Part::Data, &error, affected),
            }
        }
    }

    /// A problem, if something still needs the object. What is missing is looked at once more: it
    /// was not there while a snapshot needed it, for a collector drops that first.
    async fn confirm(
        &self,
        key: &Key,
        affected: &Affected,
        problem: Result<Problem, Error>,
    ) -> Result<Option<Problem>, Error> {
        let problem = match (problem, self.is_needed(affected).await) {
            (_, Ok(false)) => return Ok(None),
            (problem, Ok(true)) => problem?,
            (_, Err(error)) => return Err(error),
        };
        if problem == Problem::Missing && self.history.objects.metadata(key).await?.is_some() {
            let reason = "it was not there at first, and then it was";
            return Err(Error::unread(key, reason));
        }
        Ok(Some(problem))
    }

    async fn read(&mut self, whole: Vec<Claimed>) -> Vec<Suspect> {
        let mut unknown = HashSet::new();
        let mut wanted = Vec::new();
        for (key, claim) in whole {
            let name = self.algorithms.get(claim.algorithm).cloned().flatten();
            let algorithm = name.as_ref().and_then(|name| self.options.checksums.find(name));
            if let (Some(name), None) = (name, algorithm)
                && unknown.insert(name.clone())
            {
                let problem = Problem::Unverified { algorithm: name };
                let affected = self.ledger.affected(&key, &claim);
                self.report(Finding::new(key.as_str(), Part::Data, problem).affecting(affected));
            }
            wanted.push(Wanted { key, claim, algorithm });
        }
        let objects = self.history.objects.clone();
        let (options, verified) = (self.options, &mut self.report.verified);
        let mut suspects = Vec::new();
        read_all(&objects, options, wanted, |wanted, problem| match problem {
            Ok(problem) => {
                verified.add(wanted.claim.size);
                suspects.extend(problem.map(|problem| (wanted.key, wanted.claim, Ok(problem))));
            }
            Err(error) => suspects.push((wanted.key, wanted.claim, Err(error))),
        })
        .await;
        suspects
    }

    /// Whether each partition's index has an entry for each snapshot with files in it: readers
    /// learn of it from there. An entry holds its partition's part of the manifest, or is a copy of
    /// the whole, as the Go implementation writes it. Writers overwrite entries that a rival has
    /// left, so one is wrong only if it stays so for a while.
    pub(super) async fn examine_entries(&mut self) {
        let entries = self.entries.iter().map(|(key, from)| (key.clone(), *from)).collect();
        let mut suspects = self.look_at_entries(entries).await;
        for pause in PAUSES {
            if suspects.is_empty() {
                return;
            }
            self.options.clock.sleep(pause).await;
            let again = suspects.into_iter().map(|(key, from, _)| (key, from)).collect();
            suspects = self.look_at_entries(again).await;
        }
        for (key, (from, _), problem) in suspects {
            let affected = Affected::snapshot(from);
            match problem {
                Ok(problem) => {
                    let finding = Finding::new(key.as_str(), Part::Entry, problem);
                    self.report(finding.affecting(affected));
                }
                Err(error) => self.miss(&key, Part::Entry, &error, affected),
            }
        }
    }

    /// Those of these entries that are not as they should be.
    async fn look_at_entries(
        &self,
        entries: Vec<(Key, (Version, [ManifestDigest; 2]))>,
    ) -> Vec<(Key, (Version, [ManifestDigest; 2]), Result<Problem, Error>)> {
        let looks = stream::iter(entries).map(async |(key, from)| {
            let problem = self.look_at_entry(&key, from).await.transpose();
            problem.map(|problem| (key, from, problem))
        });
        let found: Vec<_> = looks.buffered(LOOKS_IN_FLIGHT).collect().await;
        found.into_iter().flatten().collect()
    }

    async fn look_at_entry(
        &self,
        key: &Key,
        (from, digests): (Version, [ManifestDigest; 2]),
    ) -> Result<Option<Problem>, Error> {
        let judge = |bytes: &[u8]| {
            if digests.contains(&digest_of(bytes)) {
                Ok(())
            } else {
                Err(Problem::Differs { from })
            }
        };
        let problem = match inspect(&self.history.objects, key, judge).await? {
            Proof::Sound(()) => return Ok(None),
            Proof::Absent => Problem::Missing,
            Proof::Damaged(problem, _) => problem,
        };
        // A collector overwrites the entries of a snapshot that it drops.
        let link = self.link(from).filter(|link| link.state == LinkState::Live);
        match link {
            Some(link) if self.is_live_still(link).await? => Ok(Some(problem)),
            _ => Ok(None),
        }
    }

    /// What nothing refers to, and what no layout knows. What operating systems leave anywhere is
    /// not worth a word.
    pub(super) fn notice_the_rest(&mut self) {
        let referred: HashSet<_> = self.ledger.claims().map(|(key, _)| key.to_string()).collect();
        let listed = std::mem::take(&mut self.listing.objects);
        for (key, Listed { size: bytes, modified }) in listed {
            if referred.contains(&key) {
                continue;
            }
            let (part, problem) = match self.history.slots.place(&key) {
                // A lost page may have referred to it.
                Place::Data if !self.lost_pages.is_empty() => continue,
                Place::Data => {
                    self.report.orphans.add(bytes);
                    (Part::Data, Problem::Orphan { bytes, modified })
                }
                Place::Entry(_) if !self.is_entry(&key) => (Part::Entry, Problem::DeadEntry),
                Place::Kept => (Part::Unknown, Problem::KeptByRepair),
                Place::Unknown => (Part::Unknown, Problem::Unknown { bytes }),
                _ => continue,
            };
            self.report(Finding::new(key, part, problem));
        }
    }

    fn is_entry(&self, key: &str) -> bool {
        Key::new(key).is_ok_and(|key| self.entries.contains_key(&key))
    }
}
