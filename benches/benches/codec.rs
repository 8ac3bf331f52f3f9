//! The compact format beside postcard and JSON by hand, and the JSON of the Go implementation
//! beside `serde_json` alone: nanoseconds and bytes a block.
//!
//! ```text
//! cargo bench -p lode-benches --bench codec
//! ```
//!
//! All take turns in one process, and of the rounds the least counts. The peers have the same
//! fields, differences instead of offsets where they can, and neither a checksum over the whole
//! nor names to look up. Of Go's JSON the peer takes offsets and lengths only, where Lode checks
//! and keeps every field.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench fails by panicking")]
#![allow(clippy::print_stdout, reason = "it reports")]
#![allow(clippy::disallowed_methods, reason = "it is the time that is measured")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use lode_benches::ratios::{self, Ratio};
use lode_benches::scale;
use lode_core::Version;
use lode_core::checksum::Digest;
use lode_core::id::Id;
use lode_core::manifest::{
    Block, BlockName, BlockTable, CollectionState, Metadata, VolumeManifest, compact, json,
};
use lode_core::range::ByteRange;
use serde::{Deserialize, Serialize};

const BLOCKS: u64 = 1_000_000;
const LENGTH: u64 = 4096;
const ROUNDS: u64 = 4;

/// A block of the peers.
#[derive(Deserialize, Serialize)]
struct Plain {
    gap: u64,
    length: u64,
    checksum: [u8; 16],
}

fn main() {
    let (mut ratios, blocks) = (Vec::new(), scale(BLOCKS) as f64);
    println!("{:20}{:>10}{:>10}{:>10}", "ns a block", "encode", "decode", "bytes");
    for (name, gap) in [("adjacent", 0), ("scattered", 3)] {
        let manifest = manifest(gap);
        let mut least = [[Duration::MAX; 2]; 3];
        let mut sizes = [0; 3];
        for _ in 0..scale(ROUNDS) {
            let [ours, postcard, json] = &mut least;
            sizes[0] = round(
                ours,
                || compact::encode(&manifest).unwrap(),
                |bytes| compact::decode(bytes).unwrap(),
            );
            sizes[1] = round(
                postcard,
                || postcard::to_stdvec(&plain(&manifest)).unwrap(),
                |bytes| postcard::from_bytes::<Vec<Plain>>(bytes).unwrap(),
            );
            sizes[2] = round(
                json,
                || serde_json::to_vec(&plain(&manifest)).unwrap(),
                |bytes| serde_json::from_slice::<Vec<Plain>>(bytes).unwrap(),
            );
        }
        let each = least.map(|times| times.map(|time| time.as_secs_f64() * 1e9 / blocks));
        for ((format, [encode, decode]), bytes) in
            ["compact", "postcard", "json"].iter().zip(each).zip(sizes)
        {
            let bytes = bytes as f64 / blocks;
            println!("{:20}{encode:10.1}{decode:10.1}{bytes:10.2}", format!("{name} {format}"));
        }
        let [ours, postcard, _] = each;
        for ((way, ours), peer) in ["encode", "decode"].iter().zip(ours).zip(postcard) {
            let name = format!("codec/{name}/{way}");
            ratios.push(Ratio::of_costs(name, ours, ("postcard, with differences", peer), 0.9));
        }
    }
    ratios.push(go_json());
    ratios::write("codec", &ratios).unwrap();
}

/// What a reader of offsets and lengths takes from a manifest.
#[derive(Deserialize)]
struct Ranges {
    blocks: Vec<PlainRange>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is what comes out")]
struct PlainRange {
    offset: u64,
    length: u64,
}

/// Decodes the JSON that the Go implementation writes.
fn go_json() -> Ratio {
    let bytes = json::encode_volume(&manifest(3)).unwrap();
    let mut least = [Duration::MAX; 2];
    for _ in 0..scale(ROUNDS) {
        let [ours, peer] = &mut least;
        time(ours, || json::decode_volume(&bytes).unwrap());
        time(peer, || serde_json::from_slice::<Ranges>(&bytes).unwrap().blocks);
    }
    let blocks = scale(BLOCKS) as f64;
    let [ours, peer] = least.map(|time| time.as_secs_f64() * 1e9 / blocks);
    let size = bytes.len() as f64 / blocks;
    println!("{:30}{ours:10.1}{size:10.2}", "go's json");
    println!("{:30}{peer:10.1}", "  its ranges, serde_json");
    let peer = ("serde_json, which takes offsets and lengths only", peer);
    Ratio::of_costs("codec/go's json/decode".into(), ours, peer, 1.0)
}

/// Does something once.
fn time<T>(least: &mut Duration, act: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let made = black_box(act());
    *least = begin.elapsed().min(*least);
    made
}

/// Encodes and decodes once, and says how many bytes it took.
fn round<T>(
    [encoded, decoded]: &mut [Duration; 2],
    encode: impl Fn() -> Vec<u8>,
    decode: impl Fn(&[u8]) -> T,
) -> usize {
    let bytes = time(encoded, encode);
    time(decoded, || decode(&bytes));
    bytes.len()
}

/// Blocks up to `most` units apart, as one handle staged them in order.
fn manifest(most: u64) -> VolumeManifest {
    let (mut end, mut state) = (0, 1_u64);
    let block = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let start = end + (state >> 33) % (most + 1) * LENGTH;
        end = start + LENGTH;
        let digest: [u8; 16] = u128::from(state).wrapping_mul(u128::MAX / 7).to_le_bytes();
        Block {
            range: ByteRange::with_length(start, LENGTH).unwrap(),
            name: BlockName::Written { writer: 7, suffix: 0 },
            digest: Some(Digest::from(digest)),
        }
    };
    VolumeManifest {
        id: Id::new("bench").unwrap(),
        version: Version::new(1).unwrap(),
        parent: None,
        parent_digest: None,
        commit_id: None,
        created_at: None,
        total_length: 1 << 40,
        checksum: Some("xxh3-128".into()),
        metadata: Metadata::new(),
        blocks: BlockTable::from_sorted((0..scale(BLOCKS)).map(block)).unwrap().into(),
        state: CollectionState::FIRST,
        extra: Metadata::new(),
    }
}

fn plain(manifest: &VolumeManifest) -> Vec<Plain> {
    let mut end = 0;
    let plain = |block: Block| {
        let gap = block.range.start() - end;
        end = block.range.end();
        let checksum = block.digest.unwrap().as_bytes().try_into().unwrap();
        Plain { gap, length: block.range.length(), checksum }
    };
    manifest.blocks.inline().unwrap().iter().map(plain).collect()
}
