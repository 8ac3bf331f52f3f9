//! In what two snapshots of a volume differ.

use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use lode_core::diff::{Side, VolumeComparison, VolumeDiff};
use lode_core::manifest::pages::{Page, Unshared, Wanted};
use lode_core::manifest::{Block, VolumeManifest};

use super::pages::READS_IN_FLIGHT;
use super::{Snapshot, VolumeReader};
use crate::Error;

impl VolumeReader {
    /// In what two snapshots of the volume differ, by their manifests: no block is read.
    ///
    /// Costs nothing, except in a volume of more than 512 blocks one read for each page that only
    /// one of the two has and that is not held.
    ///
    /// # Errors
    ///
    /// [`Error::Collected`] if one of them has been collected in the meantime, and as
    /// [`SnapshotBlocks::next`](crate::SnapshotBlocks::next).
    #[tracing::instrument(
        name = "lode.diff",
        skip_all,
        fields(id = %self.id(), before = %before.version(), after = %after.version()),
        err
    )]
    pub async fn diff(&self, before: &Snapshot, after: &Snapshot) -> Result<VolumeDiff, Error> {
        match self.compare(before, after).await {
            Ok(diff) => Ok(diff),
            Err(error) => {
                let error = self.history.explain(error, before.version()).await;
                Err(self.history.explain(error, after.version()).await)
            }
        }
    }

    async fn compare(&self, before: &Snapshot, after: &Snapshot) -> Result<VolumeDiff, Error> {
        let (ours, theirs) = (before.manifest(), after.manifest());
        let (before, after) = self.unshared(before, after).await?;
        let (mut before, mut after) = (self.blocks(ours, before), self.blocks(theirs, after));
        let mut comparison = VolumeComparison::new(ours, theirs);
        while let Some(side) = comparison.wants() {
            let block = match side {
                Side::Before => before.try_next().await?,
                Side::After => after.try_next().await?,
            };
            comparison.take(side, block);
        }
        Ok(comparison.finish())
    }

    /// The leaves that only one of them has.
    async fn unshared(
        &self,
        before: &Snapshot,
        after: &Snapshot,
    ) -> Result<(Vec<Wanted>, Vec<Wanted>), Error> {
        let (before, after) = (&before.manifest().blocks, &after.manifest().blocks);
        let mut unshared = Unshared::new(before, after);
        loop {
            let wanted = unshared.wanted();
            if wanted.is_empty() {
                return Ok(unshared.into_leaves());
            }
            for (wanted, page) in self.history.pages(wanted).await? {
                let key = self.layout().page(&wanted.page.name);
                let taken = unshared.take(&wanted, &page);
                taken.map_err(|source| Error::ManifestInvalid { key, source })?;
            }
        }
    }

    /// The blocks of a manifest, or those in the leaves of its tree that are to be compared.
    fn blocks<'a>(
        &'a self,
        manifest: &'a VolumeManifest,
        leaves: Vec<Wanted>,
    ) -> BoxStream<'a, Result<Block, Error>> {
        if let Some(table) = manifest.blocks.inline() {
            return stream::iter(table.iter().map(Ok)).boxed();
        }
        let pages = stream::iter(leaves)
            .map(async |wanted| self.history.page(&wanted).await)
            .buffered(READS_IN_FLIGHT);
        let blocks = pages.map_ok(|page| {
            let blocks = match &*page {
                Page::Leaf(table) => table.to_vec(),
                Page::Node(_) => Vec::new(),
            };
            stream::iter(blocks).map(Ok)
        });
        blocks.try_flatten().boxed()
    }
}
