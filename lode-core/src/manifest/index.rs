//! The index entries of a dataset in the Hive layout.
//!
//! Each partition that a snapshot has files in gets an entry,
//! `partitions/<partition>/segments/<version>/manifest.json`: a manifest in the JSON format with the
//! files of that partition only, so that all entries of a snapshot together are about as large as
//! its manifest, however many partitions there are. The Go implementation, and earlier versions of
//! Lode, write a copy of the whole manifest instead.
//!
//! Go's `Reader` takes an entry at face value. Asked for the segments of one partition it finds what
//! is in that partition, as it should. Asked without a partition, it takes the first entry of each
//! version for its manifest, and so sees the files of one partition; `Dataset.Snapshot` and
//! `Dataset.Latest` read the slot, and see all.
//!
//! An entry follows from the manifest alone. Whoever writes it, a commit, a repair or a copy, writes
//! the same bytes.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{CollectionState, DataFile, DatasetManifest};
use crate::layout::DatasetLayout;
use crate::partition::Partition;

/// The entry of each partition that a snapshot has files in. Costs O(n) for n files.
///
/// An entry says what the manifest says, except that
///
/// - `files` are those of the partition;
/// - `row_count` is the number of their rows, or that of the whole snapshot where a file does not
///   know its own;
/// - `commit_id` and `parent_digest` are left out: the slot holds the place in the history.
///
/// The times of the snapshot's records remain bounds of those in the partition.
pub fn index_entries(
    manifest: &DatasetManifest,
    layout: &DatasetLayout,
) -> BTreeMap<Partition, DatasetManifest> {
    let mut divided = BTreeMap::<Partition, Vec<DataFile>>::new();
    for file in &manifest.files {
        if let Some(partition) = layout.partition_of(&file.key) {
            divided.entry(partition).or_default().push(file.clone());
        }
    }
    if divided.is_empty() {
        return BTreeMap::new();
    }
    let common = DatasetManifest {
        parent_digest: None,
        commit_id: None,
        state: CollectionState::FIRST,
        files: Vec::new(),
        ..manifest.clone()
    };
    let entry = |(partition, files): (Partition, Vec<DataFile>)| {
        let row_count = match files.len() == manifest.files.len() {
            true => manifest.row_count,
            false => rows(&files).unwrap_or(manifest.row_count),
        };
        (partition, DatasetManifest { files, row_count, ..common.clone() })
    };
    divided.into_iter().map(entry).collect()
}

/// How many rows files hold, if each of them knows.
fn rows(files: &[DataFile]) -> Option<u64> {
    files.iter().try_fold(0_u64, |sum, file| sum.checked_add(file.stats.as_ref()?.row_count))
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use super::*;
    use crate::Version;
    use crate::codec::FileStats;
    use crate::id::Id;
    use crate::layout::LayoutKind;
    use crate::manifest::{CommitId, ManifestDigest};

    fn layout() -> DatasetLayout {
        DatasetLayout::new(Id::new("d").unwrap(), LayoutKind::Hive)
    }

    fn file(partition: Option<&str>, token: u128, rows: Option<u64>) -> DataFile {
        let partition = partition.map(|path| Partition::new(path).unwrap());
        DataFile {
            key: layout().file(token, partition.as_ref(), "data").unwrap(),
            size: 7,
            digest: None,
            stats: rows.map(|row_count| FileStats { row_count, columns: vec![] }),
            extra: BTreeMap::new(),
        }
    }

    fn manifest(files: Vec<DataFile>) -> DatasetManifest {
        DatasetManifest {
            id: Id::new("d").unwrap(),
            version: Version::FIRST,
            parent: None,
            parent_digest: Some(ManifestDigest::Blake3([1; 32])),
            commit_id: Some(CommitId([2; 16])),
            created_at: None,
            metadata: crate::meta! { "who" => "we" },
            files,
            row_count: 100,
            min_timestamp: None,
            max_timestamp: None,
            codec: Some("jsonl".into()),
            compressor: DatasetManifest::NONE.into(),
            partitioner: "hive".into(),
            checksum: None,
            state: CollectionState::FIRST,
            extra: BTreeMap::new(),
        }
    }

    #[test]
    fn an_entry_holds_the_files_of_its_partition() {
        let files = vec![
            file(Some("k=1"), 1, Some(3)),
            file(Some("k=2"), 2, Some(5)),
            file(None, 3, Some(9)),
            file(Some("k=1"), 4, Some(4)),
            file(Some("k=1/l=2"), 5, None),
        ];
        let whole = manifest(files.clone());
        let entries = index_entries(&whole, &layout());
        let found: Vec<_> = entries
            .iter()
            .map(|(partition, entry)| (partition.to_string(), entry.files.len(), entry.row_count))
            .collect();
        let expected = [("k=1", 2, 7), ("k=1/l=2", 1, 100), ("k=2", 1, 5)];
        let expected = expected.map(|(path, files, rows)| (path.to_string(), files, rows));
        assert_eq!(found, expected);
        let entry = &entries[&Partition::new("k=1").unwrap()];
        assert_eq!(entry.files, [files[0].clone(), files[3].clone()]);
        assert_eq!((entry.commit_id, entry.parent_digest), (None, None));
        let rest = DatasetManifest {
            files: whole.files.clone(),
            row_count: whole.row_count,
            commit_id: whole.commit_id,
            parent_digest: whole.parent_digest,
            ..entry.clone()
        };
        assert_eq!(rest, whole);
    }

    #[test]
    fn the_entry_of_the_only_partition_counts_all_rows() {
        let whole = manifest(vec![file(Some("k=1"), 1, None), file(Some("k=1"), 2, None)]);
        let entries = index_entries(&whole, &layout());
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[&Partition::new("k=1").unwrap()].row_count, 100);
    }

    #[test]
    fn files_in_no_partition_have_no_entry() {
        assert!(index_entries(&manifest(vec![file(None, 1, Some(1))]), &layout()).is_empty());
        assert!(index_entries(&manifest(vec![]), &layout()).is_empty());
    }

    #[test]
    fn huge_row_counts_do_not_overflow() {
        let files = vec![file(Some("k=1"), 1, Some(u64::MAX)), file(Some("k=1"), 2, Some(2))];
        let whole = manifest(files.into_iter().chain([file(None, 3, None)]).collect());
        let entries = index_entries(&whole, &layout());
        assert_eq!(entries[&Partition::new("k=1").unwrap()].row_count, 100);
    }
}
