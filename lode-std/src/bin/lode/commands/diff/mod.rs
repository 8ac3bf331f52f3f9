//! `lode diff`: in what two snapshots of a volume or dataset differ.

mod dataset;
mod volume;

use lode_std::Value as Scalar;
use lode_std::diff::MetadataChange;
use serde_json::{Value, json};

use crate::args::{DiffArgs, Subject};
use crate::failure::{Failure, printable};
use crate::output::Output;

pub(super) async fn run(args: DiffArgs, out: &mut Output) -> Result<(), Failure> {
    match Subject::new(Some(&args.target), args.layout)? {
        Subject::Volume(id, medium) => volume::show((id, medium), &args, out).await,
        Subject::Dataset(id, layout) => dataset::show((id, layout), &args, out).await,
    }
}

fn show_metadata(changes: &[MetadataChange], out: &mut Output) -> Result<(), Failure> {
    for MetadataChange { name, before, after, .. } in changes {
        let value = |value: &Option<Scalar>| value.as_ref().map_or("-".to_string(), text);
        let (name, before, after) = (printable(name), value(before), value(after));
        out.line(format_args!("metadata  {name}: {before} -> {after}"))?;
    }
    Ok(())
}

/// A value as JSON, in which nothing speaks to the terminal.
fn text(value: &Scalar) -> String {
    printable(serde_json::to_value(value).unwrap_or_default())
}

fn metadata_to_json(changes: &[MetadataChange]) -> Value {
    let change = |change: &MetadataChange| {
        let mut object = json!({ "name": change.name });
        let sides = [("before", &change.before), ("after", &change.after)];
        if let Some(fields) = object.as_object_mut() {
            // What is null there is another thing than what is not there.
            for (side, value) in sides.into_iter().filter_map(|(side, value)| {
                Some((side, serde_json::to_value(value.as_ref()?).unwrap_or_default()))
            }) {
                fields.insert(side.to_string(), value);
            }
        }
        object
    };
    changes.iter().map(change).collect()
}
