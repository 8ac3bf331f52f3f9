//! Who refers to what.

use alloc::vec::Vec;

use hashbrown::HashMap;

use super::{Affected, Span};
use crate::Version;
use crate::checksum::Digest;
use crate::id::Id;
use crate::key::Key;
use crate::layout::Reference;
use crate::range::ByteRange;

/// All objects that the manifests and tags of a history refer to, each of them once.
///
/// It holds some 200 bytes for each object, and 16 for each run of snapshots that refer to it.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    claims: HashMap<(Key, Claim), Uses>,
    /// The live snapshot that was entered last: the next one follows it.
    last: Option<Version>,
    /// The one that is being entered.
    current: Option<Version>,
    /// Whether what is shared was entered once only; see [`share`](Self::share).
    shared: bool,
}

/// What somebody says about an object. Two that say different things cannot both be right.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "what manifests say")]
pub struct Claim {
    /// How many bytes it has.
    pub size: u64,
    /// The digest of its bytes.
    pub digest: Option<Digest>,
    /// Where the algorithm of the digest is among those that were met.
    pub algorithm: usize,
}

/// Who depends on an object.
#[derive(Clone, Debug, Default)]
struct Uses {
    spans: Vec<Span>,
    tags: Vec<Id>,
    range: Option<ByteRange>,
}

/// Who refers to something.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_enums, reason = "nothing else refers to anything")]
pub enum User<'a> {
    /// A live snapshot. They are entered in the order of their versions.
    Snapshot(Version),
    /// A tag.
    Tag(&'a Id),
}

impl Ledger {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters that `user` refers to an object. `algorithm` is a number of the caller's.
    pub fn enter(&mut self, user: User<'_>, reference: Reference, algorithm: usize) {
        let Reference { key, size, digest, range } = reference;
        if let User::Snapshot(version) = user
            && self.current != Some(version)
        {
            self.last = self.current.replace(version);
        }
        let claim = Claim { size, digest, algorithm };
        let uses = self.claims.entry((key, claim)).or_default();
        uses.range = range;
        match user {
            User::Tag(name) => uses.tags.push(name.clone()),
            User::Snapshot(version) => match uses.spans.last_mut() {
                Some(span) if span.last == version => {}
                Some(span) if Some(span.last) == self.last => span.last = version,
                _ => uses.spans.push(Span { first: version, last: version }),
            },
        }
    }

    /// What volumes have in pages was entered for the first snapshot that has it, and not for the
    /// later ones: a snapshot has all that those before it have.
    pub fn share(&mut self) {
        self.shared = true;
    }

    /// All objects, in no order, and what is said about them.
    pub fn claims(&self) -> impl Iterator<Item = (&Key, &Claim)> {
        self.claims.keys().map(|(key, claim)| (key, claim))
    }

    /// Who depends on an object, of which this is said.
    pub fn affected(&self, key: &Key, claim: &Claim) -> Affected {
        let mut uses = self.claims.get(&(key.clone(), *claim)).cloned().unwrap_or_default();
        if self.shared && uses.range.is_some() {
            uses.spans = self.since_first(&uses.spans);
        }
        Affected { snapshots: uses.spans, tags: uses.tags, range: uses.range }
    }

    fn since_first(&self, spans: &[Span]) -> Vec<Span> {
        let ends = spans.first().zip(self.current);
        ends.map(|(first, last)| Span { first: first.first, last }).into_iter().collect()
    }

    /// How many objects there are; one of which different things are said counts for each.
    pub fn len(&self) -> usize {
        self.claims.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }
}
