//! Which fields of which records make the partition.

use std::borrow::Cow;
use std::collections::BTreeMap;

use lode_core::partition::{PartitionError, Partitioner};
use lode_hive::Hive;
use proptest::prelude::*;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::json;

fn by<const N: usize>(keys: [&str; N]) -> Hive {
    Hive::by(keys).unwrap()
}

/// The text of a value, before it is escaped.
fn text<T: Serialize>(value: T) -> Result<String, PartitionError> {
    let partition = by(["k"]).partition(&BTreeMap::from([("k", value)]))?;
    Ok(lode_hive::parse(partition.as_str()).unwrap().remove(0).1)
}

fn missing(key: &str) -> PartitionError {
    PartitionError::MissingKey { key: key.into() }
}

fn invalid(key: &str, reason: &str) -> PartitionError {
    PartitionError::InvalidValue { key: key.into(), reason: reason.into() }
}

#[derive(Serialize)]
struct Typed {
    day: &'static str,
    #[serde(rename = "where")]
    region: Option<String>,
    hour: u8,
    #[serde(flatten)]
    more: BTreeMap<String, u32>,
}

#[test]
fn typed_records() {
    let more = BTreeMap::from([("shard".to_owned(), 7)]);
    let mut record = Typed { day: "2026-01-01", region: Some("eu/west".into()), hour: 3, more };
    let hive = by(["shard", "day", "where", "hour"]);
    assert_eq!(
        hive.partition(&record).unwrap().as_str(),
        "shard=7/day=2026-01-01/where=eu%2Fwest/hour=3"
    );
    record.region = None;
    assert_eq!(hive.partition(&record), Err(missing("where")));
    assert_eq!(by(["region"]).partition(&record), Err(missing("region")));
    assert_eq!(Partitioner::<Typed>::name(&hive), "hive");
}

#[test]
fn dynamic_records() {
    let record = json!({ "a": "x", "b": 2, "c": null, "d": { "e": 1 }, "f": [1] });
    assert_eq!(by(["b", "a"]).partition(&record).unwrap().as_str(), "b=2/a=x");
    assert_eq!(by(["a", "c"]).partition(&record), Err(missing("c")));
    assert_eq!(by(["e"]).partition(&record), Err(missing("e")));
    assert_eq!(by(["a", "d"]).partition(&record), Err(invalid("d", "it is a map")));
    assert_eq!(by(["f", "a"]).partition(&record), Err(invalid("f", "it is a list")));
}

#[test]
fn what_has_no_fields_has_no_partition() {
    #[derive(Serialize)]
    struct Tuple(u8, u8);
    assert_eq!(by(["a"]).partition(&json!([{ "a": 1 }])), Err(missing("a")));
    assert_eq!(by(["a"]).partition(&json!("a")), Err(missing("a")));
    assert_eq!(by(["a"]).partition("a"), Err(missing("a")));
    assert_eq!(by(["a"]).partition(&Tuple(1, 2)), Err(missing("a")));
    assert_eq!(by(["a"]).partition(&None::<Tuple>), Err(missing("a")));
}

/// Records look as they do in JSON.
#[test]
fn wrappers_and_enums() {
    #[derive(Serialize)]
    struct Wrapper(Option<Fields>);
    #[derive(Serialize)]
    struct Fields {
        a: u8,
    }
    #[derive(Serialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Login { user: &'static str },
    }
    #[derive(Serialize)]
    enum Outer {
        Newtype(u8),
        Struct { a: u8 },
    }
    assert_eq!(by(["a"]).partition(&Wrapper(Some(Fields { a: 1 }))).unwrap().as_str(), "a=1");
    let login = Tagged::Login { user: "me" };
    assert_eq!(by(["kind", "user"]).partition(&login).unwrap().as_str(), "kind=Login/user=me");
    assert_eq!(by(["Newtype"]).partition(&Outer::Newtype(1)).unwrap().as_str(), "Newtype=1");
    assert_eq!(by(["a"]).partition(&Outer::Struct { a: 1 }), Err(missing("a")));
}

#[test]
fn values_become_text_as_in_go() {
    #[derive(Serialize)]
    enum Unit {
        One,
    }
    #[derive(Serialize)]
    struct New(u64);
    assert_eq!(text("x y").unwrap(), "x y");
    assert_eq!(text("").unwrap(), "");
    assert_eq!(text('ü').unwrap(), "ü");
    assert_eq!(text(true).unwrap(), "true");
    assert_eq!(text(i64::MIN).unwrap(), "-9223372036854775808");
    assert_eq!(text(u64::MAX).unwrap(), "18446744073709551615");
    assert_eq!(text(i128::MIN).unwrap(), i128::MIN.to_string());
    assert_eq!(text(Some(New(1_000_000))).unwrap(), "1000000");
    assert_eq!(text(Unit::One).unwrap(), "One");
    assert_eq!(text(()), Err(missing("k")));
    assert_eq!(text((1, 2)), Err(invalid("k", "it is a list")));
}

/// What Go's `fmt` prints for `%v`.
#[test]
fn floats_become_text_as_in_go() {
    for (value, expected) in [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-2.5, "-2.5"),
        (100.0, "100"),
        (123_456.75, "123456.75"),
        (999_999.0, "999999"),
        (1e6, "1e+06"),
        (-1_234_567.0, "-1.234567e+06"),
        (123_456_789.0, "1.23456789e+08"),
        (1e21, "1e+21"),
        (1e100, "1e+100"),
        (0.1, "0.1"),
        (0.000_1, "0.0001"),
        (0.000_123, "0.000123"),
        (0.000_01, "1e-05"),
        (-0.000_012_5, "-1.25e-05"),
        (f64::MAX, "1.7976931348623157e+308"),
        (5e-324, "5e-324"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "+Inf"),
        (f64::NEG_INFINITY, "-Inf"),
    ] {
        assert_eq!(text(value).unwrap(), expected);
    }
    assert_eq!(text(0.1_f32).unwrap(), "0.1");
    assert_eq!(text(f64::from(0.1_f32)).unwrap(), "0.10000000149011612");
}

/// Other fields are not even looked at.
#[test]
fn nothing_else_is_serialized() {
    struct Never;
    impl Serialize for Never {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("it must not be asked for");
        }
    }
    #[derive(Serialize)]
    struct Record {
        before: Never,
        a: u8,
        after: Vec<Never>,
    }
    let record = Record { before: Never, a: 1, after: vec![Never] };
    assert_eq!(by(["a"]).partition(&record).unwrap().as_str(), "a=1");
}

#[test]
fn records_that_fail_say_why() {
    struct Failing;
    impl Serialize for Failing {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("a", &1)?;
            // Keys that are no text are passed over, with their values.
            map.serialize_entry(&[0], "x")?;
            map.serialize_entry("b", &Inner)?;
            Err(serde::ser::Error::custom("no more"))
        }
    }
    struct Inner;
    impl Serialize for Inner {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_seq(None)?.end()
        }
    }
    assert_eq!(by(["a"]).partition(&Failing), Err(invalid("a", "no more")));
    assert_eq!(by(["a", "b"]).partition(&Failing), Err(invalid("b", "it is a list")));
}

#[test]
fn a_function_gives_the_values() {
    let hive = by(["first", "second"]).with(|record: &(String, Option<u8>), key| match key {
        "first" => Some(Cow::from(&record.0)),
        _ => record.1.map(|second| second.to_string().into()),
    });
    assert_eq!(hive.partition(&("a/b".into(), Some(1))).unwrap().as_str(), "first=a%2Fb/second=1");
    assert_eq!(hive.partition(&("".into(), None)), Err(missing("second")));
    assert_eq!(hive.name(), "hive");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn floats_come_back(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        prop_assert_eq!(text(value).unwrap().parse::<f64>().unwrap().to_bits(), bits);
    }

    #[test]
    fn ordinary_floats_come_back(value in -2e7..2e7_f64, places in 0..6_i32) {
        let value = (value * 10_f64.powi(places)).round() / 10_f64.powi(places);
        prop_assert_eq!(text(value).unwrap().parse::<f64>().unwrap(), value);
    }
}
