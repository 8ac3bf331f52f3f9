//! Escaping, limits, and the way back.

use lode_core::key;
use lode_core::partition::{Partition, PartitionError, Partitioner};
use lode_hive::{Hive, KeysError, parse, path};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

/// What Go's `url.PathEscape` makes of every printable ASCII character.
#[test]
fn escapes_are_those_of_go() {
    let printable: String = (' '..='~').collect();
    assert_eq!(
        path([("k", printable.as_str())]).unwrap().as_str(),
        "k=%20%21%22%23$%25&%27%28%29%2A+%2C-.%2F0123456789:%3B%3C=%3E%3F@\
         ABCDEFGHIJKLMNOPQRSTUVWXYZ%5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D~"
    );
    assert_eq!(path([("ü", "✓\n\0\u{7f}")]).unwrap().as_str(), "%C3%BC=%E2%9C%93%0A%00%7F");
}

/// As in the Go implementation's history of this name.
#[test]
fn the_fixture_is_met() {
    let partition = Hive::by(["day", "region"])
        .unwrap()
        .partition(&json!({ "day": "2026-01-01", "region": "eu/west" }));
    assert_eq!(partition.unwrap().as_str(), "day=2026-01-01/region=eu%2Fwest");
}

#[test]
fn values_stay_in_their_folder() {
    for (value, folder) in [
        ("", "k="),
        (".", "k=."),
        ("..", "k=.."),
        ("../../secret", "k=..%2F..%2Fsecret"),
        ("a\\b", "k=a%5Cb"),
        ("x=y", "k=x=y"),
        ("%2F", "k=%252F"),
    ] {
        assert_eq!(path([("k", value)]).unwrap().as_str(), folder);
        assert_eq!(parse(folder).unwrap(), [("k".to_owned(), value.to_owned())]);
    }
}

#[test]
fn keys_are_checked() {
    let by = |keys: &[&str]| Hive::by(keys.iter().copied()).map(|hive| hive.keys().to_vec());
    assert_eq!(by(&["b", "a"]).unwrap(), ["b", "a"]);
    assert_eq!(by(&[]), Err(KeysError::None));
    assert_eq!(by(&["a", "b", "a"]), Err(KeysError::Twice { key: "a".into() }));
    let long = "k".repeat(255);
    for key in ["", "a=b", "=", long.as_str()] {
        assert_eq!(by(&["x", key]), Err(KeysError::Invalid { key: key.into() }));
    }
    assert!(by(&[&long[1..]]).is_ok());
    for key in ["", "a=b"] {
        assert!(matches!(path([(key, "v")]), Err(PartitionError::InvalidValue { .. })));
    }
    assert!(path([]).is_err());
}

#[test]
fn lengths_are_bounded_at_exactly_the_limits() {
    let fits = "v".repeat(253);
    assert_eq!(path([("k", fits.as_str())]).unwrap().as_str().len(), 255);
    for long in ["v".repeat(254), "ü".repeat(43)] {
        let error = path([("k", long.as_str())]).unwrap_err();
        assert!(
            matches!(&error, PartitionError::InvalidValue { key, .. } if key == "k"),
            "{error}"
        );
    }
    let values: Vec<_> = ["a", "b", "c", "d"].iter().map(|key| (*key, fits.as_str())).collect();
    assert_eq!(path(values.iter().copied()).unwrap().as_str().len(), 1023);
    let error = path(values.into_iter().chain([("e", "")])).unwrap_err();
    assert!(matches!(&error, PartitionError::InvalidValue { key, .. } if key == "e"), "{error}");
}

#[test]
fn what_is_no_path_of_a_partition_is_refused() {
    for (wrong, segment) in [
        ("", ""),
        ("a", "a"),
        ("a=1/", ""),
        ("/a=1", ""),
        ("a=1//b=2", ""),
        ("a=1/..", ".."),
        ("a=1/b", "b"),
        ("=1", "=1"),
        ("a=%", "a=%"),
        ("a=%2", "a=%2"),
        ("a=1/b=%2g", "b=%2g"),
        ("a=%%41", "a=%%41"),
        ("a=%+1", "a=%+1"),
        ("a=%ff", "a=%ff"),
        ("%fe=1", "%fe=1"),
        ("a=\n", "a=\n"),
        ("a=\\", "a=\\"),
    ] {
        assert_eq!(parse(wrong).unwrap_err().segment, segment, "{wrong:?}");
    }
    let long = format!("{}a=1", "a=1/".repeat(256));
    assert_eq!(parse(&long).unwrap_err().reason, "the path is too long");
    assert_eq!(parse(&long[4..]).unwrap().len(), 256);
    assert!(parse(&format!("a={}", "1".repeat(254))).is_err());
}

/// Others escape other characters, or in lower case.
#[test]
fn the_escapes_of_others_are_read() {
    let values = parse("a=%2f%41/b=ü x").unwrap();
    assert_eq!(values, [("a".into(), "/A".into()), ("b".into(), "ü x".to_owned())]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_come_back(values in vec(any::<String>(), 1..5)) {
        let keys = ["a", "b/c", "ü", "d%"];
        let hive = Hive::by(keys.into_iter().take(values.len())).unwrap();
        let record: serde_json::Map<_, _> =
            keys.iter().zip(&values).map(|(key, value)| ((*key).into(), json!(value))).collect();
        match hive.partition(&record) {
            Ok(partition) => {
                let back = parse(partition.as_str()).unwrap();
                let (back_keys, back): (Vec<_>, Vec<_>) = back.into_iter().unzip();
                prop_assert_eq!(&back_keys, hive.keys());
                prop_assert_eq!(&back, &values);
                prop_assert_eq!(partition.as_str().split('/').count(), values.len());
                prop_assert!(key::check(partition.as_str()).is_ok());
                prop_assert!(partition.as_str().is_ascii());
            }
            Err(error) => prop_assert!(values.iter().any(|value| value.len() > 80), "{}", error),
        }
    }

    #[test]
    fn what_parses_is_a_path(text in "([ab=/%.ü]|%[0-9a-f]{2}){0,12}") {
        if let Ok(values) = parse(&text) {
            let values = values.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            prop_assume!(values.clone().all(|(key, _)| !key.contains('=')));
            let again = path(values.clone()).unwrap();
            prop_assert!(parse(again.as_str()).unwrap().iter().map(|(k, v)| (k.as_str(), v.as_str())).eq(values));
            prop_assert!(Partition::new(text).is_ok());
        }
    }
}
