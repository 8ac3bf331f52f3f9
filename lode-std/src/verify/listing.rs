//! The listing of a history's folder: a first look, which proves nothing.

use std::collections::BTreeMap;

use futures::StreamExt;
use lode_core::key::Key;
use lode_core::time::Timestamp;

use crate::Error;
use crate::store::{Objects, modified};

/// After so many failures a listing is given up.
const MOST_FAILURES: usize = 100;

/// What was listed below a folder. It is not one moment, and folders that cannot be read are
/// missing from it, so what is not there has to be looked at by its key.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) objects: BTreeMap<String, Listed>,
    /// Why it may lack more than what came and went meanwhile.
    pub(super) failures: Vec<Error>,
}

/// An object that was listed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    pub(super) size: u64,
    pub(super) modified: Option<Timestamp>,
}

impl Listing {
    /// Lists what can be listed. Costs one request for each thousand objects.
    pub(super) async fn of(objects: &Objects, folder: &Key) -> Self {
        let mut found = Self::default();
        let mut list = match objects.list(folder, None) {
            Ok(list) => list,
            Err(error) => return Self { failures: vec![error], ..found },
        };
        while let Some(meta) = list.next().await {
            match meta {
                Ok(meta) => {
                    let listed = Listed { size: meta.size, modified: modified(&meta) };
                    found.objects.insert(meta.location.to_string(), listed);
                }
                Err(error) => found.failures.push(error),
            }
            if found.failures.len() >= MOST_FAILURES {
                break;
            }
        }
        found
    }
}
