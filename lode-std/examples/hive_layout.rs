//! Records in the hive layout: divided by the values of some fields, one file for each partition,
//! so that a reader can pass over what it does not want.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use lode_hive::Hive;
use lode_jsonl::Jsonl;
use lode_std::{Dataset, DatasetReader, DatasetSnapshot, LayoutKind, meta, store};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = store::open("memory:")?;
    let sales = Dataset::builder("sales")
        .codec(Jsonl::<Value>::new())
        .partition_by(Hive::by(["day", "region"])?)
        .open(store.clone())
        .await?;

    let monday = [
        json!({ "day": "2026-01-05", "region": "eu/west", "amount": 7 }),
        json!({ "day": "2026-01-05", "region": "us", "amount": 3 }),
        json!({ "day": "2026-01-05", "region": "eu/west", "amount": 5 }),
    ];
    let first = sales.write(&monday, meta! {}).await?;
    let tuesday = [json!({ "day": "2026-01-06", "region": "us", "amount": 4 })];
    sales.write(&tuesday, meta! {}).await?;
    for file in first.files() {
        println!("{}", file.key);
    }
    assert_eq!(first.files().len(), 2, "one for each partition");

    // The partitions of all snapshots. A value is escaped, so that it stays in its folder.
    let reader = DatasetReader::new(store, LayoutKind::Hive);
    let partitions = reader.partitions("sales").await?;
    println!("{} partitions", partitions.len());
    let names: Vec<_> = partitions.iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        ["day=2026-01-05/region=eu%2Fwest", "day=2026-01-05/region=us", "day=2026-01-06/region=us"]
    );

    // The snapshots that have something of a day; the others are not opened.
    let of_monday = reader.manifests("sales", Some("day=2026-01-05")).await?;
    let versions: Vec<_> = of_monday.iter().map(DatasetSnapshot::version).collect();
    assert_eq!(versions, [first.version()]);

    // A record that does not say where it belongs is an error, and nothing becomes visible.
    let lost = sales.write(&[json!({ "day": "2026-01-07" })], meta! {}).await;
    let Err(error) = lost else { return Err("a record without a region was taken".into()) };
    println!("refused: {error}");
    assert_eq!(reader.versions("sales").await?.len(), 2);
    Ok(())
}
