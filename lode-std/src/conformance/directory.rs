//! What the file system of a directory can do.

use std::sync::Arc;

use object_store::{Extensions, GetOptions};

use super::{Check, Need, Outcome, Trial};
use crate::store::directory::{Describe, Description};

impl Trial {
    /// What the file system can do; `None` if the store is no directory of ours.
    pub(super) async fn describe(&self) -> Result<Option<Arc<Description>>, String> {
        self.put("described", "now").await?;
        let mut extensions = Extensions::default();
        extensions.insert(Describe);
        let options = GetOptions { head: true, extensions, ..GetOptions::default() };
        let found = self.store.get_opts(&self.path("described")?, options).await;
        let found = found.map_err(|error| format!("it could not be looked at: {error}"))?;
        Ok(found.extensions.get::<Arc<Description>>().cloned())
    }
}

/// What is good to know of a directory, if the store is one.
pub(super) async fn checks(trial: &Trial) -> Vec<Check> {
    let Ok(Some(found)) = trial.describe().await else { return Vec::new() };
    let either = |holds: &Result<bool, String>, yes: &str, no: &str| match holds {
        Ok(true) => Outcome::Holds(yes.to_string()),
        Ok(false) => Outcome::Holds(no.to_string()),
        Err(why) => Outcome::Fails(why.clone()),
    };
    let exclusive = match &found.exclusive {
        Ok(means) => Outcome::Holds((*means).to_string()),
        Err(why) => Outcome::Fails(why.clone()),
    };
    let free = match found.free {
        Some(bytes) => Outcome::Holds(format!("{} MiB", bytes >> 20)),
        None => Outcome::NotApplicable("the file system does not say".to_string()),
    };
    let one = "names that differ only in that are one file";
    let two = "kept apart";
    let note = |name, purpose, outcome| Check { name, need: Need::Nothing, purpose, outcome };
    vec![
        note("exclusive names", "a version is committed once", exclusive),
        note(
            "upper and lower case",
            "partitions may differ in it",
            either(&found.folds_case, one, two),
        ),
        note(
            "Unicode forms",
            "partitions may differ in them",
            either(&found.folds_unicode, one, two),
        ),
        note(
            "synced folders",
            "names survive a power cut",
            either(&found.syncs_folders, "yes", "no: the file system cannot"),
        ),
        note("free space", "what can still be written", free),
    ]
}
