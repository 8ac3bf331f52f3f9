//! Listing objects.

use std::collections::BTreeSet;

use super::{Found, Outcome, Trial};

/// How many versions are written.
const VERSIONS: u64 = 40;

fn slot(version: u64) -> String {
    format!("snapshots/{version:019}/manifest.lode")
}

/// Every object that was created is listed at once.
pub(super) async fn after_write(trial: &Trial) -> Found {
    for version in 1..=VERSIONS {
        trial.create(&slot(version), version.to_string()).await?;
        let names = trial.names("snapshots", None).await?;
        if !names.contains(&slot(version)) {
            return Err(format!("the object number {version} is not in the list after its create"));
        }
    }
    let names: BTreeSet<_> = trial.names("snapshots", None).await?.into_iter().collect();
    match (1..=VERSIONS).find(|version| !names.contains(&slot(*version))) {
        Some(version) => Err(format!("the object number {version} is not in the list")),
        None => Ok(Outcome::Holds(format!("{VERSIONS} of {VERSIONS}"))),
    }
}

/// Of keys of one shape, all behind the offset are listed.
pub(super) async fn from_offset(trial: &Trial) -> Found {
    for after in [0, 1, VERSIONS / 2, VERSIONS - 1, VERSIONS] {
        let names = trial.names("snapshots", Some(&slot(after))).await?;
        let missing = (after + 1..=VERSIONS).find(|version| !names.contains(&slot(*version)));
        if let Some(version) = missing {
            return Err(format!("from behind {after} on, {version} is not in the list"));
        }
    }
    Ok(Outcome::Holds("none is left out".to_string()))
}

/// In which order they come.
pub(super) async fn order(trial: &Trial) -> Found {
    let names = trial.names("snapshots", None).await?;
    Ok(Outcome::Holds(match names.is_sorted() {
        true => "sorted".to_string(),
        false => "not sorted".to_string(),
    }))
}

/// Keys come back as they were written.
pub(super) async fn keys(trial: &Trial) -> Found {
    let key = "partitions/day=2026-01-01/region=eu%2Fwest/a b~c/segments/data";
    trial.put(key, "by its key").await?;
    let names = trial.names("partitions", None).await?;
    if names != [key] {
        return Err(format!("{key:?} is listed as {names:?}"));
    }
    match trial.get(key).await?.as_slice() {
        b"by its key" => Ok(Outcome::Holds("also with = and % in them".to_string())),
        _ => Err(format!("{key:?} has other bytes than were written")),
    }
}
