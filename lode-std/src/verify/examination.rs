//! Examining a history: its slots, and what has to agree with them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use futures::TryStreamExt;
use lode_core::Version;
use lode_core::key::Key;
use lode_core::manifest::pages::PageName;
use lode_core::manifest::{ManifestDigest, Mismatch, SlotManifest};
use lode_core::time::Timestamp;
use lode_core::verify::{
    Affected, Finding, Ledger, Link, LinkState, Part, Problem, Severity, check_chain, check_hint,
};

use super::{Options, Report};
use crate::Error;
use crate::history::{History, Live, Slots};
use crate::store::modified;

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
    pub(super) links: Vec<Link>,
    /// What the slots say of the length of the volume.
    pub(super) lengths: Vec<(Version, u64)>,
    pub(super) newest: Option<Arc<Live<S::Manifest>>>,
    /// Pages whose references have been entered.
    pub(super) seen: HashSet<PageName>,
    /// What is the matter with pages that cannot be read: what they refer to is not known.
    pub(super) lost_pages: BTreeMap<Key, Problem>,
    /// Who needs them.
    pub(super) needs_lost: Ledger,
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

/// Why a manifest is none of this history.
pub(super) fn explain(error: Error) -> Problem {
    match error {
        Error::ManifestInvalid { source, .. } => Problem::Invalid(source),
        Error::Mismatch { source, .. } => Problem::Mismatch(source),
        error => Problem::Unreadable { reason: error.to_string() },
    }
}
