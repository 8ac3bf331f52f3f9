//! The volume itself: what it keeps in memory, and what it answers from there.

use super::block::Block;
use super::error::{Fault, VolumeError};
use super::merge::Work;
use super::walk::{Facts, Visit, scan};
use crate::Version;
use crate::range::{ByteRange, FixedRangeSet, FixedTable, Gaps, Iter};
use crate::store::{Name, ObjectKind, Store};
use crate::time::Clock;

/// What a volume is called and how long it is: the same at every mount.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "written as a literal, in a static")]
pub struct Settings {
    /// The volume's id: 1 to 64 of `a-z 0-9 . _ -`.
    pub id: &'static str,
    /// How many bytes the volume has, committed or not: 1 to 2^63 − 1.
    pub length: u64,
    /// The device's own id, the first half of every commit id. The second half is the version,
    /// which a device, alone on its medium, commits once and never again: so ids do not repeat
    /// over resets, and no boot count needs to be kept.
    pub device: u64,
}

impl Settings {
    pub(super) fn are_valid(&self) -> bool {
        let portable = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
        };
        (1..=64).contains(&self.id.len())
            && self.id.bytes().all(portable)
            && self.id.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
            && (1..=i64::MAX.unsigned_abs()).contains(&self.length)
    }
}

/// A sparse, resumable byte space on a device. See the [module](crate::device) for the model.
///
/// `RUNS` is how many runs of neighbouring bytes the volume can have, and how many blocks can be
/// staged at a time: 40 bytes of memory for each.
#[derive(Debug)]
pub struct Volume<S, C, const RUNS: usize> {
    pub(super) store: S,
    pub(super) clock: C,
    /// `None` until it is mounted, and whenever it does not know what is on the medium.
    pub(super) settings: Option<Settings>,
    pub(super) head: Option<Head>,
    /// The number of the next block: above those of the head and of all staged ones. What lies
    /// there is left from an interrupted staging, and belongs to nobody.
    pub(super) next: u64,
    /// What the head covers.
    pub(super) committed: FixedRangeSet<RUNS>,
    /// How many runs the next head will have: those of `committed` and `staged` together. At most
    /// `RUNS`, so there is always room for it.
    pub(super) runs: usize,
    /// In order, and overlapping neither each other nor `committed`; as many as `staged_count`.
    pub(super) staged: [Block; RUNS],
    pub(super) staged_count: usize,
    /// What an operation reads manifests with; between two it means nothing.
    pub(super) work: Work,
}

/// The newest snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) version: Version,
    /// Of its manifest, which is read again and again: it must be the same one each time.
    pub(super) trailer: u32,
    pub(super) blocks: u64,
    /// How many bytes it covers.
    pub(super) covered: u64,
}

impl Head {
    pub(super) fn of(version: Version, facts: &Facts) -> Self {
        let Facts { trailer, blocks, covered, .. } = *facts;
        Self { version, trailer, blocks, covered }
    }

    /// The name of its manifest.
    pub(super) fn name(&self) -> Name {
        manifest_name(self.version)
    }

    /// Makes sure that what was read is what was opened.
    pub(super) fn check<E>(&self, read: &Facts) -> Result<(), Fault<E>> {
        match read.trailer == self.trailer {
            true => Ok(()),
            false => Err(Fault::Corrupt(self.name())),
        }
    }
}

/// The name of the manifest of this version.
pub(super) fn manifest_name(version: Version) -> Name {
    Name::wrapping(ObjectKind::Manifest, version.get())
}

impl<S: Store, C: Clock, const RUNS: usize> Volume<S, C, RUNS> {
    /// A volume that is yet to be [mounted](Self::mount), so that it can be a `static`.
    ///
    /// The store is given here, and not when it is mounted: then no operation has to ask whether
    /// there is one.
    pub const fn new(store: S, clock: C) -> Self {
        Self {
            store,
            clock,
            settings: None,
            head: None,
            next: 0,
            committed: FixedRangeSet::new(),
            runs: 0,
            staged: [Block::NONE; RUNS],
            staged_count: 0,
            work: Work::IDLE,
        }
    }

    /// The version of the newest snapshot; `None` if there is none, or the volume is not mounted.
    pub fn head(&self) -> Option<Version> {
        self.settings.and(self.head).map(|head| head.version)
    }

    /// The pieces of `within` that are not committed, in ascending order. No store calls.
    ///
    /// What is staged is a gap until it is committed.
    pub fn gaps(&self, within: ByteRange) -> Gaps<Iter<'_, FixedTable<RUNS>>> {
        self.committed.gaps(within)
    }

    /// How many bytes are committed. No store calls.
    pub fn covered(&self) -> u64 {
        self.committed.covered()
    }

    /// How many blocks are staged and not committed. No store calls.
    pub fn staged(&self) -> usize {
        self.staged_count
    }

    /// The store, to start it up or shut it down. What is changed in it by other ways than this
    /// volume is found out when it is mounted again.
    pub fn store_mut(&mut self) -> &mut S {
        &mut self.store
    }

    pub(super) fn mounted(&self) -> Result<&Settings, VolumeError<S::Error>> {
        self.settings.as_ref().ok_or(VolumeError::NotMounted)
    }

    /// Hands each block of the head to `visit`, and makes sure that they were the head's. Of no head,
    /// none.
    #[inline(always)]
    pub(super) fn each_committed(
        &mut self,
        visit: &mut Visit<'_, S>,
    ) -> Result<(), Fault<S::Error>> {
        let Self { settings: Some(settings), head, store, work, .. } = self else {
            return Err(Fault::NotMounted);
        };
        let Some(head) = head else { return Ok(()) };
        scan(store, work, settings, head.version, visit)?;
        head.check(&work.facts)
    }

    pub(super) fn staged_blocks(&self) -> &[Block] {
        self.staged.get(..self.staged_count).unwrap_or_default()
    }

    /// The range of `length` bytes at `offset`, if it is not empty and within the volume.
    pub(super) fn range(
        settings: &Settings,
        offset: u64,
        length: usize,
    ) -> Result<ByteRange, VolumeError<S::Error>> {
        match ByteRange::with_length(offset, length as u64) {
            Some(range) if range.end() <= settings.length => Ok(range),
            _ => Err(VolumeError::OutOfBounds { offset, length: settings.length }),
        }
    }
}
