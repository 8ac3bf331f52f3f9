//! Parquet's own writer: the same batches, the same properties.

use std::sync::Arc;
use std::time::Duration;

use lode_benches::pair::{Paired, time};
use lode_benches::records::records;
use lode_benches::{runtime, scale};
use lode_parquet::arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
};
use lode_parquet::parquet::arrow::ArrowWriter;
use lode_parquet::parquet::basic::Compression;
use lode_parquet::parquet::file::properties::WriterProperties;
use lode_parquet::{Batches, Parquet};
use lode_std::{Dataset, Records, meta, store};
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use object_store::path::Path;

const RECORDS: u64 = 200_000;

/// The records of the other benches, in columns.
fn batch() -> RecordBatch {
    let records = records(scale(RECORDS) as usize);
    let columns: [(&str, ArrayRef); 5] = [
        ("id", Arc::new(Int64Array::from_iter_values(records.iter().map(|r| r.id as i64)))),
        ("kind", Arc::new(StringArray::from_iter_values(records.iter().map(|r| &r.kind)))),
        ("user", Arc::new(StringArray::from_iter_values(records.iter().map(|r| &r.user)))),
        ("value", Arc::new(Float64Array::from_iter_values(records.iter().map(|r| r.value)))),
        ("ok", Arc::new(BooleanArray::from_iter(records.iter().map(|r| Some(r.ok))))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

async fn dataset() -> Dataset<Records<Parquet<Batches>>> {
    let builder = Dataset::builder("bench").codec(Parquet::batches());
    builder.open(store::open("memory:").unwrap()).await.unwrap()
}

fn file(batch: &RecordBatch) -> Vec<u8> {
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    file
}

pub(crate) fn run(paired: &mut Paired) {
    let (runtime, batch, data) = (runtime().unwrap(), batch(), Path::from("data"));
    paired.compare(
        "write 200,000 rows",
        15,
        Duration::ZERO,
        || {
            let dataset = runtime.block_on(dataset());
            time(|| runtime.block_on(dataset.write([&batch], meta! {})).unwrap())
        },
        || {
            let store = InMemory::new();
            time(|| runtime.block_on(store.put(&data, file(&batch).into())).unwrap())
        },
    );
}
