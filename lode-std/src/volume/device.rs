//! Opening what a device has written.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use lode_core::Version;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::VolumeLayout;
use lode_core::manifest::{Format, SlotContent, SlotManifest, compact};
use lode_core::store::{Name, ObjectKind};

use super::VolumeReader;
use super::slots::VolumeSlots;
use crate::history::History;
use crate::store::Objects;
use crate::{Checksums, Error};

/// Opens the medium of a device for reading.
pub(super) async fn open(objects: Objects) -> Result<VolumeReader, Error> {
    let (id, total_length) = identify(&objects).await?;
    let (layout, checksums) = (VolumeLayout::of_device(id), Checksums::default());
    let slots =
        VolumeSlots { total_length, ..VolumeSlots::bare(layout, Format::Compact, checksums) };
    Ok(VolumeReader { history: Arc::new(History::new(objects, slots)) })
}

/// Id and length of the volume, by the newest manifest that can be read: one that is damaged does
/// not keep the others from being opened.
async fn identify(objects: &Objects) -> Result<(Id, Option<u64>), Error> {
    let mut error = Error::DeviceNotFound { store: objects.to_string() };
    for (place, version) in versions(objects).await?.into_iter().rev().enumerate() {
        let Some(key) = Name::new(ObjectKind::Manifest, version.get()).map(Key::from) else {
            continue;
        };
        let Some(bytes) = objects.read(&key).await? else { continue };
        match compact::decode(&bytes) {
            Ok(SlotContent::Live(manifest)) => return Ok(describe(&manifest)),
            Ok(SlotContent::Collected(tombstone)) => return Ok(describe(&tombstone)),
            Ok(SlotContent::Record(record)) => return Ok(describe(&record)),
            Err(source) if place == 0 => error = Error::ManifestInvalid { key, source },
            Err(_) => {}
        }
    }
    Err(error)
}

fn describe(manifest: &impl SlotManifest) -> (Id, Option<u64>) {
    (manifest.id().clone(), manifest.total_length())
}

/// The versions that there are manifests of, in order.
async fn versions(objects: &Objects) -> Result<Vec<Version>, Error> {
    let found = objects.list_top().try_filter_map(|meta| {
        std::future::ready(Ok(VolumeLayout::parse_device_slot(meta.location.as_ref())))
    });
    let mut versions: Vec<_> = found.boxed().try_collect().await?;
    versions.sort_unstable();
    Ok(versions)
}
