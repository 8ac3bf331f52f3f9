//! What there is of a volume.

use lode_core::manifest::{Block, BlockName, CommitId, Onto, VolumeDraft};
use lode_core::range::ByteRange;

use super::slots::update;
use super::{Snapshot, VolumeReader};
use crate::Error;
use crate::history::Slots;
use crate::stat::{CommitCost, VolumeStat, look_through};

impl VolumeReader {
    /// What there is of the volume: its newest snapshot, its history, and what the next commit
    /// costs. Writes nothing.
    ///
    /// Costs those of [`latest`](Self::latest), 2 lists and n + t reads for n slots and t tags, and
    /// in a volume of more than 512 blocks a read for each page that has gaps, and each that a
    /// commit changes.
    ///
    /// # Errors
    ///
    /// As [`latest`](Self::latest); whatever else cannot be read is counted. As
    /// [`SnapshotGaps::next`](crate::SnapshotGaps::next).
    #[tracing::instrument(name = "lode.stat", skip_all, fields(id = %self.id()), err)]
    pub async fn stat(&self) -> Result<VolumeStat, Error> {
        let head = self.latest().await?;
        let (gaps, next_commit) = match &head {
            Some(head) => (head.gaps(0..head.len()).count().await?, self.next_commit(head).await?),
            None => (0, None),
        };
        let history = look_through(&self.history, |_| {}).await?;
        Ok(VolumeStat { head, gaps, next_commit, history })
    }

    /// What a commit of one block into the first gap of the head would write, by making all of it.
    async fn next_commit(&self, head: &Snapshot) -> Result<Option<CommitCost>, Error> {
        let is_device = self.layout().slots().is_none();
        let gap = head.gaps(0..head.len()).next().await?;
        let range = gap.and_then(|gap| ByteRange::with_length(gap.start(), 1));
        let (Some(range), false) = (range, is_device) else { return Ok(None) };
        let (history, manifest) = (&self.history, head.manifest());
        let algorithm = manifest.checksum.as_deref();
        let algorithm = algorithm.and_then(|name| history.slots.checksums.find(name));
        let epoch = u64::from(manifest.state.epoch) << 32;
        let draft = VolumeDraft {
            id: self.id().clone(),
            total_length: head.len(),
            checksum: manifest.checksum.clone(),
            // Numbers of the usual size: what is small takes up less in the compact format.
            commit_id: CommitId::of_handle(u64::MAX, epoch | 1),
            metadata: manifest.metadata.clone(),
            blocks: vec![Block {
                range,
                name: BlockName::Written { writer: u64::MAX, suffix: epoch },
                digest: algorithm.map(|algorithm| algorithm.digest(&[0])),
            }],
        };
        let updated = update(&draft, history, Some(manifest), &manifest.state).await?;
        let (digest, created_at) = (head.live.digest, head.created_at());
        let Some(version) = head.version().next() else { return Ok(None) };
        let (head, state) = (Some((manifest, digest)), manifest.state.clone());
        let next = draft.rebase(updated, Onto { head, version, state, created_at });
        let Some((next, pages)) = next else { return Ok(None) };
        let bytes = history.slots.encode(&next).map_err(|source| Error::Unwritable { source })?;
        Ok(Some(CommitCost {
            manifest: bytes.len() as u64,
            pages: pages.len() as u64,
            page_bytes: pages.iter().map(|page| page.bytes.len() as u64).sum(),
        }))
    }
}
