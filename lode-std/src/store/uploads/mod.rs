//! Uploads in parts that were begun and never came to an end.

mod directory;
#[cfg_attr(not(feature = "s3"), path = "s3_disabled.rs")]
mod s3;

use std::path::PathBuf;

use lode_core::time::Timestamp;

use super::options::{Place, refused};
use super::{StoreOptions, cloud};
use crate::Error;

/// Looks for uploads in parts that were begun and neither completed nor given up: by a process
/// that was killed, say. Nothing of them is seen in any snapshot, but they take up space.
///
/// | store | what there is |
/// | --- | --- |
/// | a directory | the files that are written before they get their names, in `.lode-tmp` |
/// | S3 | what `ListMultipartUploads` returns |
/// | Azure | nothing to do: the service drops such parts after a week |
/// | GCS | set a lifecycle rule `AbortIncompleteMultipartUpload` on the bucket |
#[derive(Debug)]
pub struct Uploads {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Directory(PathBuf),
    S3(s3::Bucket),
    /// There are none.
    None,
}

/// An upload in parts that was begun, and has not come to an end yet. It may still be running.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnfinishedUpload {
    /// The key of the object that it would become.
    pub key: String,
    /// When it was begun; in a directory, when it was last written to.
    pub begun: Option<Timestamp>,
    /// How the store tells it from others for the same key.
    id: String,
}

impl Uploads {
    /// Begins to look in the store that `location` names. Costs nothing.
    ///
    /// # Errors
    ///
    /// Those of [`store::open`](super::open); [`Error::StoreUrl`] if such a store cannot tell.
    pub fn open(location: &str, options: &StoreOptions) -> Result<Self, Error> {
        let kind = match options.place(location)? {
            Place::Memory => Kind::None,
            Place::Directory(path, _) => Kind::Directory(path),
            Place::Cloud(url, options) => match url.scheme() {
                "s3" | "s3a" => {
                    let bucket = s3::Bucket::open(&url, &options);
                    Kind::S3(bucket.map_err(|reason| refused(location, reason))?)
                }
                "az" | "azure" | "abfs" | "abfss" => Kind::None,
                "gs" => {
                    let reason = "its unfinished uploads cannot be listed: let a lifecycle rule of \
                        the bucket end them";
                    return Err(refused(location, reason));
                }
                scheme => return Err(refused(location, cloud::unknown(scheme))),
            },
        };
        Ok(Self { kind })
    }

    /// All there are, by their keys.
    ///
    /// Costs one request for each thousand; in a directory, the list of one folder.
    ///
    /// # Errors
    ///
    /// Whatever the store reports.
    pub async fn list(&self) -> Result<Vec<UnfinishedUpload>, Error> {
        let mut found = match &self.kind {
            Kind::Directory(path) => directory::list(path).await?,
            Kind::S3(bucket) => bucket.list().await?,
            Kind::None => Vec::new(),
        };
        found.sort_by(|a, b| (&a.key, &a.id).cmp(&(&b.key, &b.id)));
        Ok(found)
    }

    /// Gives one up: its parts go. If it is still running, it will fail. Costs one request.
    ///
    /// # Errors
    ///
    /// Whatever the store reports; that it has come to an end meanwhile is no error.
    pub async fn abort(&self, upload: &UnfinishedUpload) -> Result<(), Error> {
        match &self.kind {
            Kind::Directory(path) => directory::abort(path, upload).await,
            Kind::S3(bucket) => bucket.abort(upload).await,
            Kind::None => Ok(()),
        }
    }
}
