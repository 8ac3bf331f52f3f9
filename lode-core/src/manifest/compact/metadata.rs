//! Metadata in the compact format.

use alloc::string::String;
use alloc::vec::Vec;

use super::reader::Reader;
use super::wire::put;
use crate::manifest::{ManifestError, Metadata, Value};

/// Appends `metadata` as the module above draws it. The values are writable.
pub(super) fn encode(metadata: &Metadata, out: &mut Vec<u8>) -> postcard::Result<()> {
    put(&metadata.len(), out)?;
    metadata.iter().try_for_each(|(name, value)| {
        put(name, out)?;
        encode_value(value, out)
    })
}

fn encode_value(value: &Value, out: &mut Vec<u8>) -> postcard::Result<()> {
    match value {
        Value::Null => put(&tag::NULL, out),
        Value::Bool(false) => put(&tag::FALSE, out),
        Value::Bool(true) => put(&tag::TRUE, out),
        Value::Integer(number) => put(&(tag::INTEGER, number), out),
        Value::Large(number) => put(&(tag::LARGE, number), out),
        Value::Float(number) => put(&(tag::FLOAT, number), out),
        Value::Text(text) => put(&(tag::TEXT, text), out),
        Value::List(values) => {
            put(&(tag::LIST, values.len()), out)?;
            values.iter().try_for_each(|value| encode_value(value, out))
        }
        Value::Map(values) => {
            put(&tag::MAP, out)?;
            encode(values, out)
        }
    }
}

/// Reads what [`encode`] wrote, and all of it.
pub(super) fn decode(bytes: &[u8], at: usize) -> Result<Metadata, ManifestError> {
    let mut reader = Reader::new(bytes, at);
    let metadata = decode_map(&mut reader, 0)?;
    reader.finish("metadata")?;
    Ok(metadata)
}

fn decode_map(reader: &mut Reader<'_>, depth: usize) -> Result<Metadata, ManifestError> {
    let count = reader.count("metadata", 2)?;
    let mut map = Metadata::new();
    for _ in 0..count {
        let name: &str = reader.take("metadata name")?;
        if map.last_key_value().is_some_and(|(last, _)| last.as_str() >= name) {
            return Err(reader.wrong("metadata name", "the names are not in order"));
        }
        map.insert(String::from(name), decode_value(reader, depth)?);
    }
    Ok(map)
}

fn decode_value(reader: &mut Reader<'_>, depth: usize) -> Result<Value, ManifestError> {
    const FIELD: &str = "metadata value";
    if depth >= Value::MAX_DEPTH {
        return Err(reader.wrong(FIELD, "it is nested too deep"));
    }
    Ok(match reader.take::<u8>(FIELD)? {
        tag::NULL => Value::Null,
        tag::FALSE => Value::Bool(false),
        tag::TRUE => Value::Bool(true),
        tag::INTEGER => Value::Integer(reader.take(FIELD)?),
        tag::LARGE => Value::from(reader.take::<u64>(FIELD)?),
        tag::FLOAT => Value::Float(reader.take(FIELD)?),
        tag::TEXT => Value::Text(reader.take::<&str>(FIELD)?.into()),
        tag::LIST => {
            let count = reader.count(FIELD, 1)?;
            let values = (0..count).map(|_| decode_value(reader, depth + 1));
            Value::List(values.collect::<Result<_, _>>()?)
        }
        tag::MAP => Value::Map(decode_map(reader, depth + 1)?),
        _ => return Err(reader.wrong(FIELD, "a value of this type is not known")),
    })
}

/// The first byte of a value. Bytes, because postcard writes a `u8` as it is.
mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const INTEGER: u8 = 3;
    pub(super) const LARGE: u8 = 4;
    pub(super) const FLOAT: u8 = 5;
    pub(super) use crate::manifest::compact::shape::TEXT;
    pub(super) const LIST: u8 = 7;
    pub(super) const MAP: u8 = 8;
}
