//! The manifest of a dataset's snapshot in JSON.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use super::common::{FORMAT, Place, Text, check_extra, format_time, parse_time, write};
use super::{json_error, wrong};
use crate::checksum::Digest;
use crate::codec::{ColumnStats, FileStats};
use crate::key::Key;
use crate::manifest::{
    DataFile, DatasetManifest, ManifestError, Metadata, SlotContent, Tombstone, Value,
};
use crate::time::ZonedTimestamp;

/// What `schema_name` says.
const SCHEMA: &str = "lode-manifest";

/// The manifest in JSON, as the Go implementation writes it.
///
/// # Errors
///
/// [`ManifestError::Field`] if it is not valid.
pub fn encode_dataset(manifest: &DatasetManifest) -> Result<Vec<u8>, ManifestError> {
    validate(manifest)?;
    check_extra(&manifest.extra, DatasetWire::FIELDS)?;
    write(&DatasetWire {
        schema_name: SCHEMA.into(),
        format_version: FORMAT.into(),
        dataset_id: manifest.id.as_str().into(),
        snapshot_id: manifest.version.to_string().into(),
        created_at: write_time("created_at", manifest.created_at.map(ZonedTimestamp::from))?,
        metadata: Cow::Borrowed(&manifest.metadata),
        files: manifest.files.iter().map(FileWire::new).collect(),
        parent_snapshot_id: manifest.parent.map(|parent| parent.to_string().into()),
        row_count: manifest.row_count,
        min_timestamp: write_time("min_timestamp", manifest.min_timestamp)?,
        max_timestamp: write_time("max_timestamp", manifest.max_timestamp)?,
        codec: manifest.codec.as_deref().map(Cow::Borrowed),
        compressor: manifest.compressor.as_ref().into(),
        partitioner: manifest.partitioner.as_ref().into(),
        checksum_algorithm: manifest.checksum.as_deref().map(Cow::Borrowed),
        commit_id: manifest.commit_id.map(|id| id.to_string().into()),
        parent_digest: manifest.parent_digest.map(|digest| digest.to_string().into()),
        collected: None,
        extra: Cow::Borrowed(&manifest.extra),
    })
}

/// The tombstone of a dataset's snapshot in JSON: a valid manifest without files, so that the Go
/// implementation can list past it.
///
/// # Errors
///
/// [`ManifestError::Unrepresentable`] if its time cannot be written.
pub fn encode_dataset_tombstone(tombstone: &Tombstone) -> Result<Vec<u8>, ManifestError> {
    write(&DatasetWire {
        schema_name: SCHEMA.into(),
        format_version: FORMAT.into(),
        dataset_id: tombstone.id.as_str().into(),
        snapshot_id: tombstone.version.to_string().into(),
        created_at: write_time("created_at", tombstone.created_at.map(ZonedTimestamp::from))?,
        metadata: Cow::Owned(Metadata::new()),
        files: Vec::new(),
        parent_snapshot_id: tombstone.parent.map(|parent| parent.to_string().into()),
        row_count: 0,
        min_timestamp: None,
        max_timestamp: None,
        codec: None,
        compressor: DatasetManifest::NONE.into(),
        partitioner: DatasetManifest::NONE.into(),
        checksum_algorithm: None,
        commit_id: tombstone.commit_id.map(|id| id.to_string().into()),
        parent_digest: tombstone.parent_digest.map(|digest| digest.to_string().into()),
        collected: Some(tombstone.digest.to_string().into()),
        extra: Cow::Owned(Metadata::new()),
    })
}

/// What the bytes of a slot hold. Every path must lie below `prefix`, the dataset's own.
///
/// # Errors
///
/// [`ManifestError::Json`] with line and column, or [`ManifestError::Field`] with the field.
pub fn decode_dataset(
    bytes: &[u8],
    prefix: &str,
) -> Result<SlotContent<DatasetManifest>, ManifestError> {
    let wire: DatasetWire<'_> = serde_json::from_slice(bytes).map_err(|e| json_error(&e))?;
    let placed = wire.place().parse()?;
    let content = (!wire.files.is_empty()).then_some("files");
    if let Some(tombstone) = placed.tombstone(None, content)? {
        return Ok(SlotContent::Collected(tombstone));
    }
    let files = wire.files.into_iter().enumerate();
    let manifest = DatasetManifest {
        id: placed.id,
        version: placed.version,
        parent: placed.parent,
        parent_digest: placed.parent_digest,
        commit_id: placed.commit_id,
        created_at: placed.created_at,
        metadata: wire.metadata.into_owned(),
        files: files.map(|(index, file)| file.decode(index, prefix)).collect::<Result<_, _>>()?,
        row_count: wire.row_count,
        min_timestamp: read_time("min_timestamp", wire.min_timestamp.as_deref())?,
        max_timestamp: read_time("max_timestamp", wire.max_timestamp.as_deref())?,
        codec: wire.codec.map(|name| Box::from(name.as_ref())),
        compressor: Box::from(wire.compressor.as_ref()),
        partitioner: Box::from(wire.partitioner.as_ref()),
        checksum: wire.checksum_algorithm.map(|name| Box::from(name.as_ref())),
        extra: wire.extra.into_owned(),
    };
    validate(&manifest)?;
    Ok(SlotContent::Live(manifest))
}

/// Checks what JSON cannot express by itself.
fn validate(manifest: &DatasetManifest) -> Result<(), ManifestError> {
    for (field, name) in
        [("compressor", &manifest.compressor), ("partitioner", &manifest.partitioner)]
    {
        if name.is_empty() {
            return Err(wrong(field, "it is empty; none is called noop"));
        }
    }
    let mut seen = HashSet::with_capacity(manifest.files.len());
    for (index, file) in manifest.files.iter().enumerate() {
        if !seen.insert(&file.key) {
            return Err(wrong(format!("files[{index}].path"), "another file has the same path"));
        }
    }
    match manifest.metadata.iter().find(|(_, value)| !value.is_writable()) {
        Some((name, _)) => {
            let reason = "it is nested too deep, or a number that is not finite";
            Err(wrong(format!("metadata.{name}"), reason))
        }
        None => Ok(()),
    }
}

fn write_time(
    field: &str,
    at: Option<ZonedTimestamp>,
) -> Result<Option<Text<'static>>, ManifestError> {
    at.map(|at| format_time(field, at).map(Cow::Owned)).transpose()
}

fn read_time(field: &str, text: Option<&str>) -> Result<Option<ZonedTimestamp>, ManifestError> {
    text.map(|text| parse_time(field, text)).transpose()
}

/// The fields in the order in which the Go implementation writes them.
#[derive(Deserialize, Serialize)]
struct DatasetWire<'a> {
    #[serde(borrow)]
    schema_name: Text<'a>,
    #[serde(borrow)]
    format_version: Text<'a>,
    #[serde(borrow)]
    dataset_id: Text<'a>,
    #[serde(borrow)]
    snapshot_id: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    created_at: Option<Text<'a>>,
    metadata: Cow<'a, Metadata>,
    #[serde(borrow)]
    files: Vec<FileWire<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    parent_snapshot_id: Option<Text<'a>>,
    row_count: u64,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    min_timestamp: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    max_timestamp: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    codec: Option<Text<'a>>,
    #[serde(borrow)]
    compressor: Text<'a>,
    #[serde(borrow)]
    partitioner: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    checksum_algorithm: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    commit_id: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    parent_digest: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    collected: Option<Text<'a>>,
    #[serde(flatten)]
    extra: Cow<'a, BTreeMap<String, Value>>,
}

impl DatasetWire<'_> {
    const FIELDS: &'static [&'static str] = &[
        "schema_name",
        "format_version",
        "dataset_id",
        "snapshot_id",
        "created_at",
        "metadata",
        "files",
        "parent_snapshot_id",
        "row_count",
        "min_timestamp",
        "max_timestamp",
        "codec",
        "compressor",
        "partitioner",
        "checksum_algorithm",
        "commit_id",
        "parent_digest",
        "collected",
    ];

    fn place(&self) -> Place<'_> {
        Place {
            schema: SCHEMA,
            id_field: "dataset_id",
            schema_name: &self.schema_name,
            format_version: &self.format_version,
            id: &self.dataset_id,
            snapshot_id: &self.snapshot_id,
            created_at: self.created_at.as_deref(),
            parent_snapshot_id: self.parent_snapshot_id.as_deref(),
            commit_id: self.commit_id.as_deref(),
            parent_digest: self.parent_digest.as_deref(),
            collected: self.collected.as_deref(),
        }
    }
}

#[derive(Deserialize, Serialize)]
struct FileWire<'a> {
    #[serde(borrow)]
    path: Text<'a>,
    size_bytes: u64,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    checksum: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stats: Option<StatsWire<'a>>,
    #[serde(flatten)]
    extra: Cow<'a, BTreeMap<String, Value>>,
}

impl<'a> FileWire<'a> {
    fn new(file: &'a DataFile) -> Self {
        Self {
            path: file.key.as_str().into(),
            size_bytes: file.size,
            checksum: file.digest.map(|digest| digest.to_string().into()),
            stats: file.stats.as_ref().map(StatsWire::new),
            extra: Cow::Borrowed(&file.extra),
        }
    }

    fn decode(self, index: usize, prefix: &str) -> Result<DataFile, ManifestError> {
        let field = |name: &str| format!("files[{index}].{name}");
        let key = Key::new(self.path).map_err(|e| wrong(field("path"), e))?;
        if !key.is_below(prefix) {
            return Err(wrong(field("path"), format!("{key} does not lie below {prefix}")));
        }
        let digest = self.checksum.map(|digest| digest.parse::<Digest>()).transpose();
        Ok(DataFile {
            key,
            size: self.size_bytes,
            digest: digest.map_err(|e| wrong(field("checksum"), e))?,
            stats: self.stats.map(StatsWire::decode),
            extra: self.extra.into_owned(),
        })
    }
}

#[derive(Deserialize, Serialize)]
struct StatsWire<'a> {
    row_count: u64,
    #[serde(default)]
    columns: Vec<ColumnWire<'a>>,
}

impl<'a> StatsWire<'a> {
    fn new(stats: &'a FileStats) -> Self {
        let columns = stats.columns.iter().map(ColumnWire::new).collect();
        Self { row_count: stats.row_count, columns }
    }

    fn decode(self) -> FileStats {
        let columns = self.columns.into_iter().map(ColumnWire::decode).collect();
        FileStats { row_count: self.row_count, columns }
    }
}

#[derive(Deserialize, Serialize)]
struct ColumnWire<'a> {
    name: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<Cow<'a, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<Cow<'a, Value>>,
    null_count: u64,
}

impl<'a> ColumnWire<'a> {
    fn new(column: &'a ColumnStats) -> Self {
        Self {
            name: column.name.as_ref().into(),
            min: column.min.as_ref().map(Cow::Borrowed),
            max: column.max.as_ref().map(Cow::Borrowed),
            null_count: column.null_count,
        }
    }

    fn decode(self) -> ColumnStats {
        ColumnStats {
            name: Box::from(self.name.as_ref()),
            min: self.min.map(Cow::into_owned),
            max: self.max.map(Cow::into_owned),
            null_count: self.null_count,
        }
    }
}
