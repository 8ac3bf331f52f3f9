//! Any JSON comes back, in any compression, cut into files anyhow.

use lode_gzip::Gzip;
use lode_std::{Retry, meta};
use lode_zstd::Zstd;
use proptest::prelude::*;
use serde_json::{Map, Number, Value};
use tokio::runtime::Builder;

use crate::helpers::{events, read_both};
use crate::support::{cases, fresh};

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("JSON has no such number", |number| {
            Number::from_f64(number).map(Value::from)
        }),
        any::<String>().prop_map(Value::from),
        "[\\x00-\\x1f\"\\\\\u{2028}\u{2029}<>&]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let fields = prop::collection::vec((any::<String>(), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::from),
            fields.prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Writes the records as one snapshot, a file for each group, and reads them back.
async fn round_trip(groups: &[Vec<Value>], compressor: u8) -> Vec<Value> {
    let builder = events("events").retry(Retry::none());
    let builder = match compressor {
        0 => builder,
        1 => builder.compressor(Gzip::default()),
        _ => builder.compressor(Zstd::default()),
    };
    let dataset = builder.open(fresh()).await.unwrap();
    let snapshot = match groups {
        [all] => dataset.write(all, meta! {}).await.unwrap(),
        groups => {
            let tx = dataset.begin();
            for group in groups {
                tx.stage(group).await.unwrap();
            }
            tx.commit(meta! {}).await.unwrap()
        }
    };
    let rows: usize = groups.iter().map(Vec::len).sum();
    assert_eq!(snapshot.row_count(), rows as u64);
    read_both(&dataset, snapshot.version()).await.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(256), failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_json_comes_back(
        groups in prop::collection::vec(prop::collection::vec(json(), 1..8), 1..4),
        compressor in 0..3_u8,
    ) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let found = runtime.block_on(round_trip(&groups, compressor));
        prop_assert_eq!(found, groups.concat());
    }
}
