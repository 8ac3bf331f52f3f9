//! Paths of partitions. An input is a path that somebody else made; between slashes it is also
//! taken as keys and values.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lode_core::key;
use lode_hive::{parse, path};

fuzz_target!(|text: &str| {
    if let Ok(values) = parse(text) {
        let pairs: Vec<_> = values.iter().map(|(key, value)| (&**key, &**value)).collect();
        // Escaped by our rules it may have become too long, and a key may have had a `%3D`.
        if let Ok(path) = path(pairs) {
            assert_eq!(parse(path.as_str()), Ok(values));
        }
    }

    let pairs: Vec<_> = text.split('/').filter_map(|pair| pair.split_once('=')).collect();
    if let Ok(path) = path(pairs.iter().copied()) {
        assert_eq!(key::check(path.as_str()), Ok(()));
        let values = parse(path.as_str()).expect("what was written can be read");
        let values = values.iter().map(|(key, value)| (&**key, &**value));
        assert!(values.eq(pairs), "{path}");
        assert!(path.as_str().split('/').all(|folder| folder.contains('=')));
    }
});
