//! What is referred to, and must not be deleted.

use std::collections::HashSet;

use lode_core::collect::MarkSet;
use lode_core::key::Key;
use lode_core::layout::Reference;
use lode_core::manifest::pages::PageName;

use crate::Error;
use crate::history::{History, LostPage, Slots};

/// The objects that manifests refer to. A page is read once, however many snapshots share it.
#[derive(Debug)]
pub(super) struct Marks {
    keys: MarkSet,
    /// The pages whose references are all marked. By their names, not by `keys`, where two may
    /// fall together.
    seen: HashSet<PageName>,
}

impl Marks {
    pub(super) fn new() -> Self {
        Self { keys: MarkSet::new(), seen: HashSet::new() }
    }

    /// Marks all that a manifest refers to. Costs one read for each page that was not seen.
    pub(super) async fn mark<S: Slots>(
        &mut self,
        history: &History<S>,
        manifest: &S::Manifest,
    ) -> Result<(), Error> {
        let Self { keys, seen } = self;
        let mut see = |found: Result<Reference, LostPage>| {
            keys.mark(found?.key.as_str());
            Ok(())
        };
        history.slots.references(&history.objects, manifest, seen, &mut see).await
    }

    /// A listing begins.
    pub(super) fn begin_listing(&mut self) {
        self.keys.begin_listing();
    }

    /// Takes note that a key was listed: whether it is marked.
    pub(super) fn see(&mut self, key: &Key) -> bool {
        self.keys.see(key)
    }

    pub(super) fn keys(&self) -> &MarkSet {
        &self.keys
    }
}
