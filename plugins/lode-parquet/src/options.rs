//! What a codec does, and with which options.

use arrow_schema::SchemaRef;
use parquet::basic::{self, GzipLevel, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::Schema;

/// A codec for Parquet files, named `parquet`.
///
/// `R` says what a record is: [`Batches`] of rows in Arrow's form, or [`Rows`] in JSON's.
#[derive(Clone, Debug)]
pub struct Parquet<R> {
    pub(crate) records: R,
    pub(crate) options: Options,
}

/// The records are [`RecordBatch`](arrow_array::RecordBatch)es.
#[derive(Clone, Debug)]
pub struct Batches {
    pub(crate) schema: Option<SchemaRef>,
}

/// The records are rows: JSON objects that fit a [`Schema`].
#[derive(Clone, Debug)]
pub struct Rows {
    pub(crate) schema: Schema,
}

/// How the pages inside a file are compressed.
///
/// It is part of the format, and not recorded in manifests: use no compressor of Lode's on top.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// Snappy: fast, and read by everybody.
    #[default]
    Snappy,
    /// Gzip, at level 6.
    Gzip,
    /// Zstandard, at level 1.
    Zstd,
    /// LZ4 in its raw block form (`LZ4_RAW`).
    Lz4,
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) compression: Compression,
    pub(crate) row_group_rows: usize,
    pub(crate) batch_rows: usize,
    pub(crate) page_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            compression: Compression::default(),
            row_group_rows: 1 << 20,
            batch_rows: 8192,
            page_bytes: 256 << 20,
        }
    }
}

impl Parquet<Batches> {
    /// A codec of Arrow batches. The first batch of a file says what its columns are; a file
    /// without batches has none.
    pub fn batches() -> Self {
        Self { records: Batches { schema: None }, options: Options::default() }
    }

    /// A codec of Arrow batches with these columns.
    pub fn batches_of(schema: SchemaRef) -> Self {
        Self { records: Batches { schema: Some(schema) }, options: Options::default() }
    }
}

impl Parquet<Rows> {
    /// A codec of rows with these columns.
    pub fn rows(schema: Schema) -> Self {
        Self { records: Rows { schema }, options: Options::default() }
    }

    /// The columns.
    pub fn schema(&self) -> &Schema {
        &self.records.schema
    }
}

impl<R> Parquet<R> {
    /// How pages are compressed; [`Compression::Snappy`] unless said otherwise.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.options.compression = compression;
        self
    }

    /// How many rows a row group holds at most, and at least one; 2^20 unless said otherwise.
    ///
    /// A row group is what a reader can skip, and what a writer keeps in memory.
    #[must_use]
    pub fn row_group_rows(mut self, rows: usize) -> Self {
        self.options.row_group_rows = rows.max(1);
        self
    }

    /// How many rows are decoded at a time at most, and at least one; 8192 unless said otherwise.
    /// Batches that are read have no more rows than this.
    #[must_use]
    pub fn batch_rows(mut self, rows: usize) -> Self {
        self.options.batch_rows = rows.max(1);
        self
    }

    /// How many bytes the pages of one row group may have after decompression; 256 MiB unless
    /// said otherwise. A file is always allowed 1024 times its own size.
    ///
    /// It bounds what a hostile file can cost, and holds for writing too, so that what was written
    /// can be read with the same options.
    #[must_use]
    pub fn page_bytes(mut self, bytes: u64) -> Self {
        self.options.page_bytes = bytes;
        self
    }
}

impl Options {
    /// How many bytes of pages a row group of a file of `len` bytes may expand to.
    pub(crate) fn budget(&self, len: usize) -> u64 {
        let len = u64::try_from(len).unwrap_or(u64::MAX);
        self.page_bytes.max(len.saturating_mul(1024))
    }

    pub(crate) fn properties(&self) -> WriterProperties {
        let compression = match self.compression {
            Compression::None => basic::Compression::UNCOMPRESSED,
            Compression::Snappy => basic::Compression::SNAPPY,
            Compression::Gzip => basic::Compression::GZIP(GzipLevel::default()),
            Compression::Zstd => basic::Compression::ZSTD(ZstdLevel::default()),
            Compression::Lz4 => basic::Compression::LZ4_RAW,
        };
        WriterProperties::builder()
            .set_compression(compression)
            .set_max_row_group_row_count(Some(self.row_group_rows))
            .build()
    }
}
