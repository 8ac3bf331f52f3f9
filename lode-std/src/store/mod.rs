//! Stores from URLs, and what Lode asks of them.

#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
mod answers;
mod cloud;
pub mod directory;
mod failure;
mod objects;
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
mod once;
mod options;
mod parts;
mod redact;
mod refusal;
mod uploads;

use std::sync::Arc;

use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::is_foreign_name;
use object_store::ObjectStore;

pub(crate) use self::failure::{Failure, without_secrets};
pub(crate) use self::objects::{Creation, Objects, modified};
pub use self::options::StoreOptions;
pub(crate) use self::parts::{PART, Parts};
pub use self::redact::redact;
pub use self::uploads::{UnfinishedUpload, Uploads};
use crate::Error;

/// Opens the store that `location` names, with the default [`StoreOptions`].
///
/// | location | store | feature |
/// | --- | --- | --- |
/// | `file:///path`, or just a path | a [directory], which must exist | |
/// | `file:///path?links=follow` | the same, and links out of it are followed | |
/// | `memory:` | a new, empty store in memory | |
/// | `s3://bucket/folder` | Amazon S3, and whatever speaks it | `s3` |
/// | `gs://bucket/folder` | Google Cloud Storage | `gcs` |
/// | `az://container/folder` | Azure Blob Storage | `azure` |
///
/// Who may use a bucket, and where it is, comes from the provider's usual environment variables
/// (`AWS_ACCESS_KEY_ID`, `AWS_REGION`, `AZURE_STORAGE_ACCOUNT_NAME`, `GOOGLE_SERVICE_ACCOUNT` and
/// so on), or from the query. A server other than the provider's own is named there:
///
/// ```no_run
/// # fn main() -> Result<(), lode_std::Error> {
/// let minio = "s3://bucket/folder?endpoint=http://127.0.0.1:9000&region=us-east-1";
/// let store = lode_std::store::open(minio)?;
/// # Ok(())
/// # }
/// ```
///
/// A [directory] is durable: files, and the directories that name them, are synced before a write
/// is reported as done. Anything else that implements [`ObjectStore`] can be handed to a builder
/// as it is; make sure that it syncs, if it has to be asked to, and that it does not repeat
/// conditional requests on its own (of `object_store`'s own clients: a
/// [`RetryConfig`](https://docs.rs/object_store/latest/object_store/struct.RetryConfig.html) with
/// `max_retries: 0`). Then find out with [`conformance`](crate::conformance).
///
/// GCS is carried by the `object_store` crate, and by nothing that Lode's tests have run against:
/// no server for it can be installed.
///
/// # Errors
///
/// [`Error::StoreNotFound`] if the directory does not exist, [`Error::StoreUrl`] if the location
/// is none of the above.
pub fn open(location: &str) -> Result<Arc<dyn ObjectStore>, Error> {
    StoreOptions::new().open(location)
}

/// The ids below a folder, in order. A folder of somebody else's may be among them, unless its
/// name tells: nothing is found in it.
pub(crate) async fn list_ids(objects: &Objects, folder: &Key) -> Result<Vec<Id>, Error> {
    let folders = objects.folders(folder).await?;
    let ours = folders.iter().filter(|name| !is_foreign_name(name));
    let mut ids: Vec<_> = ours.filter_map(|id| Id::existing(id).ok()).collect();
    ids.sort_unstable();
    Ok(ids)
}
