//! Examining the slots of a history, and what their manifests refer to.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use lode_core::Version;
use lode_core::layout::{Place, Reference};
use lode_core::manifest::{ManifestDigest, SlotManifest};
use lode_core::verify::{Affected, Claim, Finding, Link, LinkState, Part, Problem, User};

use super::examination::{Examination, explain};
use crate::Error;
use crate::history::{Found, LostPage, Slots};

/// How many manifests are read at the same time; they are looked at in order.
const READS_IN_FLIGHT: usize = 16;

/// What is said of a page that cannot be read: nothing.
const LOST: Claim = Claim { size: 0, digest: None, algorithm: 0 };

impl<S: Slots> Examination<'_, S> {
    pub(super) async fn examine_slots(&mut self) -> Result<(), Error> {
        let place = |key: &String| match self.history.slots.place(key) {
            Place::Slot(version) => Some(version),
            _ => None,
        };
        let mut versions: Vec<_> = self.listed.keys().filter_map(place).collect();
        versions.sort_unstable();
        if let Some(wanted) = self.options.snapshot {
            versions.retain(|version| *version == wanted);
            if versions.is_empty() {
                let id = self.history.id().clone();
                return Err(Error::SnapshotNotFound { id, version: wanted });
            }
        }
        // In portions, so that the history is free to be looked at in between.
        for portion in versions.chunks(READS_IN_FLIGHT) {
            let reads = stream::iter(portion.iter().copied()).map(async |version| {
                let bytes = self.history.objects.read(&self.history.slots.slot(version)).await?;
                Ok::<_, Error>((version, bytes))
            });
            let read: Vec<_> = reads.buffered(READS_IN_FLIGHT).try_collect().await?;
            for (version, bytes) in read {
                self.examine_slot(version, bytes).await?;
            }
        }
        if !self.seen.is_empty() {
            self.ledger.share();
        }
        Ok(())
    }

    async fn examine_slot(&mut self, version: Version, bytes: Option<Bytes>) -> Result<(), Error> {
        let key = self.history.slots.slot(version);
        // Nobody frees a slot; that it was listed a moment ago changes nothing.
        let Some(bytes) = bytes else { return Ok(()) };
        let digest = ManifestDigest::Blake3(*blake3::hash(&bytes).as_bytes());
        let (state, place) = match self.history.parse(&key, &bytes, Some(version)) {
            Ok(Found::Live(live)) => {
                self.report.snapshots += 1;
                self.enter(User::Snapshot(version), &live.manifest).await?;
                let entries = self.history.slots.entries(&live.manifest, version);
                self.entries.extend(entries.into_iter().map(|key| (key, (version, digest))));
                let place = Position::of(&live.manifest, digest);
                self.newest = Some(live);
                (LinkState::Live, place)
            }
            Ok(Found::Collected(tombstone)) => {
                self.report.collected += 1;
                (LinkState::Collected, Position::of(&tombstone, tombstone.digest))
            }
            Ok(Found::Absent) => return Ok(()),
            Err(error) => {
                let finding = Finding::new(key.as_str(), Part::Slot, explain(error));
                self.report(finding.affecting(Affected::snapshot(version)));
                (LinkState::Damaged, Position::unknown(digest))
            }
        };
        let Position { parent, parent_digest, digest, is_ours, total_length } = place;
        self.lengths.extend(total_length.map(|length| (version, length)));
        self.links.push(Link { version, state, parent, parent_digest, digest, is_ours });
        Ok(())
    }

    /// Enters what a manifest refers to. Of the pages of a large volume each is read once, however
    /// many snapshots share it.
    pub(super) async fn enter(
        &mut self,
        user: User<'_>,
        manifest: &S::Manifest,
    ) -> Result<(), Error> {
        let name = self.history.slots.checksum(manifest).map(str::to_string);
        let at = self.algorithms.iter().position(|known| *known == name);
        let algorithm = at.unwrap_or(self.algorithms.len());
        if at.is_none() {
            self.algorithms.push(name);
        }
        let Self { history, seen, ledger, lost_pages, needs_lost, .. } = self;
        let mut see = |found: Result<Reference, LostPage>| {
            match found {
                Ok(found) => ledger.enter(user, found, algorithm),
                Err(LostPage { key, range, error }) => {
                    let reference =
                        Reference { key: key.clone(), size: 0, digest: None, range: Some(range) };
                    needs_lost.enter(user, reference, LOST.algorithm);
                    lost_pages.insert(key, page_problem(error)?);
                }
            }
            Ok(())
        };
        history.slots.references(&history.objects, manifest, seen, &mut see).await
    }

    pub(super) fn report_lost_pages(&mut self) {
        for (key, problem) in self.lost_pages.clone() {
            let affected = self.needs_lost.affected(&key, &LOST);
            self.report(Finding::new(key.as_str(), Part::Page, problem).affecting(affected));
        }
    }
}

/// What a slot says of its place in the history.
struct Position {
    parent: Option<Version>,
    parent_digest: Option<ManifestDigest>,
    digest: ManifestDigest,
    is_ours: bool,
    total_length: Option<u64>,
}

impl Position {
    fn of(manifest: &impl SlotManifest, digest: ManifestDigest) -> Self {
        Self {
            parent: manifest.parent(),
            parent_digest: manifest.parent_digest(),
            digest,
            is_ours: manifest.commit_id().is_some(),
            total_length: manifest.total_length(),
        }
    }

    fn unknown(digest: ManifestDigest) -> Self {
        Self { parent: None, parent_digest: None, digest, is_ours: false, total_length: None }
    }
}

/// What is the matter with a page, unless it is the store that fails.
fn page_problem(error: Error) -> Result<Problem, Error> {
    match error {
        Error::Missing { .. } => Ok(Problem::Missing),
        Error::ManifestInvalid { source, .. } => Ok(Problem::Invalid(source)),
        error => Err(error),
    }
}
