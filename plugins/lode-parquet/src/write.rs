//! Writing a file, whatever the records are.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use lode_core::codec::{CodecError, Encoded};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::file::metadata::ParquetMetaData;

use crate::guard::guard;
use crate::options::Options;
use crate::{order, read, stats};

/// A file that is being written.
pub(crate) struct Writer<'a> {
    inner: ArrowWriter<&'a mut Vec<u8>>,
    /// Where the file begins in what it is appended to.
    start: usize,
    options: &'a Options,
}

impl<'a> Writer<'a> {
    /// `arrow` says whether Arrow's own schema is kept in the file, so that types which Parquet
    /// does not tell apart come back as they were.
    pub(crate) fn new(
        out: &'a mut Vec<u8>,
        schema: SchemaRef,
        options: &'a Options,
        arrow: bool,
    ) -> Result<Self, CodecError> {
        let start = out.len();
        let settings = ArrowWriterOptions::new()
            .with_properties(options.properties())
            .with_skip_arrow_metadata(!arrow);
        guard(|| ArrowWriter::try_new_with_options(out, schema, settings))
            .map(|inner| Self { inner, start, options })
            .map_err(|reason| CodecError::Record { index: 0, reason })
    }

    /// `index` is the record to blame.
    pub(crate) fn write(&mut self, index: u64, batch: &RecordBatch) -> Result<(), CodecError> {
        guard(|| self.inner.write(batch)).map_err(|reason| CodecError::Record { index, reason })
    }

    pub(crate) fn finish(mut self, index: u64) -> Result<Encoded, CodecError> {
        let metadata =
            guard(|| self.inner.finish()).map_err(|reason| CodecError::Record { index, reason })?;
        check_size(&metadata, self.options.budget(self.inner.bytes_written()))?;
        if let Some(file) = self.inner.inner_mut().get_mut(self.start..) {
            // The footer ends 8 bytes before the end: with its length, and the magic.
            let length = read::find_footer(file).map_or(0, <[u8]>::len);
            let end = file.len().saturating_sub(8);
            if let Some(footer) = file.get_mut(end.saturating_sub(length)..end) {
                order::make_known(footer);
            }
        }
        let stats = stats::of_file(&metadata);
        Ok(Encoded { rows: stats.row_count, stats: Some(stats) })
    }
}

/// What is written must be readable with the same options.
fn check_size(metadata: &ParquetMetaData, limit: u64) -> Result<(), CodecError> {
    for (at, group) in (0..).zip(metadata.row_groups()) {
        if u64::try_from(group.total_byte_size()).is_ok_and(|size| size > limit) {
            return Err(CodecError::Limit { what: "row group", at, limit });
        }
    }
    Ok(())
}
