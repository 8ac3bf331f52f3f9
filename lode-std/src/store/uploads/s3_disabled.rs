//! What is there of [`super::s3`] without the feature: a bucket that cannot be opened.

use url::Url;

use super::UnfinishedUpload;
use crate::Error;
use crate::store::StoreOptions;

/// There is none.
#[derive(Debug)]
pub(super) enum Bucket {}

impl Bucket {
    pub(super) fn open(_: &Url, _: &StoreOptions) -> Result<Self, String> {
        Err("this build has no s3://: build with the feature `s3`".to_string())
    }

    pub(super) async fn list(&self) -> Result<Vec<UnfinishedUpload>, Error> {
        match *self {}
    }

    pub(super) async fn abort(&self, _: &UnfinishedUpload) -> Result<(), Error> {
        match *self {}
    }
}
