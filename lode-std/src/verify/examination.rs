//! Examining a history: its slots, and what has to agree with them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use lode_core::Version;
use lode_core::collect::Tag;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::{Place, Reference};
use lode_core::manifest::pages::PageName;
use lode_core::manifest::{ManifestDigest, ManifestError, Mismatch, SlotManifest};
use lode_core::time::Timestamp;
use lode_core::verify::{
    Affected, Claim, Finding, Ledger, Link, LinkState, Part, Problem, Severity, User, check_chain,
    check_hint,
};

use super::{Options, Report};
use crate::Error;
use crate::history::{Found, History, Live, LostPage, Slots};
use crate::store::modified;

/// How many manifests are read at the same time; they are looked at in order.
const READS_IN_FLIGHT: usize = 16;

/// What is said of a page that cannot be read: nothing.
const LOST: Claim = Claim { size: 0, digest: None, algorithm: 0 };

/// A history that is being examined.
pub(crate) struct Examination<'a, S: Slots> {
    pub(super) history: History<S>,
    pub(super) options: &'a Options<'a>,
    found: &'a mut (dyn FnMut(&Finding) + Send),
    /// All that lies below the history's prefix.
    pub(super) listed: BTreeMap<String, Listed>,
    pub(super) ledger: Ledger,
    /// The names of the checksum algorithms that were met; a claim has a place in it.
    pub(super) algorithms: Vec<Option<String>>,
    /// The index entries that there must be, and of which slot each is a copy.
    pub(super) entries: BTreeMap<Key, (Version, ManifestDigest)>,
    links: Vec<Link>,
    /// What the slots say of the length of the volume.
    lengths: Vec<(Version, u64)>,
    newest: Option<Arc<Live<S::Manifest>>>,
    /// Pages whose references have been entered.
    seen: HashSet<PageName>,
    /// What is the matter with pages that cannot be read: what they refer to is not known.
    pub(super) lost_pages: BTreeMap<Key, Problem>,
    /// Who needs them.
    needs_lost: Ledger,
    pub(super) report: Report,
    damage: Vec<Finding>,
}

/// An object that was listed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    pub(super) size: u64,
    pub(super) modified: Option<Timestamp>,
}

/// What an examination has found.
pub(crate) struct Examined<S: Slots> {
    pub(crate) report: Report,
    pub(crate) history: History<S>,
    /// All slots, in order.
    pub(crate) links: Vec<Link>,
    /// The newest manifest that can be read.
    pub(crate) newest: Option<Arc<Live<S::Manifest>>>,
    /// What is damaged.
    pub(crate) damage: Vec<Finding>,
}

impl<'a, S: Slots> Examination<'a, S> {
    pub(crate) fn new(
        history: History<S>,
        options: &'a Options<'a>,
        found: &'a mut (dyn FnMut(&Finding) + Send),
    ) -> Self {
        Self {
            history,
            options,
            found,
            listed: BTreeMap::new(),
            ledger: Ledger::new(),
            algorithms: Vec::new(),
            entries: BTreeMap::new(),
            links: Vec::new(),
            lengths: Vec::new(),
            newest: None,
            seen: HashSet::new(),
            lost_pages: BTreeMap::new(),
            needs_lost: Ledger::new(),
            report: Report::default(),
            damage: Vec::new(),
        }
    }

    pub(crate) async fn run(mut self) -> Result<Examined<S>, Error> {
        self.list().await?;
        self.examine_slots().await?;
        if self.options.snapshot.is_none() {
            self.examine_chain();
            self.examine_tags().await?;
            self.examine_descriptor().await?;
            self.examine_entries().await?;
        }
        self.report_lost_pages();
        self.examine_objects().await?;
        if self.options.snapshot.is_none() {
            self.notice_the_rest();
            self.examine_hint().await?;
        }
        let Self { report, history, links, newest, damage, .. } = self;
        Ok(Examined { report, history, links, newest, damage })
    }

    /// Shows a finding, and counts it.
    pub(super) fn report(&mut self, finding: Finding) {
        (self.found)(&finding);
        match finding.severity() {
            Severity::Notice => self.report.notices += 1,
            Severity::Damage => {
                self.report.damage += 1;
                self.damage.push(finding);
            }
        }
    }

    async fn list(&mut self) -> Result<(), Error> {
        let prefix = Key::new(self.history.slots.prefix());
        let prefix = prefix.map_err(|source| Error::InvalidKey { source })?;
        let mut list = self.history.objects.list(&prefix, None)?;
        while let Some(meta) = list.try_next().await? {
            let listed = Listed { size: meta.size, modified: modified(&meta) };
            self.listed.insert(meta.location.to_string(), listed);
        }
        match self.listed.is_empty() {
            true => Err(self.history.slots.not_found()),
            false => Ok(()),
        }
    }

    async fn examine_slots(&mut self) -> Result<(), Error> {
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
    async fn enter(&mut self, user: User<'_>, manifest: &S::Manifest) -> Result<(), Error> {
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

    fn report_lost_pages(&mut self) {
        for (key, problem) in self.lost_pages.clone() {
            let affected = self.needs_lost.affected(&key, &LOST);
            self.report(Finding::new(key.as_str(), Part::Page, problem).affecting(affected));
        }
    }

    fn examine_chain(&mut self) {
        let problems = check_chain(&self.links, self.history.slots.trusts_hint());
        for (version, problem) in problems {
            let key = self.history.slots.slot(version);
            let finding = Finding::new(key.as_str(), Part::Slot, problem);
            self.report(finding.affecting(Affected::snapshot(version)));
        }
        let Some(length) = self.newest.as_ref().and_then(|live| live.manifest.total_length())
        else {
            return;
        };
        for (version, found) in std::mem::take(&mut self.lengths) {
            if let Err(source) = Mismatch::check("total_length", &length, &found) {
                let key = self.history.slots.slot(version);
                let finding = Finding::new(key.as_str(), Part::Slot, Problem::Mismatch(source));
                self.report(finding.affecting(Affected::snapshot(version)));
            }
        }
    }

    async fn examine_tags(&mut self) -> Result<(), Error> {
        // Whatever lies there, for a collector reads all of it, and stops where it cannot.
        let folder = self.history.slots.tags();
        let keys = self.listed.keys().filter_map(|key| Key::new(key.as_str()).ok());
        let tags: Vec<_> = keys.filter(|key| key.is_below(folder.as_str())).collect();
        for key in tags {
            // One that is gone has been deleted meanwhile.
            let Some(bytes) = self.history.objects.read(&key).await? else { continue };
            self.report.tags += 1;
            let name = self.history.slots.parse_tag(key.as_str());
            if let Err(problem) = self.examine_tag(name.as_ref(), &key, &bytes).await? {
                let finding = Finding::new(key.as_str(), Part::Tag, problem);
                self.report(finding.affecting(name.map(Affected::tag).unwrap_or_default()));
            }
        }
        Ok(())
    }

    async fn examine_tag(
        &mut self,
        name: Option<&Id>,
        key: &Key,
        bytes: &[u8],
    ) -> Result<Result<(), Problem>, Error> {
        let parsed = Tag::decode(bytes).map_err(Problem::Invalid);
        let parsed =
            parsed.and_then(|tag| self.history.parse(key, tag.manifest, None).map_err(explain));
        let found = match parsed {
            Ok(found) => found,
            Err(problem) => return Ok(Err(problem)),
        };
        if let (Found::Live(live), Some(name)) = (&found, name) {
            self.enter(User::Tag(name), &live.manifest).await?;
        }
        Ok(self.check_tagged(found))
    }

    /// Whether it is a copy of what its slot holds.
    fn check_tagged(&self, found: Found<S::Manifest>) -> Result<(), Problem> {
        match found {
            Found::Live(live) => {
                let from = live.manifest.version();
                // A repair's tombstone may not know what was there.
                let slot = self.link(from).filter(|link| {
                    link.state == LinkState::Live
                        || (link.state == LinkState::Collected && link.is_ours)
                });
                match slot.is_some_and(|slot| slot.digest != live.digest) {
                    true => Err(Problem::Differs { from }),
                    false => Ok(()),
                }
            }
            Found::Absent | Found::Collected(_) => Err(Problem::Invalid(ManifestError::Field {
                field: "manifest".into(),
                reason: "it is a tombstone, which cannot be tagged".into(),
            })),
        }
    }

    fn link(&self, version: Version) -> Option<&Link> {
        let at = self.links.binary_search_by_key(&version, |link| link.version);
        at.ok().and_then(|at| self.links.get(at))
    }

    /// A history that nobody but the Go implementation has written has no descriptor.
    async fn examine_descriptor(&mut self) -> Result<(), Error> {
        let key = self.history.slots.descriptor();
        let newest = self.newest.as_ref().map(|live| &live.manifest);
        let problem = match self.history.objects.read(&key).await? {
            Some(bytes) => self.history.slots.check_descriptor(&bytes, newest).err(),
            None => {
                let is_ours = self.links.iter().any(|link| link.is_ours);
                let by_go = self.history.slots.trusts_hint() && !is_ours;
                (!by_go).then_some(Problem::Missing)
            }
        };
        if let Some(problem) = problem {
            self.report(Finding::new(key.as_str(), Part::Descriptor, problem));
        }
        Ok(())
    }

    /// Last of all, for a commit writes it after its slot.
    async fn examine_hint(&mut self) -> Result<(), Error> {
        let key = self.history.slots.hint();
        let hint = self.history.objects.read(&key).await?;
        let newest = self.links.last().map(|link| link.version);
        let trusted = self.history.slots.trusts_hint();
        // Of what cannot be read it is not the hint that is wrong.
        let damaged = self.links.last().filter(|link| link.state == LinkState::Damaged);
        let live = self.newest.as_ref().map(|live| live.manifest.version());
        let live = damaged.map(|link| link.version).or(live);
        let mut problem = check_hint(hint.as_deref(), newest, live, trusted);
        if let Some(Problem::HintAhead { hint, .. }) = problem {
            // A commit may have come after the listing.
            let slot = self.history.slots.slot(hint);
            if self.history.objects.metadata(&slot).await?.is_some() {
                problem = None;
            }
        }
        if let Some(problem) = problem {
            self.report(Finding::new(key.as_str(), Part::Hint, problem));
        }
        Ok(())
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

/// Why a manifest is none of this history.
fn explain(error: Error) -> Problem {
    match error {
        Error::ManifestInvalid { source, .. } => Problem::Invalid(source),
        Error::Mismatch { source, .. } => Problem::Mismatch(source),
        error => Problem::Unreadable { reason: error.to_string() },
    }
}
