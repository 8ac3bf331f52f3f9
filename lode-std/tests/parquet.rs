//! A dataset of parquet files that the Go implementation wrote.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests lie outside of test functions"
)]

use std::path::Path;
use std::sync::Arc;

use futures::TryStreamExt;
use lode_parquet::arrow_array::{Array, Int64Array, RecordBatch};
use lode_parquet::parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};
use lode_parquet::{Column, ColumnType, Parquet, Row, Schema};
use lode_std::{Dataset, DatasetReader, LayoutKind, Value, meta, store};
use object_store::ObjectStore;

/// A copy of the fixtures: opening for writing adds a descriptor.
fn copy() -> (tempfile::TempDir, Arc<dyn ObjectStore>) {
    let dir = tempfile::tempdir().unwrap();
    let from =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/go-v0.9/datasets/parquet");
    let to = dir.path().join("datasets/parquet");
    let snapshot = "snapshots/1795380388388657657";
    std::fs::create_dir_all(to.join(snapshot).join("data")).unwrap();
    for file in ["latest", &format!("{snapshot}/manifest.json"), &format!("{snapshot}/data/data")] {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
    let store = store::open(dir.path().to_str().unwrap()).unwrap();
    (dir, store)
}

fn schema() -> Schema {
    Schema::new([
        Column::required("id", ColumnType::Int64),
        Column::required("i32", ColumnType::Int32),
        Column::nullable("name", ColumnType::String),
        Column::required("score", ColumnType::Float64),
        Column::required("f32", ColumnType::Float32),
        Column::required("ok", ColumnType::Bool),
        Column::required("raw", ColumnType::Bytes),
        Column::required("at", ColumnType::Timestamp),
    ])
    .unwrap()
}

#[tokio::test]
async fn rows_come_back_with_their_nulls_and_statistics() {
    let (_dir, store) = copy();
    let builder = Dataset::builder("parquet").codec(Parquet::rows(schema()));
    let dataset = builder.open(store).await.unwrap();
    let snapshot = dataset.latest().await.unwrap().unwrap();
    assert_eq!((snapshot.row_count(), snapshot.metadata()), (50, &meta! { "rows" => 50 }));
    let rows: Vec<Row> = dataset.read(snapshot.version()).await.unwrap();
    assert_eq!(rows.len(), 50);
    for (id, row) in (0_u64..).zip(&rows) {
        assert_eq!((&row["id"], &row["i32"]), (&id.into(), &id.into()));
        assert_eq!(row["name"].is_null(), id.is_multiple_of(3), "every third name is null");
        assert_eq!(row["score"].as_f64().unwrap(), id as f64 / 3.0);
    }
    assert_eq!(rows[0]["at"], "2026-01-02T03:04:05.6789Z");

    // Written again, the statistics are those that the Go implementation has found.
    let again = dataset.write(&rows, meta! {}).await.unwrap();
    assert_eq!(again.version().get(), snapshot.version().get() + 1);
    let columns = |found: &lode_std::DatasetSnapshot| {
        let stats = found.files()[0].stats.clone().unwrap();
        let columns = stats.columns.into_iter();
        let number = |value: Option<Value>| match value {
            Some(Value::Integer(number)) => Some(Value::Float(number as f64)),
            other => other,
        };
        columns
            .map(|column| (column.name, number(column.min), number(column.max), column.null_count))
            .collect::<Vec<_>>()
    };
    assert_eq!(columns(&again), columns(&snapshot));
    assert_eq!(dataset.read(again.version()).await.unwrap(), rows);
}

#[tokio::test]
async fn a_column_is_read_by_range() {
    let (_dir, store) = copy();
    let reader = DatasetReader::new(store, LayoutKind::Default);
    let snapshot = reader.latest("parquet").await.unwrap().unwrap();
    let object = reader.reader(&snapshot.files()[0]);
    let builder = ParquetRecordBatchStreamBuilder::new(object).await.unwrap();
    let ids = ProjectionMask::columns(builder.parquet_schema(), ["id"]);
    let stream = builder.with_projection(ids).build().unwrap();
    let batches: Vec<RecordBatch> = stream.try_collect().await.unwrap();
    let ids = batches
        .iter()
        .flat_map(|batch| Int64Array::from(batch.column(0).to_data()).values().to_vec());
    assert_eq!(ids.collect::<Vec<_>>(), (0..50).collect::<Vec<_>>());
}
