//! Which files are in the partitions that are asked for.

use lode_core::layout::DatasetLayout;
use lode_core::partition::Partition;
use lode_std::{DataFile, DatasetManifest, DatasetSnapshot};

use super::conditions;
use crate::failure::Failure;

/// The files of a snapshot that lie in the partitions with all of these values.
///
/// # Errors
///
/// If the snapshot has no partitions.
pub(super) fn files(
    layout: &DatasetLayout,
    snapshot: &DatasetSnapshot,
    wanted: &[(String, String)],
) -> Result<Vec<DataFile>, Failure> {
    if wanted.is_empty() {
        return Ok(snapshot.files().to_vec());
    }
    let manifest = snapshot.manifest();
    if &*manifest.partitioner == DatasetManifest::NONE {
        let message = format!(
            "snapshot {} of datasets/{} is not divided into partitions, so there is none with {}",
            snapshot.version().get(),
            manifest.id,
            conditions(wanted)
        );
        return Err(Failure::refused("invalid-input", message));
    }
    let is_wanted = |file: &&DataFile| {
        let partition = layout.partition_of(&file.key);
        partition.is_some_and(|found| wanted.iter().all(|wanted| has(&found, wanted)))
    };
    Ok(snapshot.files().iter().filter(is_wanted).cloned().collect())
}

/// Whether a partition is one with this value, which may be written as it is in the path.
fn has(partition: &Partition, (key, value): &(String, String)) -> bool {
    let is_escaped = |folder: &str| folder.split_once('=') == Some((key.as_str(), value.as_str()));
    if partition.as_str().split('/').any(is_escaped) {
        return true;
    }
    let values = lode_hive::parse(partition.as_str()).unwrap_or_default();
    values.iter().any(|(found, text)| found == key && text == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_as_they_are_or_as_in_the_path() {
        let partition = Partition::new("day=2026-01-01/region=eu%2Fwest").unwrap();
        let has = |key: &str, value: &str| has(&partition, &(key.to_string(), value.to_string()));
        assert!(has("day", "2026-01-01") && has("region", "eu/west"));
        assert!(has("region", "eu%2Fwest"));
        assert!(!has("day", "2026-01-02") && !has("region", "") && !has("reg", "ion=eu/west"));
    }
}
