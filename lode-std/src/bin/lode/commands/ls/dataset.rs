//! A dataset in one line.

use std::sync::Arc;

use lode_core::id::Id;
use lode_std::{DatasetReader, DatasetSnapshot, Error};
use object_store::ObjectStore;
use serde_json::json;

use super::Line;
use crate::commands::dataset::codec;
use crate::failure::printable;
use crate::units::{count, counted};

pub(super) async fn look(id: Id, store: Arc<dyn ObjectStore>) -> Result<Line, Error> {
    let layout = DatasetReader::find_layout(store.clone(), id.as_str()).await?;
    let layout = layout.ok_or_else(|| Error::DatasetNotFound { id: id.clone() })?;
    let head = DatasetReader::new(store, layout).latest(id.as_str()).await?;
    let text = match &head {
        Some(head) => format!(
            "version {}  {}  {}  {}",
            head.version().get(),
            counted(head.row_count(), "row"),
            count(head.files().len(), "file"),
            printable(codec(head))
        ),
        None => "nothing committed yet".to_string(),
    };
    let json = json!({
        "dataset": id.as_str(),
        "layout": layout.name(),
        "version": head.as_ref().map(|head| head.version().to_string()),
        "rows": head.as_ref().map(DatasetSnapshot::row_count),
        "files": head.as_ref().map(|head| head.files().len()),
        "codec": head.as_ref().map(codec),
    });
    Ok(Line { text, json })
}
