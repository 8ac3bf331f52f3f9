//! Parquet files as data files of [Lode](lode_core)'s datasets, on the crates of Apache Arrow.
//!
//! Two codecs, both named `parquet`, read and write the same files:
//!
//! | codec | a record is | for |
//! | --- | --- | --- |
//! | [`Parquet::batches`] | a [`RecordBatch`](arrow_array::RecordBatch) | hosts that compute in Arrow; every type there is |
//! | [`Parquet::rows`] | a [`Row`]: a JSON object | records by an explicit, flat [`Schema`] |
//!
//! ```
//! use lode_core::codec::Codec;
//! use lode_parquet::{Column, ColumnType, Parquet, Schema};
//! use serde_json::json;
//!
//! let codec = Parquet::rows(Schema::new([
//!     Column::required("id", ColumnType::Int64),
//!     Column::nullable("seen", ColumnType::Timestamp),
//! ])?);
//! let row = json!({ "id": 7.0, "seen": "2026-01-02T04:04:05+01:00" });
//!
//! let mut file = Vec::new();
//! let encoded = codec.encode(row.as_object().into_iter(), &mut file)?;
//! assert_eq!(encoded.rows, 1);
//!
//! let rows: Vec<_> = codec.decode(file)?.collect::<Result<_, _>>()?;
//! assert_eq!(rows[0]["id"], 7);
//! assert_eq!(rows[0]["seen"], "2026-01-02T03:04:05Z");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Batches
//!
//! All batches of a file have the same columns: names, types and whether they are nullable; one
//! that differs is a [`SchemaViolation`](lode_core::codec::CodecError::SchemaViolation). Reading
//! is lazy, row group by row group, out of the bytes of the file.
//!
//! # Rows
//!
//! | column | JSON that is taken | JSON that is returned |
//! | --- | --- | --- |
//! | `Int32`, `Int64` | whole numbers; fractions without a rest, within ±2^53 | number |
//! | `Float32`, `Float64` | numbers; whole ones if exact, and within ±2^53 | number |
//! | `String` | text | text |
//! | `Bool` | true, false | true, false |
//! | `Bytes` | text in base64 (the Go implementation takes the text itself) | text in base64 |
//! | `Timestamp` | text as in RFC 3339, of any offset | the same in UTC, to the nanosecond |
//!
//! Everything else is a `SchemaViolation` that names the row and the column: a required value that
//! is missing or null, another type, a number out of range, or one that is not whole. Null and
//! absent are the same in a nullable column. What the schema does not name is passed over, in rows
//! that are written as well as in files that are read: that is the Go implementation's contract,
//! and lets those who make rows add to them. A file may have a narrower type than the schema
//! (`Int32` for `Int64`), and timestamps of any unit; those without a zone are taken as UTC.
//!
//! The schema of a file that others wrote is [`Schema::from_arrow`] of its [`read_schema`]:
//!
//! ```
//! # use lode_core::codec::Codec;
//! use lode_parquet::{Parquet, Schema, read_schema};
//! # use lode_parquet::{Column, ColumnType};
//! # use serde_json::json;
//! # let codec = Parquet::rows(Schema::new([Column::required("id", ColumnType::Int64)])?);
//! # let mut file = Vec::new();
//! # codec.encode(json!({ "id": 7 }).as_object().into_iter(), &mut file)?;
//!
//! let schema = Schema::from_arrow(&*read_schema(&file)?)?;
//! for row in Parquet::rows(schema).decode(file)? {
//!     assert_eq!(row?["id"], 7);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Statistics
//!
//! [`Encoded::stats`](lode_core::codec::Encoded::stats) has every column that is not nested, with
//! the number of nulls, and the least and greatest value of integers, floating-point numbers, texts
//! and timestamps in UTC (as in RFC 3339). NaN is never among them, nor is infinity, which
//! manifests cannot tell, nor a text above 64 bytes, of which files keep only a part.
//!
//! # Ranges
//!
//! With the feature `async`, the reader of the [`parquet`] crate fetches single columns of single
//! row groups, from anything that is `AsyncRead + AsyncSeek` in `tokio`'s terms, or an
//! `AsyncFileReader`:
//!
#![cfg_attr(feature = "async", doc = "```")]
#![cfg_attr(not(feature = "async"), doc = "```ignore")]
//! use futures::TryStreamExt;
//! use lode_core::codec::Codec;
//! use lode_parquet::parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};
//! use lode_parquet::{Column, ColumnType, Parquet, Schema};
//! # use serde_json::json;
//! # let schema = Schema::new([
//! #     Column::required("id", ColumnType::Int64),
//! #     Column::required("name", ColumnType::String),
//! # ])?;
//! # let codec = Parquet::rows(schema).row_group_rows(10);
//! # let rows: Vec<_> = (0..30).map(|id| json!({ "id": id, "name": "n" })).collect();
//! # let mut file = Vec::new();
//! # codec.encode(rows.iter().filter_map(|row| row.as_object()), &mut file)?;
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//!
//! let reader = std::io::Cursor::new(file);
//! let builder = ParquetRecordBatchStreamBuilder::new(reader).await?;
//! let ids = ProjectionMask::columns(builder.parquet_schema(), ["id"]);
//! let stream = builder.with_row_groups(vec![1]).with_projection(ids).build()?;
//! let batches: Vec<_> = stream.try_collect().await?;
//! assert_eq!((batches[0].num_rows(), batches[0].num_columns()), (10, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! That reader trusts the file: what follows holds for the codecs only.
//!
//! # Hostile files
//!
//! Damage is an error. Footers and page headers are looked over before the `parquet` crate sees
//! them: counts against the bytes there are, nesting, and what a row group expands to, which must
//! keep to [`Parquet::page_bytes`]. Where that crate panics nevertheless, the panic is caught and
//! becomes an error; the panic hook runs, and hosts that abort on panic do abort. A file can still
//! declare a great many equal rows in a few bytes: they are decoded a batch at a time, and bounding
//! their number is up to whoever collects them.

mod batches;
mod build;
mod cells;
mod columns;
mod delta;
mod footer;
mod guard;
mod options;
mod order;
mod pages;
mod read;
mod rows;
mod schema;
mod stats;
mod thrift;
mod time;
mod write;

pub use arrow_array;
pub use arrow_schema;
pub use parquet;

pub use self::batches::BatchRecords;
pub use self::columns::{check_schema, read_schema};
pub use self::options::{Batches, Compression, Parquet, Rows};
pub use self::rows::{Row, RowRecords};
pub use self::schema::{Column, ColumnType, Schema, SchemaError};

/// The name that manifests record.
pub(crate) const NAME: &str = "parquet";
