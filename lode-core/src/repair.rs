//! Repairing: what to write so that a damaged history can go on.
//!
//! A [`RepairPlan`] is made from what a [verification](crate::verify) has found, and decides
//! without I/O. Nothing that was committed is deleted: what is replaced is kept beside it, in
//! `damaged/` ([layout](crate::layout)).
//!
//! | found | step |
//! | --- | --- |
//! | a hint that is wrong, or not there | written anew: the newest live snapshot |
//! | a slot that cannot be read | a record that gives it up: the newest snapshot below is the head again; then a tombstone over it |
//! | a slot that is not there, below others | the same, and a tombstone in it, so that no late write can fill it |
//! | a slot with other bytes than its successor was made from | the same, if damage may be dropped |
//! | data or pages that are missing or damaged | the same for the snapshots that need them, if damage may be dropped |
//! | a descriptor that is damaged, wrong or missing | made anew of the newest snapshot |
//! | an index entry that is missing or wrong | written anew from its slot |
//! | a tag that cannot be read | put aside, if damage may be dropped |
//!
//! A snapshot whose manifest is whole is not dropped by itself, whatever is lost of its data: the
//! rest of it can be read, and a block may be restored from a copy. An operator who wants the
//! newest snapshot that is wholly good to be the head says so.
//!
//! While something of the history cannot be read, nothing is repaired: what it is like is not known,
//! and a snapshot must not be given up because its data are out of reach for a moment.
//!
//! Writers may go on meanwhile. What is given up is given up by a record, which is a commit like any
//! other: if a writer is faster, the repair has to be made again, on top of what that has committed.
//! A tombstone is only written over what a record has given up.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::Version;
use crate::manifest::ManifestDigest;
use crate::verify::{Finding, Link, LinkState, Part, Problem, Unreadable};

/// The most slots that are filled because they are missing: where there are more, it is rather
/// the slot behind them that is in the wrong place.
const MOST_FILLED: u64 = 1000;

/// What a repair is going to write, and what it leaves alone.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RepairPlan {
    /// In this order.
    pub steps: Vec<Step>,
    /// What is not repaired, and why.
    pub refused: Vec<Refusal>,
    /// The head, once all of it is done.
    pub head: Option<Version>,
}

/// One thing to write.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// Put this tombstone in a slot that the record has given up; what lies there is kept.
    Bury(Grave),
    /// Make the descriptor anew, of the newest snapshot; what lies there is kept.
    Descriptor,
    /// Write an entry in a partition's index anew: what the manifest of a slot has in the partition.
    Entry {
        /// The entry.
        object: String,
        /// The version of the slot.
        from: Version,
    },
    /// Write the hint.
    Hint {
        /// What it is to name.
        to: Version,
    },
    /// Commit a record that gives up these versions.
    Record {
        /// Its slot: the one after the newest.
        version: Version,
        /// The snapshot that is the head again.
        head: Version,
        /// In order.
        gives_up: Vec<Version>,
    },
    /// Keep a copy of a tag that cannot be read, and delete it.
    PutAside {
        /// The tag.
        object: String,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bury(Grave { version, was: Was::Absent, .. }) => {
                write!(f, "fill the empty slot of version {} with a tombstone", version.get())
            }
            Self::Bury(Grave { version, was: Was::Damaged, .. }) => write!(
                f,
                "put a tombstone over version {}, which cannot be read, and keep its bytes",
                version.get()
            ),
            Self::Bury(Grave { version, was: Was::Live, .. }) => {
                write!(f, "give up version {}, and keep its manifest", version.get())
            }
            Self::Descriptor => f.write_str("make the descriptor anew, of the newest snapshot"),
            Self::Entry { object, from } => {
                write!(f, "write {object} anew from the manifest of version {}", from.get())
            }
            Self::Hint { to } => write!(f, "let the hint name version {}", to.get()),
            Self::PutAside { object } => write!(f, "put {object} aside, and keep its bytes"),
            Self::Record { version, head, gives_up } => write!(
                f,
                "commit a record as version {}, by which version {} is the newest snapshot, and {} \
                 {} given up",
                version.get(),
                head.get(),
                gives_up.len(),
                if gives_up.len() == 1 { "version is" } else { "versions are" },
            ),
        }
    }
}

/// The place of a tombstone in the chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Grave {
    /// The slot.
    pub version: Version,
    /// What was in it.
    pub was: Was,
    /// What it was made from, or the newest live version below.
    pub parent: Option<Version>,
    /// The digest of that.
    pub parent_digest: Option<ManifestDigest>,
    /// The digest by which its successor knows it, or that of the bytes that are there; of a slot
    /// that is not there, and whose successor says nothing, all zero.
    pub digest: ManifestDigest,
}

/// What a repair finds in a slot that gets a tombstone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Was {
    /// Nothing.
    Absent,
    /// A manifest that cannot be read.
    Damaged,
    /// A manifest that can be read; but it is not what was committed, or its data are not.
    Live,
}

/// What is not repaired.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Refusal {
    /// The object.
    pub object: String,
    /// Why not, and what to do.
    pub reason: &'static str,
}

impl RepairPlan {
    /// Decides from the slots of a history, in order, what of it is damaged, and what of it could
    /// not be read. With `drop_damaged` snapshots may be given up that can still be read in part,
    /// and tags that cannot.
    pub fn new(
        links: &[Link],
        damage: &[Finding],
        unreadable: &[Unreadable],
        drop_damaged: bool,
    ) -> Self {
        let matters = |found: &&Unreadable| found.part != Part::Unknown;
        if unreadable.iter().any(|found| matters(&found)) {
            return Self::postponed(damage, unreadable.iter().filter(matters));
        }
        let mut plan = Self::default();
        let buried = plan.choose(links, damage, drop_damaged);
        let is_good = |link: &&Link| is_live(link) && !buried.contains(&link.version);
        plan.head = links.iter().rev().find(is_good).map(|link| link.version);
        if plan.head.is_none() {
            let refuse = |finding: &Finding| Refusal {
                object: finding.object.clone(),
                reason: "no snapshot below it is whole, so that nothing would be left: restore \
                         the object from a copy",
            };
            return Self { refused: damage.iter().map(refuse).collect(), ..Self::default() };
        }
        for link in links.iter().filter(|link| buried.contains(&link.version)) {
            plan.steps.push(Step::Bury(grave(links, link, &buried)));
        }
        for finding in damage {
            plan.add(links, finding, &buried, drop_damaged);
        }
        plan.give_up(links);
        let is_hint = |finding: &Finding| finding.part == Part::Hint;
        let head_moves = links.last().is_some_and(|last| buried.contains(&last.version));
        if let Some(to) = plan.head.filter(|_| head_moves || damage.iter().any(is_hint)) {
            plan.steps.push(Step::Hint { to });
        }
        plan
    }

    /// Before any slot gets a tombstone a record gives its version up.
    fn give_up(&mut self, links: &[Link]) {
        let buried = self.steps.iter().filter_map(|step| match step {
            Step::Bury(grave) => Some(grave.version),
            _ => None,
        });
        let gives_up: BTreeSet<_> = buried.collect();
        let newest = links.iter().map(|link| link.version).max();
        if let (false, Some(version), Some(head)) =
            (gives_up.is_empty(), Version::after(newest), self.head)
        {
            let gives_up = gives_up.into_iter().collect();
            self.steps.insert(0, Step::Record { version, head, gives_up });
        }
    }

    /// Nothing is done as long as these cannot be read.
    fn postponed<'a>(damage: &[Finding], unreadable: impl Iterator<Item = &'a Unreadable>) -> Self {
        let unreadable = unreadable.map(|found| Refusal {
            object: found.object.clone(),
            reason: "it could not be read: repair again when it can be",
        });
        let waiting = damage.iter().map(|finding| Refusal {
            object: finding.object.clone(),
            reason: "nothing is repaired while something else cannot be read",
        });
        Self { refused: unreadable.chain(waiting).collect(), ..Self::default() }
    }

    /// The slots that get tombstones over what lies there; refuses what may not get one.
    fn choose(
        &mut self,
        links: &[Link],
        damage: &[Finding],
        drop_damaged: bool,
    ) -> BTreeSet<Version> {
        let damaged = links.iter().filter(|link| link.state == LinkState::Damaged);
        let mut buried: BTreeSet<_> = damaged.map(|link| link.version).collect();
        for finding in damage {
            let gives_up = match (finding.part, &finding.problem) {
                (Part::Data | Part::Page, _) => !finding.affected.snapshots.is_empty(),
                (Part::Slot, Problem::Replaced { .. }) => true,
                _ => continue,
            };
            match (drop_damaged, gives_up) {
                (true, true) => {
                    let needs = |link: &&Link| is_live(link) && finding.affected.has(link.version);
                    buried.extend(links.iter().filter(needs).map(|link| link.version));
                }
                (false, true) => self.refuse(
                    finding,
                    "restore it from a copy, or give up the snapshots that need it with \
                     --drop-damaged",
                ),
                (_, false) => {
                    self.refuse(finding, "restore it from a copy, or delete the tag that needs it");
                }
            }
        }
        buried
    }

    fn add(
        &mut self,
        links: &[Link],
        finding: &Finding,
        buried: &BTreeSet<Version>,
        drop_damaged: bool,
    ) {
        match (finding.part, &finding.problem) {
            (Part::Data | Part::Page | Part::Hint, _) | (Part::Slot, Problem::Replaced { .. }) => {}
            (Part::Slot, Problem::Hole { first, last }) => {
                if last.get() - first.get() >= MOST_FILLED {
                    let reason = "so many slots are missing that the one behind them is rather in \
                                  the wrong place: look at it";
                    return self.refuse(finding, reason);
                }
                let missing = (first.get()..=last.get()).filter_map(Version::new);
                let graves = missing.map(|version| fill(links, version, buried));
                self.steps.extend(graves.map(Step::Bury));
            }
            // The Go implementation's versions have gaps, so that only the successor knows of it.
            (Part::Slot, Problem::ParentMissing { parent }) => {
                self.steps.push(Step::Bury(fill(links, *parent, buried)));
            }
            (Part::Slot, Problem::Invalid(_) | Problem::Mismatch(_))
                if finding.affected.snapshots.iter().all(|span| buried.contains(&span.first)) => {}
            (Part::Descriptor, _) => self.steps.push(Step::Descriptor),
            (Part::Entry, _) => {
                let from = finding.affected.snapshots.first().map(|span| span.first);
                if let Some(from) = from.filter(|from| !buried.contains(from)) {
                    self.steps.push(Step::Entry { object: finding.object.clone(), from });
                }
            }
            (Part::Tag, _) if drop_damaged => {
                self.steps.push(Step::PutAside { object: finding.object.clone() });
            }
            (Part::Tag, _) => self.refuse(
                finding,
                "restore it from a copy, or give it up with --drop-damaged: until then nothing \
                 can be collected",
            ),
            _ => self.refuse(finding, "it cannot be told which of the two is right: look at both"),
        }
    }

    fn refuse(&mut self, finding: &Finding, reason: &'static str) {
        self.refused.push(Refusal { object: finding.object.clone(), reason });
    }
}

fn is_live(link: &Link) -> bool {
    link.state == LinkState::Live
}

/// The tombstone over what lies in a slot.
fn grave(links: &[Link], link: &Link, buried: &BTreeSet<Version>) -> Grave {
    let (was, parent, parent_digest) = match link.state {
        // What can be read keeps its own place in the chain.
        LinkState::Live | LinkState::Collected | LinkState::Record => {
            (Was::Live, link.parent, link.parent_digest)
        }
        LinkState::Damaged | LinkState::Unreadable => {
            let below = newest_below(links, link.version, buried);
            (Was::Damaged, below.map(|below| below.version), below.map(|below| below.digest))
        }
    };
    let digest = known_as(links, link.version).unwrap_or(link.digest);
    Grave { version: link.version, was, parent, parent_digest, digest }
}

/// The tombstone in a slot that is not there.
fn fill(links: &[Link], version: Version, buried: &BTreeSet<Version>) -> Grave {
    let below = newest_below(links, version, buried);
    Grave {
        version,
        was: Was::Absent,
        parent: below.map(|below| below.version),
        parent_digest: below.map(|below| below.digest),
        digest: known_as(links, version).unwrap_or(ManifestDigest::Blake3([0; 32])),
    }
}

/// The newest snapshot below a version that stays live.
fn newest_below<'a>(
    links: &'a [Link],
    version: Version,
    buried: &BTreeSet<Version>,
) -> Option<&'a Link> {
    let stays = |link: &&Link| link.version < version && is_live(link);
    links.iter().rev().find(|link| stays(link) && !buried.contains(&link.version))
}

/// The digest by which the successor of a version knows it.
fn known_as(links: &[Link], version: Version) -> Option<ManifestDigest> {
    links.iter().find(|link| link.parent == Some(version))?.parent_digest
}
