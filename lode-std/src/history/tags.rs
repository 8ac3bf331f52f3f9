//! Tags: copies of manifests, under names.

use std::sync::Arc;

use futures::TryStreamExt;
use lode_core::collect::Tag;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::manifest::ManifestError;
use lode_core::time::Timestamp;

use super::{Found, History, Live, Slots};
use crate::Error;

/// A tag, or with an end a lease, as it was read.
pub(crate) struct Tagged<M> {
    pub(crate) end: Option<Timestamp>,
    pub(crate) live: Arc<Live<M>>,
}

impl<M> Tagged<M> {
    /// Whether it pins nothing any more, at the time `now`.
    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        self.end.is_some_and(|end| end <= now)
    }
}

impl<S: Slots> History<S> {
    /// The manifest that was tagged with this name. Costs one read.
    pub(crate) async fn tagged(&self, name: &str) -> Result<Arc<Live<S::Manifest>>, Error> {
        let name = Id::new(name)?;
        match self.load_tag(&self.slots.tag(&name)).await? {
            Some(tagged) => Ok(tagged.live),
            None => Err(Error::TagNotFound { id: self.id().clone(), name }),
        }
    }

    /// The keys of all tags. What else lies among them is somebody else's.
    pub(crate) async fn tag_keys(&self) -> Result<Vec<Key>, Error> {
        let list = self.objects.list(&self.slots.tags(), None)?;
        let keys = list.try_filter_map(async |meta| {
            let name = self.slots.parse_tag(meta.location.as_ref());
            Ok(name.map(|name| self.slots.tag(&name)))
        });
        keys.try_collect().await
    }

    /// The tag in this object, if it is there. Costs one read.
    pub(crate) async fn load_tag(&self, key: &Key) -> Result<Option<Tagged<S::Manifest>>, Error> {
        let Some(bytes) = self.objects.read(key).await? else { return Ok(None) };
        let invalid = |source| Error::ManifestInvalid { key: key.clone(), source };
        let tag = Tag::decode(&bytes).map_err(invalid)?;
        match self.parse(key, tag.manifest, None)? {
            Found::Live(live) => Ok(Some(Tagged { end: tag.end, live })),
            Found::Absent | Found::Collected(_) | Found::Record(_) => {
                Err(invalid(ManifestError::Field {
                    field: "manifest".into(),
                    reason: "it is not a snapshot, and nothing else can be tagged".into(),
                }))
            }
        }
    }
}
