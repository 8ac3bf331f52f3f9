//! The slots of a volume.

use std::collections::HashSet;

use bytes::Bytes;
use futures::future::Either;
use lode_core::Version;
use lode_core::descriptor::{self, VolumeDescriptor, WantedVolume};
use lode_core::key::Key;
use lode_core::layout::{Place, VolumeLayout};
use lode_core::manifest::pages::{PageName, PageSizes, Paging, UpdateStep, Updated};
use lode_core::manifest::{
    CommitId, Expected, Format, ManifestError, Mismatch, RebaseError, SlotContent, Tombstone,
    VolumeDraft, VolumeManifest, compact, json,
};
use lode_core::time::Timestamp;
use lode_core::verify::Problem;

use super::pages::{self, PageCache, page_hash};
use crate::history::{Draft, History, Live, Rebased, Rebasing, See, Slots, as_laid_out, refusal};
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
    /// Pages that need not be read again.
    pub(crate) pages: PageCache,
    /// How large pages become that are written.
    pub(crate) sizes: PageSizes,
}

impl VolumeSlots {
    /// Of a volume that is only looked at: no page is kept, and of its length nothing is known.
    pub(crate) fn bare(layout: VolumeLayout, format: Format, checksums: Checksums) -> Self {
        let (pages, sizes) = (PageCache::new(0), PageSizes::default());
        Self { layout, format, total_length: None, checksums, pages, sizes }
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

    fn place(&self, key: &str) -> Place {
        self.layout.place(key, self.format)
    }

    fn checksum<'a>(&self, manifest: &'a VolumeManifest) -> Option<&'a str> {
        manifest.checksum.as_deref()
    }

    fn not_found(&self) -> Error {
        Error::VolumeNotFound { id: self.layout.id().clone() }
    }

    fn describe(
        &self,
        newest: &VolumeManifest,
        grace_period: u64,
    ) -> Result<Vec<u8>, ManifestError> {
        descriptor::encode_volume(&VolumeDescriptor {
            id: self.layout.id().clone(),
            format: self.format,
            total_length: newest.total_length,
            checksum: newest.checksum.clone(),
            grace_period,
        })
    }

    fn check_descriptor(
        &self,
        bytes: &[u8],
        newest: Option<&VolumeManifest>,
    ) -> Result<(), Problem> {
        let found = descriptor::decode_volume(bytes).map_err(Problem::Invalid)?;
        let wanted = WantedVolume {
            id: self.layout.id(),
            total_length: newest.map(|newest| newest.total_length),
            format: newest.map(|_| self.format),
            checksum: newest.map(|newest| newest.checksum.as_deref().unwrap_or("none")),
            grace_period: None,
        };
        found.check(&wanted).map_err(Problem::Mismatch)
    }
}

impl Draft<VolumeSlots> for VolumeDraft {
    fn rebase<'a>(
        &'a self,
        history: &'a History<VolumeSlots>,
        head: Option<&'a Live<VolumeManifest>>,
        version: Version,
        created_at: Option<Timestamp>,
    ) -> Rebasing<'a, VolumeManifest> {
        Either::Right(Box::pin(async move {
            let updated = update(self, history, head.map(|head| &head.manifest)).await?;
            let head = head.map(|head| (&head.manifest, head.digest));
            let rebased = Self::rebase(self, updated, head, version, created_at);
            let Some((manifest, pages)) = rebased else { return Ok(None) };
            let VolumeSlots { layout, pages: cache, .. } = &history.slots;
            let pages = pages.into_iter().map(|new| {
                cache.keep(new.name, new.page);
                (layout.page(&new.name), Bytes::from(new.bytes))
            });
            Ok(Some(Rebased { manifest, pages: pages.collect() }))
        }))
    }
}

/// Adds the blocks of a draft to those of the head. Costs a read for each page that they go into
/// and that is not kept.
pub(super) async fn update(
    draft: &VolumeDraft,
    history: &History<VolumeSlots>,
    head: Option<&VolumeManifest>,
) -> Result<Updated, Error> {
    let slots = &history.slots;
    let refuse = |error| refusal(slots, error, head.map(|head| head.version));
    let paging = slots.paging(draft.commit_id);
    let mut update = draft.update(head).map_err(|error| refuse(RebaseError::Mismatch(error)))?;
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
