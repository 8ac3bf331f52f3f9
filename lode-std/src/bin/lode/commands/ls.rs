//! `lode ls`: the volumes of a store.

use futures::stream::{self, StreamExt};
use lode_core::id::Id;
use lode_std::{Error, Snapshot, Volume, store};
use serde_json::json;

use crate::args::LsArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::units::{human, percent};

/// How many volumes are looked at at the same time.
const LOOKS_IN_FLIGHT: usize = 8;

pub(super) async fn run(args: LsArgs, out: &mut Output) -> Result<(), Failure> {
    let store = store::open(&args.store)?;
    let ids = Volume::list(store.clone()).await?;
    if ids.is_empty() {
        out.note(format_args!("there are no volumes in {}: `lode put` makes one", args.store));
    }
    let width = ids.iter().map(|id| id.as_str().chars().count()).max().unwrap_or(0);
    let mut volumes = stream::iter(ids)
        .map(|id| {
            let store = store.clone();
            async move {
                let head = look(&id, store).await;
                (id, head)
            }
        })
        .buffered(LOOKS_IN_FLIGHT);
    let mut damaged = 0;
    while let Some((id, head)) = volumes.next().await {
        match head {
            Ok(head) => show(&id, head.as_ref(), width, out)?,
            Err(error) => {
                damaged += 1;
                show_damaged(&id, &error.into(), width, out)?;
            }
        }
    }
    match damaged {
        0 => Ok(()),
        _ => Err(Failure::some_damaged(damaged, "volume")),
    }
}

async fn look(
    id: &Id,
    store: std::sync::Arc<dyn object_store::ObjectStore>,
) -> Result<Option<Snapshot>, Error> {
    Volume::existing(id.as_str()).open_read_only(store).await?.latest().await
}

fn show(id: &Id, head: Option<&Snapshot>, width: usize, out: &mut Output) -> Result<(), Failure> {
    match head {
        None => {
            out.line(format_args!("volumes/{:width$}  nothing committed yet", id.as_str()))?;
        }
        Some(head) => out.line(format_args!(
            "volumes/{:width$}  version {}  {}  {}",
            id.as_str(),
            head.version().get(),
            human(head.len()),
            percent(head.covered(), head.len())
        ))?,
    }
    out.json(&json!({
        "volume": id.as_str(),
        "version": head.map(|head| head.version().to_string()),
        "length": head.map(Snapshot::len),
        "covered": head.map(Snapshot::covered),
    }))
}

fn show_damaged(id: &Id, why: &Failure, width: usize, out: &mut Output) -> Result<(), Failure> {
    out.line(format_args!("volumes/{:width$}  error: {}", id.as_str(), why.message()))?;
    let mut object = why.to_json();
    if let Some(fields) = object.as_object_mut() {
        fields.insert("volume".to_string(), id.as_str().into());
    }
    out.json(&object)
}
