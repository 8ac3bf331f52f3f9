//! Ways to damage objects.

use std::collections::BTreeMap;

use bytes::Bytes;

pub(super) type Objects = BTreeMap<String, Bytes>;

pub(super) fn cut(objects: &mut Objects, key: &str) {
    let bytes = objects[key].clone();
    objects.insert(key.to_string(), bytes.slice(..bytes.len() / 2));
}

pub(super) fn extend(objects: &mut Objects, key: &str) {
    let bytes = [&objects[key][..], b"}more"].concat();
    objects.insert(key.to_string(), bytes.into());
}

pub(super) fn flip(objects: &mut Objects, key: &str) {
    let mut bytes = objects[key].to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x81;
    objects.insert(key.to_string(), bytes.into());
}

pub(super) fn swap(objects: &mut Objects, one: &str, other: &str) {
    let (first, second) = (objects[one].clone(), objects[other].clone());
    objects.insert(one.to_string(), second);
    objects.insert(other.to_string(), first);
}

pub(super) fn replace(objects: &mut Objects, key: &str, from: &str, to: &str) {
    let text = std::str::from_utf8(&objects[key]).unwrap();
    assert!(text.contains(from), "{key}: {text}");
    let bytes = text.replace(from, to).into_bytes();
    objects.insert(key.to_string(), bytes.into());
}

pub(super) fn put(objects: &mut Objects, key: &str, bytes: &'static str) {
    objects.insert(key.to_string(), bytes.into());
}
