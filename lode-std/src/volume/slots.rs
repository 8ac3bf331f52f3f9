//! The slots of a volume.

use std::collections::HashSet;
use std::sync::OnceLock;

use bytes::Bytes;
use futures::future::Either;
use lode_core::Version;
use lode_core::descriptor::{self, VolumeDescriptor, WantedVolume};
use lode_core::key::Key;
use lode_core::layout::{Place, VolumeLayout};
use lode_core::manifest::pages::{PageName, PageSizes, Paging, UpdateStep, Updated};
use lode_core::manifest::{
    BlockName, CollectionState, CommitId, Expected, Format, ManifestError, Mismatch, Record,
    SlotContent, Tombstone, VolumeDraft, VolumeManifest, compact, json,
};
use lode_core::verify::Problem;

use super::pages::{self, PageCache, page_hash};
use crate::history::{
    Content, Draft, History, Parent, Rebased, Rebasing, See, Slots, as_laid_out, refusal,
};
use crate::store::Objects;
use crate::{Checksums, Error};

/// The slots of a volume.
#[derive(Debug)]
pub(crate) struct VolumeSlots {
    pub(crate) layout: VolumeLayout,
    pub(crate) format: Format,
    /// What every manifest's length must be, if it is known.
    pub(crate) total_length: Option<u64>,
    /// By which the blocks are verified.
    pub(crate) checksums: Checksums,
    /// The algorithm of our own blocks, where Go may have written as well.
    pub(crate) own: OwnChecksum,
    /// Pages that need not be read again.
    pub(crate) pages: PageCache,
    /// How large pages become that are written.
    pub(crate) sizes: PageSizes,
}

/// The algorithm of the digests of the blocks that Lode wrote: all its writers agree on one. A
/// manifest of the Go implementation does not tell.
#[derive(Debug, Default)]
pub(crate) struct OwnChecksum {
    /// As the descriptor says; `None` if that has not been read.
    described: Option<Option<Box<str>>>,
    /// As the manifests of ours say that have been read.
    learnt: OnceLock<Option<Box<str>>>,
}

impl OwnChecksum {
    pub(crate) fn described(checksum: Option<Box<str>>) -> Self {
        Self { described: Some(checksum), learnt: OnceLock::new() }
    }

    fn learn(&self, manifest: &VolumeManifest) {
        if manifest.commit_id.is_some() {
            self.learnt.get_or_init(|| manifest.checksum.clone());
        }
    }

    /// Its name; `None` if it is not known. The inner one is `None` if there are no digests.
    fn name(&self) -> Option<Option<&str>> {
        self.learnt.get().or(self.described.as_ref()).map(Option::as_deref)
    }
}

impl VolumeSlots {
    /// The algorithm of the digest that a snapshot has of a block.
    pub(crate) fn checksum_of<'a>(
        &'a self,
        manifest: &'a VolumeManifest,
        block: &BlockName,
    ) -> Option<&'a str> {
        match self.format {
            Format::Json => manifest.checksum_of(block, self.own.name().flatten()),
            // All blocks are ours.
            _ => manifest.checksum.as_deref(),
        }
    }

    /// Whether the digests of a snapshot cannot all be told by what is known: there is a manifest
    /// of the Go implementation, and nobody has looked what ours are made with.
    pub(crate) fn lacks_own_checksum(&self, manifest: &VolumeManifest) -> bool {
        self.format == Format::Json && manifest.commit_id.is_none() && self.own.name().is_none()
    }

    /// Of a volume that is only looked at: no page is kept, and of its length nothing is known.
    pub(crate) fn bare(layout: VolumeLayout, format: Format, checksums: Checksums) -> Self {
        let (pages, sizes) = (PageCache::new(0), PageSizes::default());
        let own = OwnChecksum::default();
        Self { layout, format, total_length: None, checksums, own, pages, sizes }
    }

    /// What a commit makes pages with, if the format has any.
    fn paging(&self, commit: CommitId) -> Option<Paging> {
        let paging = Paging { sizes: self.sizes, commit, hash: page_hash };
        (self.format == Format::Compact).then_some(paging)
    }
}

impl Slots for VolumeSlots {
    type Manifest = VolumeManifest;

    as_laid_out!();

    fn folder(&self) -> Option<Key> {
        self.layout.slots()
    }

    fn slot(&self, version: Version) -> Key {
        self.layout.slot(version, self.format)
    }

    fn parse_slot(&self, key: &str) -> Option<Version> {
        self.layout.parse_slot(key, self.format)
    }

    fn decode(&self, bytes: &[u8]) -> Result<SlotContent<VolumeManifest>, ManifestError> {
        let content = match self.format {
            Format::Json => json::decode_volume(bytes),
            _ => compact::decode(bytes),
        }?;
        if let SlotContent::Live(manifest) = &content {
            self.layout.check_names(manifest)?;
            self.own.learn(manifest);
        }
        Ok(content)
    }

    fn encode(&self, manifest: &VolumeManifest) -> Result<Vec<u8>, ManifestError> {
        match self.format {
            Format::Json => json::encode_volume(manifest),
            _ => compact::encode(manifest),
        }
    }

    fn expected(&self, version: Version) -> Expected<'_> {
        Expected { id: self.layout.id(), version, total_length: self.total_length }
    }

    fn check(&self, manifest: &VolumeManifest, expected: &Expected<'_>) -> Result<(), Mismatch> {
        manifest.check(expected)
    }

    fn trusts_hint(&self) -> bool {
        self.format == Format::Json
    }

    fn builds_on_hint(&self) -> bool {
        self.format == Format::Json
    }

    async fn references(
        &self,
        objects: &Objects,
        manifest: &VolumeManifest,
        seen: &mut HashSet<PageName>,
        see: See<'_>,
    ) -> Result<(), Error> {
        pages::references(objects, &self.layout, &manifest.blocks, seen, see).await
    }

    fn encode_tombstone(&self, tombstone: &Tombstone) -> Result<Vec<u8>, ManifestError> {
        match self.format {
            Format::Json => json::encode_tombstone(tombstone),
            _ => compact::encode_tombstone(tombstone),
        }
    }

    fn encode_record(&self, record: &Record) -> Result<Vec<u8>, ManifestError> {
        match self.format {
            Format::Json => json::encode_record(record),
            _ => compact::encode_record(record),
        }
    }

    fn place(&self, key: &str) -> Place {
        self.layout.place(key, self.format)
    }

    fn checksum<'a>(&'a self, manifest: &'a VolumeManifest, key: &Key) -> Option<&'a str> {
        // In the compact format all blocks are ours.
        let name = match self.format {
            Format::Json => self.layout.parse_block(key.as_str()).map(|(_, name)| name),
            _ => return manifest.checksum.as_deref(),
        };
        self.checksum_of(manifest, &name.unwrap_or(BlockName::Plain))
    }

    fn not_found(&self) -> Error {
        Error::VolumeNotFound { id: self.layout.id().clone() }
    }

    fn describe(
        &self,
        newest: &VolumeManifest,
        grace_period: u64,
    ) -> Result<Vec<u8>, ManifestError> {
        let own = match newest.commit_id {
            Some(_) => None,
            None => self.own.name(),
        };
        descriptor::encode_volume(&VolumeDescriptor {
            id: self.layout.id().clone(),
            format: self.format,
            total_length: newest.total_length,
            checksum: own.map_or_else(|| newest.checksum.clone(), |own| own.map(Box::from)),
            grace_period,
        })
    }

    fn check_descriptor(
        &self,
        bytes: &[u8],
        newest: Option<&VolumeManifest>,
    ) -> Result<(), Problem> {
        let found = descriptor::decode_volume(bytes).map_err(Problem::Invalid)?;
        // A manifest of the Go implementation may be made with any algorithm.
        let checksum = newest.and_then(|newest| match newest.commit_id {
            Some(_) => Some(newest.checksum.as_deref()),
            None => self.own.learnt.get().map(Option::as_deref),
        });
        let wanted = WantedVolume {
            id: self.layout.id(),
            total_length: newest.map(|newest| newest.total_length),
            format: newest.map(|_| self.format),
            checksum: checksum.map(|checksum| checksum.unwrap_or("none")),
            grace_period: None,
        };
        found.check(&wanted).map_err(Problem::Mismatch)
    }
}

impl Draft<VolumeSlots> for VolumeDraft {
    fn rebase<'a>(
        &'a self,
        history: &'a History<VolumeSlots>,
        parent: Parent<'a, VolumeManifest>,
    ) -> Rebasing<'a, VolumeManifest> {
        Either::Right(Box::pin(async move {
            let head = parent.head.live.as_deref().map(|head| &head.manifest);
            let updated = update(self, history, head, parent.state()).await?;
            let Some((manifest, pages)) = Self::rebase(self, updated, parent.onto()) else {
                return Ok(None);
            };
            let VolumeSlots { layout, pages: cache, .. } = &history.slots;
            let pages = pages.into_iter().map(|new| {
                cache.keep(new.name, new.page);
                (layout.page(&new.name), Bytes::from(new.bytes))
            });
            Ok(Some(Rebased { content: Content::Snapshot(manifest), pages: pages.collect() }))
        }))
    }
}

/// Adds the blocks of a draft to those of the head. Costs a read for each page that they go into
/// and that is not kept.
pub(super) async fn update(
    draft: &VolumeDraft,
    history: &History<VolumeSlots>,
    head: Option<&VolumeManifest>,
    state: &CollectionState,
) -> Result<Updated, Error> {
    let slots = &history.slots;
    let refuse = |error| refusal(slots, error, head.map(|head| head.version));
    let paging = slots.paging(draft.commit_id);
    let mut update = draft.update(head, state).map_err(refuse)?;
    loop {
        let step = update.step(paging.as_ref()).map_err(|error| refuse(error.into()))?;
        let wanted = match step {
            UpdateStep::Done(updated) => return Ok(updated),
            UpdateStep::Load(next, wanted) => {
                update = next;
                wanted
            }
        };
        for (wanted, page) in history.pages(wanted).await? {
            let key = slots.layout.page(&wanted.page.name);
            update.take(&wanted, page).map_err(|source| Error::ManifestInvalid { key, source })?;
        }
    }
}
