//! In what two snapshots of a dataset differ.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::MetadataChange;
use super::metadata::changes;
use crate::layout::DatasetLayout;
use crate::manifest::{DataFile, DatasetManifest};
use crate::partition::Partition;

/// In what a snapshot of a dataset differs from another one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DatasetDiff {
    /// The files whose content only the second has, in its order.
    pub added: Vec<DataFile>,
    /// The files whose content only the first has, in its order.
    pub removed: Vec<DataFile>,
    /// The files of the second whose content the first has as well, mostly in other objects: by
    /// partition, size and digest, or by their keys where there are no digests of the same
    /// algorithm.
    pub kept: Vec<DataFile>,
    /// What the manifests say otherwise of how the files were written.
    pub fields: Vec<FieldChange>,
    /// What was said otherwise.
    pub metadata: Vec<MetadataChange>,
}

/// A field of the manifest that is not the same in both snapshots.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FieldChange {
    /// Its name in the manifest.
    pub name: &'static str,
    /// What the first says, if it says anything.
    pub before: Option<Box<str>>,
    /// What the second says.
    pub after: Option<Box<str>>,
}

impl DatasetDiff {
    /// Compares two snapshots of one dataset in this layout. Costs O(n log n) for n files.
    pub fn new<'a>(
        before: &'a DatasetManifest,
        after: &'a DatasetManifest,
        layout: &DatasetLayout,
    ) -> Self {
        let comparable = before.checksum.is_some() && before.checksum == after.checksum;
        // How many files of each content the first has that have not been met in the second yet.
        let mut there = BTreeMap::<_, usize>::new();
        for file in &before.files {
            *there.entry(Identity::of(file, layout, comparable)).or_default() += 1;
        }
        let mut take = |file: &&'a DataFile| {
            let count = there.get_mut(&Identity::of(file, layout, comparable));
            count.filter(|count| **count > 0).map(|count| *count -= 1).is_some()
        };
        let (kept, added) = after.files.iter().partition::<Vec<_>, _>(&mut take);
        let removed = before.files.iter().filter(&mut take);
        Self {
            removed: removed.cloned().collect(),
            added: added.into_iter().cloned().collect(),
            kept: kept.into_iter().cloned().collect(),
            fields: field_changes(before, after),
            metadata: changes(&before.metadata, &after.metadata),
        }
    }
}

/// What makes the content of two files the same: digest and partition where there is one that can
/// be compared, else the object.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
enum Identity<'a> {
    Content { partition: Option<Partition>, size: u64, digest: Vec<u8> },
    Object { key: &'a str, size: u64 },
}

impl<'a> Identity<'a> {
    fn of(file: &'a DataFile, layout: &DatasetLayout, comparable: bool) -> Self {
        match file.digest.filter(|_| comparable) {
            Some(digest) => Self::Content {
                partition: layout.partition_of(&file.key),
                size: file.size,
                digest: digest.as_bytes().to_vec(),
            },
            None => Self::Object { key: file.key.as_str(), size: file.size },
        }
    }
}

fn field_changes(before: &DatasetManifest, after: &DatasetManifest) -> Vec<FieldChange> {
    let field = |name, of: fn(&DatasetManifest) -> Option<&Box<str>>| FieldChange {
        name,
        before: of(before).cloned(),
        after: of(after).cloned(),
    };
    let fields = [
        field("codec", |manifest| manifest.codec.as_ref()),
        field("compressor", |manifest| Some(&manifest.compressor)),
        field("partitioner", |manifest| Some(&manifest.partitioner)),
        field("checksum_algorithm", |manifest| manifest.checksum.as_ref()),
    ];
    fields.into_iter().filter(|field| field.before != field.after).collect()
}
