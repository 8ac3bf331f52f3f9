//! Examining a history: its slots, and what has to agree with them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use lode_core::Version;
use lode_core::key::Key;
use lode_core::layout::{Place, Reference};
use lode_core::manifest::pages::PageName;
use lode_core::manifest::{ManifestDigest, VersionSet};
use lode_core::verify::{
    Affected, Finding, Ledger, Link, LinkState, Part, Problem, Severity, Unreadable,
};

use super::evidence::{Proof, inspect};
use super::listing::Listing;
use super::slots::Lost;
use super::{Options, Report};
use crate::Error;
use crate::history::{Found, History, Live, LostPage, Slots};

/// Of how many unreadable objects a repair is told; the others are only counted.
const MOST_KEPT: usize = 1000;

/// A history that is being examined.
pub(crate) struct Examination<'a, S: Slots> {
    pub(super) history: History<S>,
    pub(super) options: &'a Options<'a>,
    found: &'a mut (dyn FnMut(&Finding) + Send),
    /// All that was listed below the history's prefix.
    pub(super) listing: Listing,
    pub(super) ledger: Ledger,
    /// The names of the checksum algorithms that were met; a claim has a place in it.
    pub(super) algorithms: Vec<Option<String>>,
    /// The index entries that there must be, of which slot each is, and the digests that it may
    /// have: its own, or that of a copy of the slot.
    pub(super) entries: BTreeMap<Key, (Version, [ManifestDigest; 2])>,
    pub(super) links: Vec<Link>,
    /// What collections had dropped when the examination began, though its slots may not say so yet.
    pub(super) dropped: VersionSet,
    /// What the slots say of the length of the volume.
    pub(super) lengths: Vec<(Version, u64)>,
    pub(super) newest: Option<Arc<Live<S::Manifest>>>,
    /// Pages whose references have been entered.
    pub(super) seen: HashSet<PageName>,
    /// Whether snapshots share pages.
    pub(super) is_shared: bool,
    /// Pages that cannot be read: what they refer to is not known.
    pub(super) lost_pages: BTreeMap<Key, Lost>,
    /// Who needs them.
    pub(super) needs_lost: Ledger,
    pub(super) report: Report,
    damage: Vec<Finding>,
    unreadable: Vec<Unreadable>,
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
    /// What could not be read; where it is much, some of it.
    pub(crate) unreadable: Vec<Unreadable>,
}

impl<'a, S: Slots> Examination<'a, S> {
    pub(super) fn new(
        history: History<S>,
        listing: Listing,
        options: &'a Options<'a>,
        found: &'a mut (dyn FnMut(&Finding) + Send),
    ) -> Self {
        Self {
            history,
            options,
            found,
            listing,
            ledger: Ledger::new(),
            algorithms: Vec::new(),
            entries: BTreeMap::new(),
            links: Vec::new(),
            dropped: VersionSet::default(),
            lengths: Vec::new(),
            newest: None,
            seen: HashSet::new(),
            is_shared: false,
            lost_pages: BTreeMap::new(),
            needs_lost: Ledger::new(),
            report: Report::default(),
            damage: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    pub(crate) async fn run(mut self) -> Result<Examined<S>, Error> {
        self.examine_slots().await?;
        self.check_exists().await?;
        self.report_failures();
        if self.options.snapshot.is_none() {
            self.examine_chain().await;
            self.examine_tags().await?;
            self.examine_descriptor().await;
            self.examine_entries().await;
        }
        self.report_lost_pages().await;
        self.examine_objects().await;
        if self.options.snapshot.is_none() {
            self.notice_the_rest();
            self.examine_hint().await;
        }
        let Self { report, history, links, newest, damage, unreadable, .. } = self;
        Ok(Examined { report, history, links, newest, damage, unreadable })
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

    /// Shows that an object could not be read, and counts it.
    pub(super) fn miss(&mut self, key: &Key, part: Part, error: &Error, affected: Affected) {
        self.note(Unreadable::new(key.as_str(), part, error.to_string()).affecting(affected));
    }

    pub(super) fn note(&mut self, unreadable: Unreadable) {
        (self.options.unreadable)(&unreadable);
        self.report.unreadable += 1;
        if self.unreadable.len() < MOST_KEPT {
            self.unreadable.push(unreadable);
        }
    }

    /// Whether there is a history at all: a folder of somebody else's has none.
    pub(super) async fn check_exists(&self) -> Result<(), Error> {
        let slots = &self.history.slots;
        let is_ours = |key: &String| !matches!(slots.place(key), Place::Foreign | Place::Unknown);
        if !self.links.is_empty() || self.listing.objects.keys().any(is_ours) {
            return Ok(());
        }
        for key in [slots.descriptor(), slots.hint()] {
            if self.history.objects.read(&key).await?.is_some() {
                return Ok(());
            }
        }
        Err(slots.not_found())
    }

    /// What of the folder could not be listed.
    fn report_failures(&mut self) {
        let folder = self.history.slots.prefix().to_string();
        for error in std::mem::take(&mut self.listing.failures) {
            self.note(Unreadable::new(folder.clone(), Part::Unknown, error.to_string()));
        }
    }

    /// A history that nobody but the Go implementation has written has no descriptor.
    async fn examine_descriptor(&mut self) {
        let key = self.history.slots.descriptor();
        let newest = self.newest.as_ref().map(|live| &live.manifest);
        let slots = &self.history.slots;
        let judge = |bytes: &[u8]| slots.check_descriptor(bytes, newest);
        let problem = match inspect(&self.history.objects, &key, judge).await {
            Ok(Proof::Sound(())) => None,
            Ok(Proof::Damaged(problem, _)) => Some(problem),
            Ok(Proof::Absent) => {
                // Records are written beside the Go implementation too.
                let is_known = |link: &Link| match link.state {
                    LinkState::Unreadable => true,
                    LinkState::Record => false,
                    _ => link.is_ours,
                };
                let by_go = slots.trusts_hint() && !self.links.iter().any(is_known);
                (!by_go).then_some(Problem::Missing)
            }
            Err(error) => return self.miss(&key, Part::Descriptor, &error, Affected::default()),
        };
        if let Some(problem) = problem {
            self.report(Finding::new(key.as_str(), Part::Descriptor, problem));
        }
    }

    /// What of this is needed still, where snapshots share pages; all of it where they do not.
    pub(super) async fn needed_of(&self, suspects: HashSet<Key>) -> Result<HashSet<Key>, Error> {
        match self.is_shared && !suspects.is_empty() {
            true => self.referred_now(&suspects).await,
            false => Ok(suspects),
        }
    }

    /// Whether a tag that is still there, or a snapshot that has not been dropped meanwhile, is
    /// affected: what only others need may be damaged, or gone, and harms nobody.
    pub(super) async fn is_needed(&self, affected: &Affected) -> Result<bool, Error> {
        for name in &affected.tags {
            let tag = self.history.slots.tag(name);
            if self.history.objects.metadata(&tag).await?.is_some() {
                return Ok(true);
            }
        }
        let needs = |link: &&Link| link.state == LinkState::Live && affected.has(link.version);
        let dropped = self.dropped_now().await?;
        for link in self.links.iter().rev().filter(needs) {
            if !dropped.contains(link.version) && self.is_unchanged(link).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Those of these objects that a snapshot which has not been dropped, or a tag, refers to now.
    /// Of what is shared between snapshots that cannot be told from what was entered: it was for the
    /// first one that has it. Costs as much as examining the slots and tags again.
    pub(super) async fn referred_now(
        &self,
        suspects: &HashSet<Key>,
    ) -> Result<HashSet<Key>, Error> {
        let (mut seen, mut referred) = (HashSet::new(), HashSet::new());
        let mut see = |found: Result<Reference, LostPage>| {
            let key = found.map_or_else(|lost| lost.key, |found| found.key);
            if suspects.contains(&key) {
                referred.insert(key);
            }
            Ok(())
        };
        let History { objects, slots, .. } = &self.history;
        let dropped = self.dropped_now().await?;
        let is_needed =
            |link: &&Link| link.state == LinkState::Live && !dropped.contains(link.version);
        for link in self.links.iter().filter(is_needed) {
            if let Found::Live(live) = self.history.load(link.version).await? {
                slots.references(objects, &live.manifest, &mut seen, &mut see).await?;
            }
        }
        for key in self.history.tag_keys().await? {
            if let Proof::Sound(tagged) = self.look_at_tag(&key).await? {
                slots.references(objects, &tagged.live.manifest, &mut seen, &mut see).await?;
            }
        }
        Ok(referred)
    }

    /// Whether a snapshot that was live when it was examined has not been dropped since. Costs
    /// finding the head, and two reads.
    pub(super) async fn is_live_still(&self, link: &Link) -> Result<bool, Error> {
        Ok(!self.dropped_now().await?.contains(link.version) && self.is_unchanged(link).await?)
    }

    /// What collections have dropped by now.
    async fn dropped_now(&self) -> Result<VersionSet, Error> {
        let versions = self.history.versions().await?;
        Ok(self.history.newest_state(&versions).await?.0.dropped)
    }

    /// Whether a slot has no tombstone yet. Its manifest is read a second time for that, and must be
    /// the same.
    async fn is_unchanged(&self, link: &Link) -> Result<bool, Error> {
        match self.history.load(link.version).await {
            Ok(Found::Collected(_)) => Ok(false),
            Ok(Found::Live(live)) if live.digest == link.digest => Ok(true),
            Ok(_) | Err(Error::ManifestInvalid { .. } | Error::Mismatch { .. }) => {
                Err(Error::unsettled(&self.history.slots.slot(link.version)))
            }
            Err(error) => Err(error),
        }
    }

    /// Its place in the chain: what has been dropped is as good as collected.
    pub(super) fn link_of(&self, found: &Found<S::Manifest>) -> Option<Link> {
        let mut link = found.link()?;
        if link.state == LinkState::Live && self.dropped.contains(link.version) {
            link.state = LinkState::Collected;
        }
        Some(link)
    }

    pub(super) fn link(&self, version: Version) -> Option<&Link> {
        let at = self.links.binary_search_by_key(&version, |link| link.version);
        at.ok().and_then(|at| self.links.get(at))
    }
}

/// Why a manifest is not one of this history.
pub(super) fn explain(error: Error) -> Problem {
    match error {
        Error::ManifestInvalid { source, .. } => Problem::Invalid(source),
        Error::Mismatch { source, .. } => Problem::Mismatch(source),
        error => Problem::Invalid(lode_core::manifest::ManifestError::Field {
            field: "manifest".into(),
            reason: error.to_string(),
        }),
    }
}
