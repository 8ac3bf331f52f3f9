//! Bringing a single snapshot of a dataset into another one: whether it is there already.

use alloc::vec::Vec;

use crate::layout::DatasetLayout;
use crate::manifest::{CollectionState, DataFile, DatasetManifest};

/// Whether two snapshots, in datasets of the same layout, say and hold the same, wherever they
/// stand in their histories and whatever their files are called: `None` if they do not; else the
/// places of the files that have no digests by one algorithm, so that nothing but their bytes can
/// tell.
pub fn same_content(
    layout: &DatasetLayout,
    one: &DatasetManifest,
    other: &DatasetManifest,
) -> Option<Vec<usize>> {
    // Only what a commit gives a snapshot, and what names its files, may differ.
    let said = |manifest: &DatasetManifest| DatasetManifest {
        version: one.version,
        parent: None,
        parent_digest: None,
        commit_id: None,
        created_at: None,
        files: Vec::new(),
        checksum: None,
        state: CollectionState::FIRST,
        ..manifest.clone()
    };
    if said(one) != said(other) || one.files.len() != other.files.len() {
        return None;
    }
    let comparable = one.checksum.is_some() && one.checksum == other.checksum;
    let mut untold = Vec::new();
    for (place, (file, there)) in one.files.iter().zip(&other.files).enumerate() {
        match (file.digest, there.digest) {
            _ if !says_the_same(layout, file, there) => return None,
            (Some(digest), Some(found)) if comparable && digest != found => return None,
            (Some(_), Some(_)) if comparable => {}
            _ => untold.push(place),
        }
    }
    Some(untold)
}

/// Whether two files are the same, but for their names and bytes.
fn says_the_same(layout: &DatasetLayout, file: &DataFile, there: &DataFile) -> bool {
    let said = |file: &DataFile| (file.size, layout.partition_of(&file.key));
    said(file) == said(there) && file.stats == there.stats && file.extra == there.extra
}
