//! The commands that keep a store in order.

pub(super) mod gc;
pub(super) mod repair;
pub(super) mod tags;
pub(super) mod verify;

use lode_std::maintain::Maintenance;
use lode_std::{Error, LayoutKind, Volume};

use super::dataset::OpenDataset;
use crate::args::{Kept, Target};
use crate::failure::Failure;
use crate::stores;

/// The maintenance of a volume or dataset, which is not opened for writing.
async fn open(kept: &Kept) -> Result<Maintenance, Failure> {
    let found = match (&kept.target, kept.layout) {
        (Target::Volume(id), layout) => {
            layout_of_volume(layout)?;
            let store = stores::open(&kept.store)?;
            Volume::existing(id.as_str()).open_read_only(store).await?.maintenance().await
        }
        (Target::Dataset(id), layout) => {
            let opened = OpenDataset::open(&kept.store, id, layout).await?;
            opened.reader.maintenance(id.as_str()).await
        }
    };
    found.map_err(|error| match error {
        // That it is there has just been seen.
        Error::VolumeNotFound { .. } | Error::DatasetNotFound { .. } => {
            let target = &kept.target;
            let message = format!(
                "{target} has no descriptor, which says for how long data are left alone: the Go \
                 implementation wrote it, and nobody else has; `lode put` or `lode write` to it \
                 makes one"
            );
            Failure::refused("unsupported", message)
        }
        error => error.into(),
    })
}

/// Refuses a layout that is given for a volume.
fn layout_of_volume(layout: Option<LayoutKind>) -> Result<(), Failure> {
    match layout {
        None => Ok(()),
        Some(_) => {
            let message = "only datasets have a layout: leave --layout out";
            Err(Failure::refused("invalid-input", message))
        }
    }
}
