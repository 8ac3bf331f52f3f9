//! Any rows that fit a schema come back.

use lode_parquet::{Compression, Parquet, Row};
use proptest::prelude::*;
use serde_json::json;

use crate::{decode, encode, go_schema, row};

prop_compose! {
    fn any_row()(
        id in any::<i64>(),
        i32 in any::<i32>(),
        name in proptest::option::of(".{0,8}"),
        score in proptest::num::f64::NORMAL | proptest::num::f64::ZERO,
        f32 in proptest::num::f32::NORMAL | proptest::num::f32::ZERO,
        ok in any::<bool>(),
        raw in proptest::sample::select(vec!["", "AA==", "AP8=", "////"]),
        second in 0..60_u8,
        fraction in proptest::sample::select(vec!["", ".5", ".000000001", ".999999999"]),
    ) -> Row {
        row(json!({
            "id": id,
            "i32": i32,
            "name": name,
            "score": score,
            "f32": f64::from(f32),
            "ok": ok,
            "raw": raw,
            "at": format!("1999-12-31T23:59:{second:02}{fraction}Z"),
        }))
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn rows_come_back(
        rows in proptest::collection::vec(any_row(), 0..60),
        group in 1..40_usize,
        batch in 1..40_usize,
        compression in proptest::sample::select(vec![
            Compression::None,
            Compression::Snappy,
            Compression::Gzip,
            Compression::Zstd,
            Compression::Lz4,
        ]),
    ) {
        let codec = Parquet::rows(go_schema())
            .row_group_rows(group)
            .batch_rows(batch)
            .compression(compression);
        let (file, encoded) = encode(&codec, &rows).unwrap();
        prop_assert_eq!(encoded.rows, u64::try_from(rows.len()).unwrap());
        prop_assert_eq!(decode(&codec, file).unwrap(), rows);
    }
}
