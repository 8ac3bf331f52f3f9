//! What is written is read back.

use lode_core::codec::{Codec, CodecError, Encoded, StreamEncoder, StreamingCodec};
use lode_jsonl::Jsonl;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{read, stream};

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Typed {
    id: i64,
    text: String,
    bytes: Option<Vec<u8>>,
    float: f64,
    pair: (char, bool),
}

fn write<T>(codec: Jsonl<T>, records: &[T]) -> Result<(Vec<u8>, Encoded), CodecError>
where
    Jsonl<T>: Codec<Record = T>,
{
    let mut file = b"before".to_vec();
    let encoded = codec.encode(records.iter(), &mut file)?;
    assert_eq!(&file[..6], b"before", "it only appends");
    Ok((file.split_off(6), encoded))
}

#[test]
fn name() {
    assert_eq!(Jsonl::<Value>::default().name(), "jsonl");
}

#[test]
fn nothing_is_an_empty_file() {
    let (file, encoded) = write(Jsonl::<Value>::new(), &[]).unwrap();
    assert_eq!((file, encoded), (Vec::new(), Encoded { rows: 0, stats: None }));
}

#[test]
fn limits_hold_for_writing_too() {
    let records = ["a", "bb", "ccc"].map(Value::from);
    let codec = Jsonl::new().max_line(4);
    assert_eq!(write(codec, &records), Err(CodecError::Limit { what: "line", at: 2, limit: 4 }));
    assert!(write(codec.max_line(5), &records).is_ok());
    assert_eq!(
        write(Jsonl::new().max_records(2), &records),
        Err(CodecError::TooMany { what: "records", limit: 2 })
    );
    assert!(write(Jsonl::new().max_records(3), &records).is_ok());
}

/// Cannot be written for some values, and notices in the middle.
#[derive(Deserialize)]
struct Picky(u8);

impl Serialize for Picky {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        seq.serialize_element(&self.0)?;
        if self.0 == 0 {
            return Err(serde::ser::Error::custom("no zeros"));
        }
        seq.end()
    }
}

#[test]
fn a_record_that_fails_leaves_nothing() {
    let mut encoder = Jsonl::new().encoder();
    let mut file = Vec::new();
    encoder.push(&Picky(1), &mut file).unwrap();
    let error = CodecError::Record { index: 1, reason: "no zeros".into() };
    assert_eq!(encoder.push(&Picky(0), &mut file), Err(error));
    encoder.push(&Picky(2), &mut file).unwrap();
    assert_eq!(encoder.finish(&mut file).unwrap().rows, 2);
    assert_eq!(file, b"[1]\n[2]\n");
}

/// serde_json copies raw values as they are, so these are the only ones that can have newlines.
#[test]
fn no_record_spans_lines() {
    let raw = |json: &str| RawValue::from_string(json.into()).unwrap();
    assert_eq!(write(Jsonl::new(), &[raw("[1, 2]")]).unwrap().0, b"[1, 2]\n");
    let result = write(Jsonl::new(), &[raw("[1]"), raw("[1,\n2]")]);
    assert!(matches!(result, Err(CodecError::Record { index: 1, .. })), "{result:?}");
}

fn json() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
    ];
    let text = prop_oneof![any::<String>(), "[\\n\\r\\u{2028}\"\\\\/ü<>&]{0,8}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 50, 8, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            btree_map(text.clone(), inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn typed() -> impl Strategy<Value = Typed> {
    let bytes = proptest::option::of(vec(any::<u8>(), 0..20));
    let finite = any::<f64>().prop_filter("finite", |float| float.is_finite());
    (any::<i64>(), any::<String>(), bytes, finite, any::<(char, bool)>())
        .prop_map(|(id, text, bytes, float, pair)| Typed { id, text, bytes, float, pair })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_comes_back(records in vec(json(), 0..10), cut in 1..50_usize) {
        let (file, encoded) = write(Jsonl::new(), &records).unwrap();
        prop_assert_eq!(encoded.rows, records.len() as u64);
        prop_assert_eq!(encoded.stats, None);
        // As many lines as records: there are no newlines within.
        prop_assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), records.len());
        prop_assert_eq!(&read(Jsonl::<Value>::new(), &file).unwrap(), &records);
        let (streamed, result) = stream(Jsonl::<Value>::new(), file.chunks(cut));
        prop_assert_eq!(result, Ok(()));
        prop_assert_eq!(streamed, records);
    }

    #[test]
    fn typed_records_come_back(records in vec(typed(), 0..10)) {
        let (file, _) = write(Jsonl::new(), &records).unwrap();
        prop_assert_eq!(read(Jsonl::<Typed>::new(), &file).unwrap(), records);
    }

    #[test]
    fn streams_write_the_same(records in vec(json(), 0..10)) {
        let codec = Jsonl::new();
        let mut encoder = codec.encoder();
        let mut file = Vec::new();
        for record in &records {
            encoder.push(record, &mut file).unwrap();
        }
        let encoded = encoder.finish(&mut file).unwrap();
        prop_assert_eq!((file, encoded), write(codec, &records).unwrap());
    }
}
