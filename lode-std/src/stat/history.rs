//! Going through a history.

use futures::{StreamExt, stream};
use lode_core::Version;
use lode_core::manifest::SlotManifest;

use super::HistoryStat;
use crate::Error;
use crate::history::{Found, History, Slots};

/// How many slots or tags are read at the same time.
const READS_IN_FLIGHT: usize = 16;

/// Counts what there is, and shows each snapshot that has not been collected, in any order. What
/// cannot be read is counted as well.
pub(crate) async fn look_through<S: Slots>(
    history: &History<S>,
    mut each: impl FnMut(&S::Manifest) + Send,
) -> Result<HistoryStat, Error> {
    let mut stat = HistoryStat::default();
    let loads = stream::iter(history.versions().await?).map(|version| history.load(version));
    let mut loads = std::pin::pin!(loads.buffer_unordered(READS_IN_FLIGHT));
    while let Some(found) = loads.next().await {
        match readable(found)? {
            Some(Found::Live(live)) => {
                let version = live.manifest.version();
                stat.count_snapshot(version);
                each(&live.manifest);
            }
            Some(Found::Collected(_)) => stat.collected += 1,
            Some(Found::Absent | Found::Record(_)) => {}
            None => stat.damaged += 1,
        }
    }
    // On the medium of a device there are none.
    if history.slots.folder().is_some() {
        count_tags(history, &mut stat).await?;
    }
    Ok(stat)
}

impl HistoryStat {
    /// Counts a snapshot; they come in any order.
    fn count_snapshot(&mut self, version: Version) {
        self.snapshots += 1;
        // Not `oldest.map(|oldest| oldest.min(version)).or(Some(version))`: LLVM 22 compiles that to
        // `None` at some levels of optimisation. See `tests/niches.rs` of `lode-core`.
        self.oldest = match self.oldest {
            Some(oldest) if oldest < version => Some(oldest),
            _ => Some(version),
        };
        self.newest = match self.newest {
            Some(newest) if newest > version => Some(newest),
            _ => Some(version),
        };
    }
}

async fn count_tags<S: Slots>(history: &History<S>, stat: &mut HistoryStat) -> Result<(), Error> {
    let keys = history.tag_keys().await?;
    let keys = keys.into_iter().filter(|key| history.slots.parse_tag(key.as_str()).is_some());
    let loads = stream::iter(keys).map(async |key| history.load_tag(&key).await);
    let mut loads = std::pin::pin!(loads.buffer_unordered(READS_IN_FLIGHT));
    while let Some(found) = loads.next().await {
        match readable(found)? {
            Some(Some(tagged)) if tagged.end.is_some() => stat.leases += 1,
            Some(Some(_)) => stat.tags += 1,
            // It has been deleted meanwhile.
            Some(None) => {}
            None => stat.damaged += 1,
        }
    }
    Ok(())
}

/// What was read; `None` if it is there and makes no sense.
fn readable<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::ManifestInvalid { .. } | Error::Mismatch { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_and_the_newest_are_known_in_any_order() {
        for order in [[3, 1, 2], [1, 2, 3], [3, 2, 1], [2, 3, 1]] {
            let mut stat = HistoryStat::default();
            for number in order {
                stat.count_snapshot(Version::new(number).unwrap_or(Version::LAST));
            }
            let found = [stat.oldest, stat.newest].map(|version| version.map(Version::get));
            assert_eq!((found, stat.snapshots), ([Some(1), Some(3)], 3), "{order:?}");
        }
    }
}
