//! In what two snapshots' metadata differ.

use alloc::string::String;
use alloc::vec::Vec;

use crate::manifest::{Metadata, Value};

/// A name in the metadata whose value is not the same in both snapshots.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MetadataChange {
    /// The name.
    pub name: String,
    /// Its value in the first; `None` if it has none.
    pub before: Option<Value>,
    /// Its value in the second.
    pub after: Option<Value>,
}

/// All names whose values differ, in order.
pub(super) fn changes(before: &Metadata, after: &Metadata) -> Vec<MetadataChange> {
    let only_after = after.keys().filter(|name| !before.contains_key(*name));
    let mut names: Vec<_> = before.keys().chain(only_after).collect();
    names.sort_unstable();
    let change = |name: &String| MetadataChange {
        name: name.clone(),
        before: before.get(name).cloned(),
        after: after.get(name).cloned(),
    };
    names.into_iter().map(change).filter(|change| change.before != change.after).collect()
}
