//! `lode ls`: the volumes and datasets of a store.

mod dataset;
mod volume;

use std::future::Future;
use std::sync::Arc;

use futures::stream::{self, StreamExt};
use lode_core::id::Id;
use lode_std::{DatasetReader, Error, LayoutKind, Volume, VolumeReader, store};
use object_store::ObjectStore;
use serde_json::Value;

use crate::args::{LsArgs, Medium};
use crate::failure::{Failure, printable};
use crate::output::Output;

/// How many volumes or datasets are looked at at the same time.
const LOOKS_IN_FLIGHT: usize = 8;

pub(super) async fn run(args: LsArgs, out: &mut Output) -> Result<(), Failure> {
    let store = store::open(&args.store)?;
    if let Some(Medium::Device) = args.layout {
        return list_medium(store, out).await;
    }
    let volumes = Volume::list(store.clone()).await?;
    let datasets = DatasetReader::new(store.clone(), LayoutKind::Default).datasets().await?;
    if volumes.is_empty() && datasets.is_empty() {
        let store = &args.store;
        out.note(format_args!(
            "there are no volumes and no datasets in {store}: `lode put` and `lode write` make one"
        ));
    }
    let names = volumes.iter().map(|id| ("volumes/", id));
    let names = names.chain(datasets.iter().map(|id| ("datasets/", id)));
    let width = names.map(|(folder, id)| folder.len() + id.as_str().chars().count()).max();
    let mut list = List { store, width: width.unwrap_or(0), damaged: Vec::new() };
    list.run("volume", volumes, volume::look, out).await?;
    list.run("dataset", datasets, dataset::look, out).await?;
    list.end()
}

/// Shows the one volume that a device has written.
async fn list_medium(store: Arc<dyn ObjectStore>, out: &mut Output) -> Result<(), Failure> {
    let reader = VolumeReader::of_device(store.clone()).await?;
    let (id, looked) = volume::look_at_medium(reader).await;
    let mut list = List { store, width: 0, damaged: Vec::new() };
    list.show("volume", &id, looked, out)?;
    list.end()
}

/// What is listed.
struct List {
    store: Arc<dyn ObjectStore>,
    /// Of the longest name.
    width: usize,
    /// The kinds of those that cannot be read.
    damaged: Vec<&'static str>,
}

/// What is said about one of them: to people, and to programs.
struct Line {
    text: String,
    json: Value,
}

impl List {
    /// Shows all of one kind, or why they cannot be shown.
    async fn run<F>(
        &mut self,
        kind: &'static str,
        ids: Vec<Id>,
        look: fn(Id, Arc<dyn ObjectStore>) -> F,
        out: &mut Output,
    ) -> Result<(), Failure>
    where
        F: Future<Output = Result<Line, Error>>,
    {
        let store = self.store.clone();
        let looks = stream::iter(ids).map(|id| {
            let looked = look(id.clone(), store.clone());
            async move { (id, looked.await) }
        });
        let mut looks = std::pin::pin!(looks.buffered(LOOKS_IN_FLIGHT));
        while let Some((id, looked)) = looks.next().await {
            self.show(kind, &id, looked, out)?;
        }
        Ok(())
    }

    fn show(
        &mut self,
        kind: &'static str,
        id: &Id,
        looked: Result<Line, Error>,
        out: &mut Output,
    ) -> Result<(), Failure> {
        let name = printable(format_args!("{kind}s/{id}"));
        let line = looked.unwrap_or_else(|error| {
            self.damaged.push(kind);
            damaged(kind, id, &error.into())
        });
        out.line(format_args!("{name:width$}  {}", line.text, width = self.width))?;
        out.json(&line.json)
    }

    /// Whether all of them could be read.
    fn end(self) -> Result<(), Failure> {
        match self.damaged.as_slice() {
            [] => Ok(()),
            [first, rest @ ..] => {
                let alike = rest.iter().all(|kind| kind == first);
                let noun = if alike { first } else { "volume or dataset" };
                Err(Failure::some_damaged(self.damaged.len(), noun))
            }
        }
    }
}

fn damaged(kind: &str, id: &Id, why: &Failure) -> Line {
    let mut json = why.to_json();
    if let Some(fields) = json.as_object_mut() {
        fields.insert(kind.to_string(), id.as_str().into());
    }
    Line { text: format!("error: {}", why.message()), json }
}
