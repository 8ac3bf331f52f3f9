//! Parquet: record batches in, statistics in the manifest, and one column of one row group out,
//! without reading the rest of the file.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::Arc;

use futures::TryStreamExt;
use lode_parquet::Parquet;
use lode_parquet::arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use lode_parquet::parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};
use lode_std::{Dataset, DatasetReader, LayoutKind, meta, store};

const ROWS: i64 = 10_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = store::open("memory:")?;
    let codec = Parquet::batches().row_group_rows(1_000);
    let readings = Dataset::builder("readings").codec(codec).open(store.clone()).await?;
    let snapshot = readings.write([&batch()?], meta! { "sensor" => 7 }).await?;
    println!("version {}: {} rows", snapshot.version().get(), snapshot.row_count());

    // The manifest knows the columns, so a query can pass over a file without opening it.
    let file = snapshot.files().first().ok_or("a write makes a file")?;
    let stats = file.stats.as_ref().ok_or("parquet has statistics")?;
    for column in &stats.columns {
        println!("  {}: {:?} to {:?}", column.name, column.min, column.max);
    }

    // Random access: the footer and one column of one row group are all that is fetched.
    let object = DatasetReader::new(store, LayoutKind::Default).reader(file);
    let builder = ParquetRecordBatchStreamBuilder::new(object).await?;
    let ids = ProjectionMask::columns(builder.parquet_schema(), ["id"]);
    let stream = builder.with_row_groups(vec![3]).with_projection(ids).build()?;
    let batches: Vec<_> = stream.try_collect().await?;
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    println!("row group 3 has {rows} ids");
    assert_eq!(rows, 1_000);

    // Or all of it, verified.
    let all = readings.read(snapshot.version()).await?;
    assert_eq!(all.iter().map(RecordBatch::num_rows).sum::<usize>() as i64, ROWS);
    Ok(())
}

fn batch() -> Result<RecordBatch, Box<dyn Error>> {
    let ids = Int64Array::from_iter_values(0..ROWS);
    let values = Float64Array::from_iter_values((0..ROWS).map(|id| id as f64 / 4.0));
    let columns = [("id", Arc::new(ids) as ArrayRef), ("value", Arc::new(values) as ArrayRef)];
    Ok(RecordBatch::try_from_iter(columns)?)
}
