//! The manifest of a dataset's snapshot in JSON.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use hashbrown::HashSet;
use serde::Deserialize;

use super::common::{Kind, Place, Placed, StateWire, Text, check_extra, format_time, parse_time};
use super::writer::Object;
use super::{json_error, wrong};
use crate::checksum::Digest;
use crate::codec::{ColumnStats, FileStats};
use crate::key::Key;
use crate::manifest::{
    DataFile, DatasetManifest, ManifestError, Metadata, Record, SlotContent, Tombstone, Value,
};
use crate::time::ZonedTimestamp;

const KIND: Kind = Kind { schema: "lode-manifest", id_field: "dataset_id" };
/// How many bytes there are between the ends of a manifest, but for its files.
const CONTENT: usize = 192;
/// How many bytes a file takes, unless its key is long or much is said of it.
const FILE: usize = 192;

/// The manifest in JSON, as the Go implementation writes it.
///
/// # Errors
///
/// [`ManifestError::Field`] if it is not valid.
pub fn encode_dataset(manifest: &DatasetManifest) -> Result<Vec<u8>, ManifestError> {
    validate(manifest)?;
    check_extra(&manifest.extra, DatasetWire::FIELDS)?;
    let time = |field, at: Option<_>| at.map(|at| format_time(field, at)).transpose();
    let min_timestamp = time("min_timestamp", manifest.min_timestamp)?;
    let max_timestamp = time("max_timestamp", manifest.max_timestamp)?;
    let room = CONTENT + FILE * manifest.files.len();
    Placed::of(manifest).write(&KIND, &manifest.metadata, &manifest.extra, room, |object| {
        object.list("files", &manifest.files, write_file);
        object.printed("parent_snapshot_id", manifest.parent);
        object.number("row_count", manifest.row_count);
        object.printed("min_timestamp", min_timestamp);
        object.printed("max_timestamp", max_timestamp);
        if let Some(codec) = &manifest.codec {
            object.text("codec", codec);
        }
        object.text("compressor", &manifest.compressor);
        object.text("partitioner", &manifest.partitioner);
        if let Some(checksum) = &manifest.checksum {
            object.text("checksum_algorithm", checksum);
        }
    })
}

/// The tombstone of a dataset's snapshot in JSON: a valid manifest without files, so that the Go
/// implementation can list past it.
///
/// # Errors
///
/// [`ManifestError::Unrepresentable`] if its time cannot be written.
pub fn encode_dataset_tombstone(tombstone: &Tombstone) -> Result<Vec<u8>, ManifestError> {
    write_empty(&Placed::of_tombstone(tombstone))
}

/// The record of a dataset in JSON: a valid manifest without files, so that the Go implementation
/// reads past it.
///
/// # Errors
///
/// [`ManifestError::Unrepresentable`] if its time cannot be written.
pub fn encode_dataset_record(record: &Record) -> Result<Vec<u8>, ManifestError> {
    write_empty(&Placed::of_record(record))
}

fn write_empty(placed: &Placed) -> Result<Vec<u8>, ManifestError> {
    let none = Metadata::new();
    placed.write(&KIND, &none, &none, CONTENT, |object| {
        object.list("files", [], |_, ()| ());
        object.printed("parent_snapshot_id", placed.parent);
        object.number("row_count", 0);
        object.text("compressor", DatasetManifest::NONE);
        object.text("partitioner", DatasetManifest::NONE);
    })
}

fn write_file(object: &mut Object, file: &DataFile) {
    object.text("path", file.key.as_str());
    object.number("size_bytes", file.size);
    object.printed("checksum", file.digest);
    if let Some(stats) = &file.stats {
        object.object("stats", |object| {
            object.number("row_count", stats.row_count);
            if !stats.columns.is_empty() {
                object.list("columns", &stats.columns, write_column);
            }
        });
    }
    object.values(&file.extra);
}

fn write_column(object: &mut Object, column: &ColumnStats) {
    object.text("name", &column.name);
    for (name, bound) in [("min", &column.min), ("max", &column.max)] {
        if let Some(bound) = bound {
            object.value(name, bound);
        }
    }
    object.number("null_count", column.null_count);
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
    if let Some(found) = placed.without_content(None, content)? {
        return Ok(found);
    }
    let files = wire.files.into_iter().enumerate();
    let manifest = DatasetManifest {
        id: placed.id,
        version: placed.version,
        parent: placed.parent,
        parent_digest: placed.parent_digest,
        commit_id: placed.commit_id,
        created_at: placed.created_at,
        metadata: wire.metadata,
        files: files.map(|(index, file)| file.decode(index, prefix)).collect::<Result<_, _>>()?,
        row_count: wire.row_count,
        min_timestamp: read_time("min_timestamp", wire.min_timestamp.as_deref())?,
        max_timestamp: read_time("max_timestamp", wire.max_timestamp.as_deref())?,
        codec: wire.codec.map(|name| Box::from(name.as_ref())),
        compressor: Box::from(wire.compressor.as_ref()),
        partitioner: Box::from(wire.partitioner.as_ref()),
        checksum: wire.checksum_algorithm.map(|name| Box::from(name.as_ref())),
        state: placed.state,
        extra: wire.extra,
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
    check_files(&manifest.files)?;
    match manifest.metadata.iter().find(|(_, value)| !value.is_writable()) {
        Some((name, _)) => {
            let reason = "it is nested too deep, or a number that is not finite";
            Err(wrong(format!("metadata.{name}"), reason))
        }
        None => Ok(()),
    }
}

fn read_time(field: &str, text: Option<&str>) -> Result<Option<ZonedTimestamp>, ManifestError> {
    text.map(|text| parse_time(field, text)).transpose()
}

/// Checks that no two files are the same.
fn check_files(files: &[DataFile]) -> Result<(), ManifestError> {
    // The one file of most snapshots has no other.
    if files.len() < 2 {
        return Ok(());
    }
    let mut seen = HashSet::with_capacity(files.len());
    match files.iter().position(|file| !seen.insert(&file.key)) {
        Some(index) => Err(wrong(format!("files[{index}].path"), "another file has the same path")),
        None => Ok(()),
    }
}

/// The fields in the order in which the Go implementation writes them.
#[derive(Deserialize)]
struct DatasetWire<'a> {
    #[serde(borrow)]
    schema_name: Text<'a>,
    #[serde(borrow)]
    format_version: Text<'a>,
    #[serde(borrow)]
    dataset_id: Text<'a>,
    #[serde(borrow)]
    snapshot_id: Text<'a>,
    #[serde(borrow, default)]
    created_at: Option<Text<'a>>,
    metadata: Metadata,
    #[serde(borrow)]
    files: Vec<FileWire<'a>>,
    #[serde(borrow, default)]
    parent_snapshot_id: Option<Text<'a>>,
    row_count: u64,
    #[serde(borrow, default)]
    min_timestamp: Option<Text<'a>>,
    #[serde(borrow, default)]
    max_timestamp: Option<Text<'a>>,
    #[serde(borrow, default)]
    codec: Option<Text<'a>>,
    #[serde(borrow)]
    compressor: Text<'a>,
    #[serde(borrow)]
    partitioner: Text<'a>,
    #[serde(borrow, default)]
    checksum_algorithm: Option<Text<'a>>,
    #[serde(borrow, default)]
    commit_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    parent_digest: Option<Text<'a>>,
    #[serde(borrow, default)]
    collected: Option<Text<'a>>,
    #[serde(borrow, default)]
    record: Option<Text<'a>>,
    #[serde(borrow, flatten)]
    state: StateWire<'a>,
    #[serde(flatten)]
    extra: Metadata,
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
        "record",
        "epoch",
        "epoch_opened_at",
        "floor",
        "dropped",
    ];

    fn place(&self) -> Place<'_> {
        Place {
            kind: KIND,
            schema_name: &self.schema_name,
            format_version: &self.format_version,
            id: &self.dataset_id,
            snapshot_id: &self.snapshot_id,
            created_at: self.created_at.as_deref(),
            parent_snapshot_id: self.parent_snapshot_id.as_deref(),
            commit_id: self.commit_id.as_deref(),
            parent_digest: self.parent_digest.as_deref(),
            collected: self.collected.as_deref(),
            record: self.record.as_deref(),
            state: &self.state,
        }
    }
}

#[derive(Deserialize)]
struct FileWire<'a> {
    #[serde(borrow)]
    path: Text<'a>,
    size_bytes: u64,
    #[serde(borrow, default)]
    checksum: Option<Text<'a>>,
    #[serde(default)]
    stats: Option<StatsWire<'a>>,
    #[serde(flatten)]
    extra: Metadata,
}

impl FileWire<'_> {
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
            extra: self.extra,
        })
    }
}

#[derive(Deserialize)]
struct StatsWire<'a> {
    row_count: u64,
    #[serde(default)]
    columns: Vec<ColumnWire<'a>>,
}

impl StatsWire<'_> {
    fn decode(self) -> FileStats {
        let columns = self.columns.into_iter().map(ColumnWire::decode).collect();
        FileStats { row_count: self.row_count, columns }
    }
}

#[derive(Deserialize)]
struct ColumnWire<'a> {
    name: Text<'a>,
    #[serde(default)]
    min: Option<Value>,
    #[serde(default)]
    max: Option<Value>,
    null_count: u64,
}

impl ColumnWire<'_> {
    fn decode(self) -> ColumnStats {
        ColumnStats {
            name: Box::from(self.name.as_ref()),
            min: self.min,
            max: self.max,
            null_count: self.null_count,
        }
    }
}
