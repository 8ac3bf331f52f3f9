//! Reading a file, whatever the records are.

use std::fmt;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Fields, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use lode_core::codec::CodecError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader};
use parquet::schema::types::SchemaDescriptor;

use crate::guard::guard;
use crate::options::Options;
use crate::pages::{self, Fault, Overview};
use crate::{delta, footer};

const MAGIC: &[u8; 4] = b"PAR1";

/// A file whose footer has been read.
pub(crate) struct File {
    bytes: Bytes,
    metadata: ArrowReaderMetadata,
}

/// The batches of a file's row groups, one after the other.
pub(crate) struct Groups {
    file: File,
    options: Options,
    columns: ProjectionMask,
    /// The row group at hand.
    group: usize,
    /// Its batches, and how many of its rows are still to come.
    reader: Option<(ParquetRecordBatchReader, u64)>,
}

impl File {
    /// `arrow` says whether the schema of Arrow's that may be in the file is followed.
    pub(crate) fn open(file: Vec<u8>, arrow: bool) -> Result<Self, CodecError> {
        let metadata = metadata(&file, arrow)?;
        Ok(Self { bytes: Bytes::from(file), metadata })
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    pub(crate) fn parquet_schema(&self) -> &SchemaDescriptor {
        self.metadata.parquet_schema()
    }

    /// Reads these columns, or all.
    pub(crate) fn groups(self, options: &Options, columns: Option<ProjectionMask>) -> Groups {
        Groups {
            file: self,
            options: options.clone(),
            columns: columns.unwrap_or_else(ProjectionMask::all),
            group: 0,
            reader: None,
        }
    }
}

/// What the footer says; `arrow` as in [`File::open`].
pub(crate) fn metadata(file: &[u8], arrow: bool) -> Result<ArrowReaderMetadata, CodecError> {
    let damaged = |reason| CodecError::Decode { at: number(file.len()), unit: "byte", reason };
    let footer = find_footer(file).map_err(|reason| damaged(reason.to_owned()))?;
    let metadata = guard(|| {
        let schema = footer::schema_alone(footer)?;
        let schema =
            ParquetMetaDataReader::decode_metadata(&schema).map_err(|error| error.to_string())?;
        let options =
            ParquetMetaDataOptions::new().with_schema(schema.file_metadata().schema_descr_ptr());
        let metadata = ParquetMetaDataReader::decode_metadata_with_options(footer, Some(&options));
        types(metadata.map_err(|error| error.to_string())?.into(), arrow)
    })
    .map_err(damaged)?;
    let rows = metadata.metadata().row_groups().iter().try_fold(0_i64, |sum, group| {
        sum.checked_add(group.num_rows()).filter(|_| group.num_rows() >= 0)
    });
    if rows != Some(metadata.metadata().file_metadata().num_rows()) {
        return Err(damaged("it has not as many rows as its row groups".to_owned()));
    }
    Ok(metadata)
}

/// Gives the columns their types: with `arrow` as Arrow's schema says, else as Parquet does. That
/// has no seconds, and takes them for whole numbers, so these are Arrow's in any case.
fn types(metadata: Arc<ParquetMetaData>, arrow: bool) -> Result<ArrowReaderMetadata, String> {
    let options = |arrow: bool| ArrowReaderOptions::new().with_skip_arrow_metadata(!arrow);
    let typed = |options| {
        ArrowReaderMetadata::try_new(Arc::clone(&metadata), options)
            .map_err(|error| error.to_string())
    };
    if arrow {
        return typed(options(true));
    }
    let plain = typed(options(false))?;
    // A schema of Arrow's that cannot be read matters to nobody who does not follow it.
    let Ok(of_arrow) = typed(options(true)) else { return Ok(plain) };
    let fields = plain.schema().fields().iter().zip(of_arrow.schema().fields());
    let fields: Vec<_> = fields
        .map(|(plain, of_arrow)| match of_arrow.data_type() {
            seconds @ DataType::Timestamp(TimeUnit::Second, _) => {
                Arc::new(plain.as_ref().clone().with_data_type(seconds.clone()))
            }
            _ => Arc::clone(plain),
        })
        .collect();
    if *plain.schema().fields() == Fields::from(fields.as_slice()) {
        return Ok(plain);
    }
    typed(ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields))))
}

/// The bytes of the footer, which ends with its length and the magic.
pub(crate) fn find_footer(bytes: &[u8]) -> Result<&[u8], &'static str> {
    const SHORT: &str = "it is too short for a Parquet file";
    let rest = bytes.strip_prefix(MAGIC).ok_or("it does not begin like a Parquet file")?;
    let rest = rest.strip_suffix(MAGIC).ok_or("it does not end like a Parquet file")?;
    let (rest, length) = rest.split_last_chunk::<4>().ok_or(SHORT)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| SHORT)?;
    rest.len().checked_sub(length).and_then(|start| rest.get(start..)).ok_or(SHORT)
}

impl Groups {
    pub(crate) fn schema(&self) -> &SchemaRef {
        self.file.schema()
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, CodecError> {
        loop {
            let Some((reader, left)) = &mut self.reader else {
                if self.group >= self.file.metadata.metadata().num_row_groups() {
                    return Ok(None);
                }
                self.reader = Some(self.open()?);
                continue;
            };
            let batch = guard(|| reader.next().transpose());
            match batch.map_err(|reason| damaged(self.group, reason))? {
                Some(batch) => {
                    *left = left.saturating_sub(number(batch.num_rows()));
                    return Ok(Some(batch));
                }
                None if *left > 0 => {
                    return Err(damaged(self.group, format!("{left} of its rows are missing")));
                }
                None => {
                    self.reader = None;
                    self.group += 1;
                }
            }
        }
    }

    fn open(&self) -> Result<(ParquetRecordBatchReader, u64), CodecError> {
        let File { bytes, metadata } = &self.file;
        let budget = self.options.budget(bytes.len());
        let group = metadata.metadata().row_group(self.group);
        let rows = usize::try_from(group.num_rows()).unwrap_or(usize::MAX);
        let included = |leaf| self.columns.leaf_included(leaf);
        let overview =
            pages::overview(bytes, group, included, budget).map_err(|f| self.fault(f))?;
        let reader = guard(|| {
            for &leaf in &overview.packed {
                delta::check(bytes, group.column(leaf), rows, budget)?;
            }
            ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), metadata.clone())
                .with_row_groups(vec![self.group])
                .with_projection(self.columns.clone())
                .with_batch_size(self.batch_rows(&overview, budget))
                .build()
        })
        .map_err(|reason| damaged(self.group, reason))?;
        Ok((reader, number(rows)))
    }

    /// So many that a batch keeps to the budget, even if every value is the longest there may be.
    fn batch_rows(&self, overview: &Overview, budget: u64) -> usize {
        let rows = budget / overview.value_bytes.max(1);
        usize::try_from(rows).unwrap_or(usize::MAX).clamp(1, self.options.batch_rows)
    }

    fn fault(&self, fault: Fault) -> CodecError {
        match fault {
            Fault::Damaged(reason) => damaged(self.group, reason.to_owned()),
            Fault::TooLarge => CodecError::Limit {
                what: "row group",
                at: number(self.group),
                limit: self.options.budget(self.file.bytes.len()),
            },
        }
    }
}

fn damaged(group: usize, reason: String) -> CodecError {
    CodecError::Decode { at: number(group), unit: "row group", reason }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl Iterator for Groups {
    type Item = Result<RecordBatch, CodecError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.next_batch();
        if batch.is_err() {
            // Nothing comes after damage: what the reader holds is of no use any more.
            self.reader = None;
            self.group = usize::MAX;
        }
        batch.transpose()
    }
}

impl fmt::Debug for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Groups").field("row_group", &self.group).finish_non_exhaustive()
    }
}
