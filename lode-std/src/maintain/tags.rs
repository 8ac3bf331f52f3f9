//! Tags and leases, as they are in the store.

use futures::{StreamExt, TryStreamExt, stream};
use lode_core::Version;
use lode_core::id::Id;
use lode_core::manifest::SlotManifest;
use lode_core::time::Timestamp;

use super::{Keeper, READS_IN_FLIGHT};
use crate::Error;
use crate::history::Slots;

/// A tag or lease, as it is in the store.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TagInfo {
    /// Its name.
    pub name: Id,
    /// The snapshot.
    pub version: Version,
    /// When a lease ends, by the clock of whoever took it; `None` for a tag.
    pub end: Option<Timestamp>,
}

/// Keeps the data of a snapshot for a while. It is not tied to the process that took it: dropping
/// it does nothing, and its end comes by itself.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[must_use = "release it when it is not needed any more"]
pub struct Lease {
    /// The name of its tag, by which its snapshot is found.
    pub name: Id,
    /// The snapshot.
    pub version: Version,
    /// When it ends, by the clock of whoever took it.
    pub end: Timestamp,
}

impl<S: Slots> Keeper<S> {
    pub(super) async fn tags(&self) -> Result<Vec<TagInfo>, Error> {
        let keys = self.history.tag_keys().await?;
        let named = keys.into_iter().filter_map(|key| {
            let name = self.history.slots.parse_tag(key.as_str())?;
            Some((name, key))
        });
        let reads = stream::iter(named).map(async |(name, key)| {
            let tagged = self.history.load_tag(&key).await?;
            Ok::<_, Error>(tagged.map(|tagged| {
                let version = tagged.live.manifest.version();
                TagInfo { name, version, end: tagged.end }
            }))
        });
        // One that is gone by the time it is read is none.
        let reads = reads.buffer_unordered(READS_IN_FLIGHT).filter_map(async |tag| tag.transpose());
        let mut tags: Vec<TagInfo> = reads.try_collect().await?;
        tags.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(tags)
    }
}
