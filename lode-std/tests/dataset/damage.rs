//! Data files that are not what was committed.

use std::sync::Arc;

use futures::TryStreamExt;
use lode_core::codec::CodecError;
use lode_core::compress::Compressor;
use lode_gzip::Gzip;
use lode_jsonl::Jsonl;
use lode_std::{
    Dataset, DatasetBuilder, DatasetReader, Error, ErrorKind, LayoutKind, Limits, Records, meta,
};
use lode_zstd::Zstd;
use serde_json::{Value, json};

use crate::helpers::{Events, events, version};
use crate::support::scripted::Scripted;

/// A dataset of one snapshot with one file, to be damaged.
struct Victim {
    scripted: Arc<Scripted>,
    dataset: Events,
    /// The key of its file, and what is in it.
    key: String,
    bytes: Vec<u8>,
}

impl Victim {
    async fn new(builder: DatasetBuilder<Records<Jsonl<Value>>>) -> Self {
        let scripted = Scripted::in_memory();
        let dataset = builder.open(scripted.store()).await.unwrap();
        let records: Vec<_> = (0..100).map(|n| json!({"n": n, "text": "some text"})).collect();
        let snapshot = dataset.write(&records, meta! {}).await.unwrap();
        let key = snapshot.files()[0].key.to_string();
        let objects = scripted.objects().await;
        let bytes = objects.into_iter().find(|(found, _)| *found == key).unwrap().1.to_vec();
        Self { scripted, dataset, key, bytes }
    }

    /// Replaces the file's bytes.
    async fn damage(&self, bytes: Vec<u8>) {
        self.scripted.tamper(&self.key, bytes).await;
    }

    /// Replaces them, and has the manifest say so, without a checksum.
    async fn forge(&self, bytes: Vec<u8>) {
        let slot = format!("datasets/events/snapshots/{:019}/manifest.json", 1);
        let objects = self.scripted.objects().await;
        let manifest = objects.into_iter().find(|(key, _)| *key == slot).unwrap().1;
        let mut manifest: Value = serde_json::from_slice(&manifest).unwrap();
        manifest.as_object_mut().unwrap().remove("checksum_algorithm");
        manifest["files"][0].as_object_mut().unwrap().remove("checksum");
        manifest["files"][0]["size_bytes"] = bytes.len().into();
        self.scripted.tamper(&slot, manifest.to_string()).await;
        self.damage(bytes).await;
    }

    /// What goes wrong when the snapshot is read with this handle, at once and as a stream.
    async fn errors_of(&self, dataset: &Events) -> [Error; 2] {
        let at_once = dataset.read(version(1)).await.unwrap_err();
        let streamed = match dataset.read_stream(version(1)).await {
            Ok(stream) => stream.try_collect::<Vec<_>>().await.unwrap_err(),
            Err(error) => error,
        };
        [at_once, streamed]
    }

    async fn errors(&self) -> [Error; 2] {
        self.errors_of(&self.dataset).await
    }

    /// The same, by a new handle, which has not seen the manifest before.
    async fn new_errors(&self, builder: DatasetBuilder<Records<Jsonl<Value>>>) -> [Error; 2] {
        self.errors_of(&builder.open(self.scripted.store()).await.unwrap()).await
    }
}

fn gzip() -> DatasetBuilder<Records<Jsonl<Value>>> {
    events("events").compressor(Gzip::default())
}

fn compress(compressor: &dyn Compressor, mut bytes: &[u8]) -> Vec<u8> {
    let mut transform = compressor.compress().unwrap();
    let (mut compressed, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        let progress = transform.step(bytes, &mut buffer, true).unwrap();
        compressed.extend_from_slice(&buffer[..progress.put]);
        bytes = &bytes[progress.taken..];
        if progress.done {
            return compressed;
        }
    }
}

#[tokio::test]
async fn other_bytes_are_corrupt() {
    for builder in [events("events"), gzip()] {
        let victim = Victim::new(builder).await;
        let mut flipped = victim.bytes.clone();
        // Within a text, or a header that a decompressor ignores, so that only the checksum tells.
        let at = if flipped.starts_with(b"{") { flipped.len() - 5 } else { 4 };
        flipped[at] ^= 1;
        victim.damage(flipped).await;
        for error in victim.errors().await {
            assert_eq!(error.kind(), ErrorKind::Corrupt);
            let Error::Corrupt { key, .. } = error else { panic!("{error}") };
            assert_eq!(key.as_str(), victim.key);
        }
    }
}

#[tokio::test]
async fn fewer_or_more_bytes_are_noticed() {
    for builder in [events("events"), gzip()] {
        let victim = Victim::new(builder).await;
        let size = victim.bytes.len();
        let longer = [&victim.bytes[..], b"\n"].concat();
        for bytes in [vec![], victim.bytes[..size - 1].to_vec(), longer] {
            let length = bytes.len() as u64;
            victim.damage(bytes).await;
            for error in victim.errors().await {
                match error {
                    Error::Truncated { key, expected, found } => {
                        assert_eq!((key.as_str(), expected), (victim.key.as_str(), size as u64));
                        assert_eq!(found, length);
                    }
                    // The stream reads what there is before it knows the size.
                    Error::Compress { .. } if length > size as u64 => {}
                    other => panic!("{other}"),
                }
            }
        }
    }
}

#[tokio::test]
async fn a_file_that_is_gone() {
    let scripted = Scripted::new();
    let dataset = events("events").open(scripted.store()).await.unwrap();
    let snapshot = dataset.write(&[json!(1)], meta! {}).await.unwrap();
    let other = Scripted::new();
    for (key, bytes) in scripted.objects().await {
        if key != snapshot.files()[0].key.as_str() {
            other.tamper(&key, bytes).await;
        }
    }
    let dataset = events("events").open(other.store()).await.unwrap();
    let at_once = dataset.read(version(1)).await.unwrap_err();
    let stream = dataset.read_stream(version(1)).await.unwrap();
    let streamed = stream.try_collect::<Vec<_>>().await.unwrap_err();
    let reader = DatasetReader::new(other.store(), LayoutKind::Default);
    let opened = reader.open(&snapshot.files()[0]).await.unwrap_err();
    for error in [at_once, streamed, opened] {
        assert!(matches!(&error, Error::Missing { key } if *key == snapshot.files()[0].key));
    }
}

/// With other bytes under a manifest that knows no checksum, it is up to the decoders.
#[tokio::test]
async fn damage_that_no_checksum_tells() {
    let zstd = || events("events").compressor(Zstd::default());
    for builder in [gzip, zstd as fn() -> _] {
        let victim = Victim::new(builder()).await;
        let size = victim.bytes.len();
        let mut flipped = victim.bytes.clone();
        flipped[size / 2] ^= 0x55;
        let cut = victim.bytes[..size - 3].to_vec();
        let longer = [&victim.bytes[..], b"more"].concat();
        for bytes in [flipped, cut, longer, vec![], b"no archive".to_vec()] {
            victim.forge(bytes).await;
            for error in victim.new_errors(builder()).await {
                assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
                assert!(matches!(&error, Error::Compress { .. } | Error::Decode { .. }), "{error}");
                assert!(error.to_string().starts_with(&victim.key), "{error}");
            }
        }
    }
    let victim = Victim::new(events("events")).await;
    victim.forge(b"{\"n\":1}\n{\"n\":".to_vec()).await;
    for error in victim.new_errors(events("events")).await {
        let Error::Decode { source: CodecError::Decode { at, unit, .. }, .. } = error else {
            panic!("{error}")
        };
        assert_eq!((at, unit), (1, "line"));
    }
}

#[tokio::test]
async fn a_line_over_the_limit() {
    let victim = Victim::new(events("events")).await;
    victim.forge([b"1\n\"".to_vec(), vec![b'x'; 1000]].concat()).await;
    let short = Dataset::builder("events").codec(Jsonl::new().max_line(999));
    for error in victim.new_errors(short).await {
        let Error::Decode { source, .. } = error else { panic!("{error}") };
        assert_eq!(source, CodecError::Limit { what: "line", at: 1, limit: 999 });
    }
}

#[tokio::test]
async fn too_much_comes_out() {
    for compressor in [&Gzip::default() as &dyn Compressor, &Zstd::default()] {
        let builder = || match compressor.name() {
            "gzip" => gzip(),
            _ => events("events").compressor(Zstd::default()),
        };
        let victim = Victim::new(builder()).await;
        let zeros = compress(compressor, &vec![0; 32 << 20]);
        let lines = compress(compressor, &b"1\n".repeat(16 << 20));
        for bytes in [zeros, lines] {
            victim.forge(bytes).await;
            let limits = Limits { ratio: 10, total: 4 << 30 };
            for error in victim.new_errors(builder().limits(limits)).await {
                assert!(matches!(error, Error::TooLarge { limit, .. } if limit == 16 << 20));
            }
            let limits = Limits { total: 1000, ..Limits::default() };
            for error in victim.new_errors(builder().limits(limits)).await {
                assert_eq!(error.kind(), ErrorKind::OutOfSpace);
                assert!(matches!(&error, Error::TooLarge { key, limit: 1000 }
                    if key.as_str() == victim.key));
            }
        }
    }
}

#[tokio::test]
async fn what_is_allowed_comes_out() {
    let victim = Victim::new(gzip()).await;
    let text = format!("\"{}\"\n", "x".repeat(20 << 20));
    let size = text.len() as u64;
    victim.forge(compress(&Gzip::default(), text.as_bytes())).await;
    // gzip gets more than a thousandfold out of equal bytes.
    let limits = Limits { ratio: 2000, total: size };
    let exact = gzip().limits(limits).open(victim.scripted.store()).await.unwrap();
    assert_eq!(exact.read(version(1)).await.unwrap().len(), 1);
    let limits = Limits { total: size - 1, ..limits };
    for error in victim.new_errors(gzip().limits(limits)).await {
        assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    }
}
