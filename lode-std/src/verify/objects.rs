//! What snapshots and tags refer to, and what lies beside it.

use std::collections::HashSet;

use futures::{StreamExt, TryStreamExt, stream};
use lode_core::key::Key;
use lode_core::layout::Place;
use lode_core::manifest::ManifestDigest;
use lode_core::verify::{Affected, Claim, Finding, Part, Problem};

use super::data::{Wanted, read_all};
use super::examination::{Examination, Listed};
use crate::Error;
use crate::history::{Found, Slots};

/// How many objects are looked at again at the same time.
const LOOKS_IN_FLIGHT: usize = 16;

impl<S: Slots> Examination<'_, S> {
    /// Whether each object that is referred to is there, with its size and, if data are to be
    /// read, its bytes.
    pub(super) async fn examine_objects(&mut self) -> Result<(), Error> {
        let mut claims: Vec<_> =
            self.ledger.claims().map(|(key, claim)| (key.clone(), *claim)).collect();
        claims.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let (mut missing, mut present) = (Vec::new(), Vec::new());
        for (key, claim) in claims {
            self.report.objects.add(claim.size);
            match self.listed.get(key.as_str()).map(|listed| listed.size) {
                None => missing.push((key, claim)),
                Some(size) => present.push((key, claim, size)),
            }
        }
        for (key, claim, size) in self.look_again(missing).await? {
            match size {
                Some(size) => present.push((key, claim, size)),
                None => self.report_data(&key, &claim, Problem::Missing),
            }
        }
        let mut whole = Vec::new();
        for (key, claim, found) in present {
            match claim.size == found {
                true => whole.push((key, claim)),
                false => {
                    let problem = Problem::WrongSize { expected: claim.size, found };
                    self.report_data(&key, &claim, problem);
                }
            }
        }
        match self.options.data {
            true => self.read(whole).await,
            false => Ok(()),
        }
    }

    /// Looks again at what was not listed: it may have been committed since, or collected. Leaves
    /// out what nothing refers to any more.
    async fn look_again(
        &self,
        missing: Vec<(Key, Claim)>,
    ) -> Result<Vec<(Key, Claim, Option<u64>)>, Error> {
        let looks = stream::iter(missing).map(async |(key, claim): (Key, Claim)| {
            let size = self.history.objects.metadata(&key).await?.map(|meta| meta.size);
            let is_needed = size.is_some() || self.is_needed(&key, &claim).await?;
            Ok::<_, Error>(is_needed.then_some((key, claim, size)))
        });
        let looked = looks.buffer_unordered(LOOKS_IN_FLIGHT);
        looked.try_filter_map(async |found| Ok(found)).try_collect().await
    }

    /// Whether a tag, or a snapshot that has not been collected meanwhile, refers to an object.
    async fn is_needed(&self, key: &Key, claim: &Claim) -> Result<bool, Error> {
        let affected = self.ledger.affected(key, claim);
        let Some(span) = affected.snapshots.last().filter(|_| affected.tags.is_empty()) else {
            return Ok(true);
        };
        match self.history.load(span.last).await {
            Ok(Found::Collected(_)) => Ok(false),
            Ok(_) | Err(Error::ManifestInvalid { .. } | Error::Mismatch { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    async fn read(&mut self, whole: Vec<(Key, Claim)>) -> Result<(), Error> {
        let mut unknown = HashSet::new();
        let mut wanted = Vec::new();
        for (key, claim) in whole {
            let name = self.algorithms.get(claim.algorithm).cloned().flatten();
            let algorithm = name.as_ref().and_then(|name| self.options.checksums.find(name));
            if let (Some(name), None) = (name, algorithm)
                && unknown.insert(name.clone())
            {
                let problem = Problem::Unverified { algorithm: name };
                self.report_data(&key, &claim, problem);
            }
            wanted.push(Wanted { key, claim, algorithm });
        }
        let objects = self.history.objects.clone();
        let options = self.options;
        read_all(&objects, options, wanted, |wanted, problem| {
            self.report.verified.add(wanted.claim.size);
            if let Some(problem) = problem {
                self.report_data(&wanted.key, &wanted.claim, problem);
            }
        })
        .await;
        Ok(())
    }

    fn report_data(&mut self, key: &Key, claim: &Claim, problem: Problem) {
        let affected = self.ledger.affected(key, claim);
        self.report(Finding::new(key.as_str(), Part::Data, problem).affecting(affected));
    }

    /// Whether each partition's index has an entry for each snapshot with files in it, which is a
    /// copy of its manifest: readers learn of it from there.
    pub(super) async fn examine_entries(&mut self) -> Result<(), Error> {
        let entries: Vec<_> = self.entries.iter().map(|(key, from)| (key.clone(), *from)).collect();
        for (key, (from, digest)) in entries {
            let problem = match self.history.objects.read(&key).await? {
                None => Problem::Missing,
                Some(bytes) => {
                    let found = ManifestDigest::Blake3(*blake3::hash(&bytes).as_bytes());
                    if found == digest {
                        continue;
                    }
                    Problem::Differs { from }
                }
            };
            let finding = Finding::new(key.as_str(), Part::Entry, problem);
            self.report(finding.affecting(Affected::snapshot(from)));
        }
        Ok(())
    }

    /// What nothing refers to, and what no layout knows.
    pub(super) fn notice_the_rest(&mut self) {
        let referred: HashSet<_> = self.ledger.claims().map(|(key, _)| key.to_string()).collect();
        let listed = std::mem::take(&mut self.listed);
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
