//! Descriptors in JSON.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::Deserialize;

use super::{DatasetDescriptor, VolumeDescriptor};
use crate::id::Id;
use crate::manifest::ManifestError;
use crate::manifest::json::{FORMAT, Object, check_schema, json_error, wrong};
use crate::manifest::volume::check_length;

const VOLUME_SCHEMA: &str = "lode-volume";
const DATASET_SCHEMA: &str = "lode-dataset";
/// How many bytes a descriptor has, unless its id is long.
const ROOM: usize = 256;

/// The descriptor of a volume in JSON. The same one always makes the same bytes.
///
/// # Errors
///
/// [`ManifestError::Field`] if its total length is out of bounds.
pub fn encode_volume(descriptor: &VolumeDescriptor) -> Result<Vec<u8>, ManifestError> {
    check_length(descriptor.total_length)?;
    Object::write(ROOM, |object| {
        object.text("schema_name", VOLUME_SCHEMA);
        object.text("format_version", FORMAT);
        object.text("volume_id", descriptor.id.as_str());
        object.text("manifest_format", descriptor.format.name());
        object.number("total_length", descriptor.total_length);
        if let Some(checksum) = &descriptor.checksum {
            object.text("checksum_algorithm", checksum);
        }
        object.number("grace_period_seconds", descriptor.grace_period);
    })
}

/// Reads what [`encode_volume`] wrote.
///
/// # Errors
///
/// As those of manifests.
pub fn decode_volume(bytes: &[u8]) -> Result<VolumeDescriptor, ManifestError> {
    let wire: VolumeWire<'_> = serde_json::from_slice(bytes).map_err(|e| json_error(&e))?;
    check_schema(VOLUME_SCHEMA, &wire.schema_name, &wire.format_version)?;
    check_length(wire.total_length)?;
    Ok(VolumeDescriptor {
        id: Id::existing(&wire.volume_id).map_err(|e| wrong("volume_id", e))?,
        format: wire.manifest_format.parse().map_err(|e| wrong("manifest_format", e))?,
        total_length: wire.total_length,
        checksum: wire.checksum_algorithm.map(|name| Box::from(name.as_ref())),
        grace_period: wire.grace_period_seconds,
    })
}

/// The descriptor of a dataset in JSON. The same one always makes the same bytes.
///
/// # Errors
///
/// None in practice; the type is that of [`encode_volume`].
pub fn encode_dataset(descriptor: &DatasetDescriptor) -> Result<Vec<u8>, ManifestError> {
    Object::write(ROOM, |object| {
        object.text("schema_name", DATASET_SCHEMA);
        object.text("format_version", FORMAT);
        object.text("dataset_id", descriptor.id.as_str());
        object.text("layout", descriptor.layout.name());
        if let Some(checksum) = &descriptor.checksum {
            object.text("checksum_algorithm", checksum);
        }
        object.number("grace_period_seconds", descriptor.grace_period);
    })
}

/// Reads what [`encode_dataset`] wrote.
///
/// # Errors
///
/// As those of manifests.
pub fn decode_dataset(bytes: &[u8]) -> Result<DatasetDescriptor, ManifestError> {
    let wire: DatasetWire<'_> = serde_json::from_slice(bytes).map_err(|e| json_error(&e))?;
    check_schema(DATASET_SCHEMA, &wire.schema_name, &wire.format_version)?;
    Ok(DatasetDescriptor {
        id: Id::existing(&wire.dataset_id).map_err(|e| wrong("dataset_id", e))?,
        layout: wire.layout.parse().map_err(|e| wrong("layout", e))?,
        checksum: wire.checksum_algorithm.map(|name| Box::from(name.as_ref())),
        grace_period: wire.grace_period_seconds,
    })
}

#[derive(Deserialize)]
struct VolumeWire<'a> {
    #[serde(borrow)]
    schema_name: Cow<'a, str>,
    #[serde(borrow)]
    format_version: Cow<'a, str>,
    #[serde(borrow)]
    volume_id: Cow<'a, str>,
    #[serde(borrow)]
    manifest_format: Cow<'a, str>,
    total_length: u64,
    #[serde(borrow, default)]
    checksum_algorithm: Option<Cow<'a, str>>,
    grace_period_seconds: u64,
}

#[derive(Deserialize)]
struct DatasetWire<'a> {
    #[serde(borrow)]
    schema_name: Cow<'a, str>,
    #[serde(borrow)]
    format_version: Cow<'a, str>,
    #[serde(borrow)]
    dataset_id: Cow<'a, str>,
    #[serde(borrow)]
    layout: Cow<'a, str>,
    #[serde(borrow, default)]
    checksum_algorithm: Option<Cow<'a, str>>,
    grace_period_seconds: u64,
}
