//! The store's clock.

use bytes::Bytes;
use lode_core::time::Timestamp;
use object_store::Error as StoreError;

use super::Keeper;
use crate::Error;
use crate::history::Slots;
use crate::store::modified;

impl<S: Slots> Keeper<S> {
    /// The time by the store's clock: the date of an object that is written to learn it, and
    /// deleted again. Costs three requests.
    pub(super) async fn store_time(&self) -> Result<Timestamp, Error> {
        let objects = &self.history.objects;
        let key = self.history.slots.probe(self.options.bits()?);
        objects.overwrite(&key, Bytes::from_static(b"what time is it?")).await?;
        let found = objects.metadata(&key).await;
        if let Err(error) = objects.delete(&key).await {
            tracing::warn!(%key, %error, "left behind; a later collection will delete it");
        }
        found?.as_ref().and_then(modified).ok_or_else(|| {
            let source = "it was just written".into();
            let path = key.to_string();
            Error::store("date", &key, StoreError::NotFound { path, source })
        })
    }
}
