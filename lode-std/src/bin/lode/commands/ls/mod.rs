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
use crate::stores;
use crate::units::count;

/// How many volumes or datasets are looked at at the same time.
const LOOKS_IN_FLIGHT: usize = 8;

pub(super) async fn run(args: LsArgs, out: &mut Output) -> Result<(), Failure> {
    let store = stores::open(&args.store)?;
    if let Some(Medium::Device) = args.layout {
        return list_medium(store, out).await;
    }
    let mut list = List { store: store.clone(), lines: Vec::new() };
    match Volume::list(store.clone()).await {
        Ok(volumes) => list.run("volume", volumes, volume::look).await,
        Err(error) => list.fail("volume", error.into()),
    }
    match DatasetReader::new(store, LayoutKind::Default).datasets().await {
        Ok(datasets) => list.run("dataset", datasets, dataset::look).await,
        Err(error) => list.fail("dataset", error.into()),
    }
    if list.lines.is_empty() {
        let store = store::redact(&args.store);
        out.note(format_args!(
            "there are no volumes and no datasets in {store}: `lode put` and `lode write` make one"
        ));
    }
    list.show(out)
}

/// Shows the one volume that a device has written.
async fn list_medium(store: Arc<dyn ObjectStore>, out: &mut Output) -> Result<(), Failure> {
    let reader = VolumeReader::of_device(store.clone()).await?;
    let (id, looked) = volume::look_at_medium(reader).await;
    let mut list = List { store, lines: Vec::new() };
    list.add("volume", &id, looked);
    list.show(out)
}

/// What is listed.
struct List {
    store: Arc<dyn ObjectStore>,
    lines: Vec<Listed>,
}

/// A line, and what it is of.
struct Listed {
    kind: &'static str,
    name: String,
    line: Line,
    /// The kind of the failure, if it could not be read.
    failed: Option<&'static str>,
}

/// What is said about one of them: to people, and to programs.
struct Line {
    text: String,
    json: Value,
}

impl List {
    /// Looks at all of one kind.
    async fn run<F>(
        &mut self,
        kind: &'static str,
        ids: Vec<Id>,
        look: fn(Id, Arc<dyn ObjectStore>) -> F,
    ) where
        F: Future<Output = Result<Line, Error>>,
    {
        let store = self.store.clone();
        let looks = stream::iter(ids).map(|id| {
            let looked = look(id.clone(), store.clone());
            async move { (id, looked.await) }
        });
        let mut looks = std::pin::pin!(looks.buffered(LOOKS_IN_FLIGHT));
        while let Some((id, looked)) = looks.next().await {
            self.add(kind, &id, looked);
        }
    }

    /// Adds one of them, or why it cannot be shown. A folder in which there is none is somebody
    /// else's.
    fn add(&mut self, kind: &'static str, id: &Id, looked: Result<Line, Error>) {
        let name = printable(format_args!("{kind}s/{id}"));
        match looked.map_err(Failure::from) {
            Ok(line) => self.lines.push(Listed { kind, name, line, failed: None }),
            Err(failure) if failure.is_absence() => {}
            Err(failure) => {
                let line = explained(kind, id.as_str(), &failure);
                self.lines.push(Listed { kind, name, line, failed: Some(failure.kind()) });
            }
        }
    }

    /// Those of one kind could not be listed.
    fn fail(&mut self, kind: &'static str, failure: Failure) {
        let name = format!("{kind}s");
        let line = explained("folder", &name, &failure);
        self.lines.push(Listed { kind, name, line, failed: Some(failure.kind()) });
    }

    /// Shows all of them, and says whether all could be read.
    fn show(self, out: &mut Output) -> Result<(), Failure> {
        let widths = self.lines.iter().map(|listed| listed.name.chars().count());
        let width = widths.max().unwrap_or(0);
        for Listed { name, line, .. } in &self.lines {
            out.line(format_args!("{name:width$}  {}", line.text))?;
            out.json(&line.json)?;
        }
        let failed = self.lines.iter().filter_map(|one| one.failed.map(|why| (one.kind, why)));
        let (nouns, kinds): (Vec<_>, Vec<_>) = failed.unzip();
        let what = match nouns.as_slice() {
            [] => return Ok(()),
            [first, rest @ ..] if rest.iter().all(|noun| noun == first) => {
                count(nouns.len(), first)
            }
            _ => format!("{} of the store", count(nouns.len(), "part")),
        };
        Err(Failure::several(&kinds, &what))
    }
}

fn explained(kind: &str, name: &str, why: &Failure) -> Line {
    let mut json = why.to_json();
    if let Some(fields) = json.as_object_mut() {
        fields.insert(kind.to_string(), name.into());
    }
    Line { text: format!("error: {}", why.message()), json }
}
