//! Fetching the bytes of blocks, as few requests as there need to be.

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use lode_core::checksum::{Algorithm, Digest};
use lode_core::key::Key;
use lode_core::manifest::Block;
use lode_core::range::ByteRange;

use super::BlockCache;
use crate::Error;
use crate::store::Objects;

/// How many fetches of one read are on their way at the same time.
const IN_FLIGHT: usize = 16;
/// What lies between two parts of a block is fetched with them if it is no longer than this: it
/// costs less than another request.
const WORTHWHILE: u64 = 64 << 10;

/// A part of a block that is wanted: what an object has of a range.
pub(super) struct Part {
    pub(super) key: Key,
    pub(super) block: ByteRange,
    /// It lies within `block`.
    pub(super) wanted: ByteRange,
    /// What the whole block must have, if it can be verified.
    pub(super) digest: Option<(Algorithm, Digest)>,
}

impl Part {
    /// What `block` has of `within`.
    pub(super) fn new(
        key: Key,
        block: &Block,
        within: ByteRange,
        algorithm: Option<Algorithm>,
    ) -> Self {
        let wanted = block.range.intersection(within).unwrap_or(block.range);
        Self { key, block: block.range, wanted, digest: algorithm.zip(block.digest) }
    }

    /// Whether all of its block is fetched, which up to `widened` bytes it is to verify it.
    fn is_whole(&self, widened: u64) -> bool {
        let is_widened = self.digest.is_some() && self.block.length() <= widened;
        is_widened || self.wanted == self.block
    }
}

/// Fetches parts, in the order of their offsets, and hands them out.
pub(super) struct Fetcher<'a> {
    pub(super) objects: &'a Objects,
    pub(super) cache: Option<&'a BlockCache>,
    /// Blocks of up to so many bytes are fetched as a whole.
    pub(super) widened: u64,
}

/// What has been fetched: ranges and their bytes, in order and disjoint.
pub(super) struct Fetched(Vec<(ByteRange, Bytes)>);

impl Fetcher<'_> {
    /// The bytes of one part.
    pub(super) async fn fetch(&self, part: Part) -> Result<Bytes, Error> {
        let (whole, Part { key, block, wanted, digest }) = (part.is_whole(self.widened), part);
        let digest = digest.filter(|_| whole);
        let fetched = if whole { block } else { wanted };
        let kept = self.cache.zip(digest).and_then(|(cache, digest)| cache.get(&key, digest.1));
        let bytes = match kept {
            Some(bytes) => bytes,
            None => {
                self.read(key, fetched.start() - block.start(), fetched.length(), digest).await?
            }
        };
        Ok(slice(&bytes, fetched, wanted))
    }

    async fn read(
        &self,
        key: Key,
        offset: u64,
        length: u64,
        digest: Option<(Algorithm, Digest)>,
    ) -> Result<Bytes, Error> {
        let bytes = self.objects.read_range(&key, offset, length).await?;
        let Some((algorithm, expected)) = digest else { return Ok(bytes) };
        let found = algorithm.digest(&bytes);
        if found != expected {
            return Err(Error::Corrupt { key, expected, found });
        }
        if let Some(cache) = self.cache {
            cache.put(key, expected, &bytes);
        }
        Ok(bytes)
    }

    /// The bytes of all parts, in any order and overlapping or not; what is close together in one
    /// block is fetched at once.
    pub(super) async fn fetch_all(&self, parts: Vec<Part>) -> Result<Fetched, Error> {
        let fetches = merge(parts, self.widened).into_iter().map(|part| async move {
            let wanted = part.wanted;
            self.fetch(part).await.map(|bytes| (wanted, bytes))
        });
        // Boxed, as the compiler cannot see otherwise that it can be sent.
        let fetches: Vec<_> = fetches.map(futures::FutureExt::boxed).collect();
        Ok(Fetched(stream::iter(fetches).buffered(IN_FLIGHT).try_collect().await?))
    }
}

/// The parts in the order of their offsets, and none twice.
fn merge(mut parts: Vec<Part>, widened: u64) -> Vec<Part> {
    parts.sort_by_key(|part| part.wanted.start());
    parts.dedup_by(|next, last| {
        let is_near = next.wanted.start() <= last.wanted.end().saturating_add(WORTHWHILE);
        let is_merged = next.block == last.block && (is_near || last.is_whole(widened));
        if is_merged {
            let end = last.wanted.end().max(next.wanted.end());
            last.wanted = ByteRange::new(last.wanted.start(), end).unwrap_or(last.wanted);
        }
        is_merged
    });
    parts
}

impl Fetched {
    /// The bytes of a range, all of which has been fetched: without a copy, if they came at once.
    pub(super) fn bytes(&self, range: ByteRange) -> Bytes {
        let first = self.0.partition_point(|(fetched, _)| fetched.end() <= range.start());
        let behind = self.0.get(first..).unwrap_or_default().iter();
        let mut pieces = behind
            .map_while(|(fetched, bytes)| Some((*fetched, bytes, fetched.intersection(range)?)))
            .map(|(fetched, bytes, wanted)| slice(bytes, fetched, wanted));
        let Some(first) = pieces.next() else { return Bytes::new() };
        if first.len() as u64 == range.length() {
            return first;
        }
        let mut whole = BytesMut::with_capacity(usize::try_from(range.length()).unwrap_or(0));
        whole.extend_from_slice(&first);
        pieces.for_each(|piece| whole.extend_from_slice(&piece));
        whole.freeze()
    }
}

/// The bytes of `wanted` out of those of `fetched`, in which it lies.
fn slice(bytes: &Bytes, fetched: ByteRange, wanted: ByteRange) -> Bytes {
    let skipped = usize::try_from(wanted.start() - fetched.start()).unwrap_or(usize::MAX);
    let length = usize::try_from(wanted.length()).unwrap_or(usize::MAX);
    bytes.slice(skipped..skipped + length)
}
