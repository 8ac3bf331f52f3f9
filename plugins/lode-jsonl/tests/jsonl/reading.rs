//! Files of others, and damaged ones.

use lode_core::codec::{Codec, CodecError, StreamDecoder, StreamingCodec};
use lode_jsonl::Jsonl;
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::read;

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Event {
    id: u64,
    name: String,
}

fn values(file: &str) -> Result<Vec<Value>, CodecError> {
    read(Jsonl::new(), file.as_bytes())
}

fn error(at: u64, reason: &str) -> CodecError {
    CodecError::Decode { at, unit: "line", reason: reason.into() }
}

#[test]
fn what_go_wrote_is_read() {
    let file = include_str!("../fixtures/events-1.jsonl");
    let expected = [
        json!({ "event": "signup", "id": 1 }),
        json!({ "event": "login", "id": 2, "ünïcode": "✓ <html>&" }),
    ];
    assert_eq!(values(file).unwrap(), expected);
    let file = include_str!("../fixtures/events-2.jsonl");
    assert_eq!(
        values(file).unwrap(),
        [json!({ "a": 1 }), json!({ "a": 2.5 }), json!({ "a": null })]
    );
}

#[test]
fn empty_lines_are_skipped() {
    assert_eq!(values("").unwrap(), [] as [Value; 0]);
    assert_eq!(values("\n\n\r\n").unwrap(), [] as [Value; 0]);
    assert_eq!(values("\n1\n\n\r\n2\r\n\n").unwrap(), [json!(1), json!(2)]);
    assert_eq!(values(" 1 \t\n").unwrap(), [json!(1)]);
    let blank = error(1, "EOF while parsing a value at column 2");
    assert_eq!(values("1\n  \n"), Err(blank));
}

#[test]
fn the_last_newline_may_be_missing() {
    assert_eq!(values("1\n2").unwrap(), [json!(1), json!(2)]);
    assert_eq!(values("1\n2\r").unwrap(), [json!(1), json!(2)]);
    assert_eq!(values("1\n\r").unwrap(), [json!(1)]);
    assert_eq!(values("1\n{\"a\":"), Err(error(1, "EOF while parsing a value at column 5")));
}

#[test]
fn errors_name_the_line_and_the_column() {
    assert_eq!(values("1\n\n{}}\n4\n"), Err(error(2, "trailing characters at column 3")));
    assert_eq!(values("nul"), Err(error(0, "EOF while parsing a value at column 3")));
    assert_eq!(values("\u{feff}1"), Err(error(0, "expected value at column 1")));
    let typed = |file: &[u8]| read(Jsonl::<Event>::new(), file);
    assert_eq!(
        typed(b"{\"id\":1,\"name\":\"a\"}\n{\"id\":-1,\"name\":\"b\"}\n"),
        Err(error(1, "invalid value: integer `-1`, expected u64 at column 8"))
    );
    assert_eq!(typed(b"\n{\"id\":1}"), Err(error(1, "missing field `name` at column 8")));
}

/// Also where nobody looks at it.
#[test]
fn text_must_be_utf8() {
    let file = b"{\"id\":1,\"name\":\"a\"}\n{\"id\":1,\"name\":\"a\",\"more\":\"\xff\"}\n";
    assert_eq!(read(Jsonl::<Event>::new(), file), Err(error(1, "no UTF-8 at column 28")));
    assert_eq!(read(Jsonl::<Value>::new(), b"\"\xc3"), Err(error(0, "no UTF-8 at column 2")));
}

#[test]
fn deep_nesting_is_refused() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(values(&nested(127)).unwrap().len(), 1);
    assert_eq!(values(&nested(128)), Err(error(0, "recursion limit exceeded at column 128")));
    let begun = "[{\"a\":".repeat(1 << 20);
    assert!(matches!(values(&begun), Err(CodecError::Decode { at: 0, .. })));
}

#[test]
fn lines_are_bounded_at_exactly_the_limit() {
    let codec = Jsonl::<Value>::new().max_line(5);
    assert_eq!(read(codec, b"12345\n1234\r\n12345").unwrap().len(), 3);
    for (file, at) in
        [(&b"123456"[..], 0), (b"1\n\n123456\n", 2), (b"12345\r\n", 0), (b"1\n\"aaaaaaaaaaa", 1)]
    {
        assert_eq!(read(codec, file), Err(CodecError::Limit { what: "line", at, limit: 5 }));
    }
}

/// A line that never ends is refused as soon as it is too long.
#[test]
fn streams_keep_no_more_than_a_line() {
    let mut decoder = Jsonl::<Value>::new().max_line(1000).decoder();
    let mut records = Vec::new();
    for _ in 0..100 {
        decoder.push(&[b'1'; 10], &mut records).unwrap();
    }
    let limit = CodecError::Limit { what: "line", at: 0, limit: 1000 };
    assert_eq!(decoder.push(b"1", &mut records), Err(limit.clone()));
    // And what follows is not taken for a line.
    assert_eq!(decoder.push(b"\n1\n", &mut records), Err(limit.clone()));
    assert_eq!(decoder.finish(&mut records), Err(limit));
    assert!(records.is_empty());
}

#[test]
fn records_are_bounded_at_exactly_the_limit() {
    let codec = Jsonl::<Value>::new().max_records(2);
    assert_eq!(read(codec, b"1\n\n2\n\n\r\n").unwrap().len(), 2);
    let many = CodecError::TooMany { what: "records", limit: 2 };
    assert_eq!(read(codec, b"1\n2\n3"), Err(many.clone()));
    assert_eq!(many.to_string(), "there are more than the 2 records that are allowed");
    assert!(read(Jsonl::<Value>::new().max_records(0), b"\n").unwrap().is_empty());
}

#[test]
fn nothing_follows_an_error() {
    let mut records = Jsonl::<Value>::new().decode(b"1\nx\n2\n".to_vec()).unwrap();
    assert_eq!(records.next(), Some(Ok(json!(1))));
    assert!(matches!(records.next(), Some(Err(CodecError::Decode { at: 1, .. }))));
    assert_eq!(records.next(), None);
    assert_eq!(records.next(), None);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn garbage_never_panics(file in vec(any::<u8>(), 0..100)) {
        let _ = read(Jsonl::<Value>::new(), &file);
    }

    #[test]
    fn nearly_json_never_panics(file in "[\\[\\]{}\",:0-9a.e\\n\\r\\\\ü -]{0,40}") {
        let _ = read(Jsonl::<Value>::new().max_line(20).max_records(3), file.as_bytes());
        let _ = read(Jsonl::<Event>::new(), file.as_bytes());
    }
}
