//! A volume in one line.

use std::sync::Arc;

use lode_core::id::Id;
use lode_std::{Error, Snapshot, Volume, VolumeReader};
use object_store::ObjectStore;
use serde_json::json;

use super::Line;
use crate::units::{human, percent};

pub(super) async fn look(id: Id, store: Arc<dyn ObjectStore>) -> Result<Line, Error> {
    describe(Volume::existing(id.as_str()).open_read_only(store).await?).await
}

/// The one that a device has written.
pub(super) async fn look_at_medium(reader: VolumeReader) -> (Id, Result<Line, Error>) {
    (reader.id().clone(), describe(reader).await)
}

async fn describe(reader: VolumeReader) -> Result<Line, Error> {
    let head = reader.latest().await?;
    let length = head.as_ref().map(Snapshot::len).or(reader.total_length());
    let text = match (&head, length) {
        (Some(head), _) => format!(
            "version {}  {}  {}",
            head.version().get(),
            human(head.len()),
            percent(head.covered(), head.len())
        ),
        (None, Some(length)) => format!("nothing committed yet  {}", human(length)),
        (None, None) => "nothing committed yet".to_string(),
    };
    let json = json!({
        "volume": reader.id().as_str(),
        "version": head.as_ref().map(|head| head.version().to_string()),
        "length": length,
        "covered": head.as_ref().map_or(0, Snapshot::covered),
    });
    Ok(Line { text, json })
}
