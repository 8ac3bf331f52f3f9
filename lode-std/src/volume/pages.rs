//! The pages of large volumes: reading them, and keeping those that were read.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use hashbrown::HashMap;
use lode_core::layout::{Reference, VolumeLayout};
use lode_core::manifest::pages::{Page, PageHash, PageName, PageRef, Visit, Walk, Wanted};
use lode_core::manifest::{Blocks, ManifestError};
use lode_core::range::ByteRange;

use super::VolumeSlots;
use crate::Error;
use crate::history::{History, LostPage, See};
use crate::store::Objects;
use crate::sync::Mutex;

/// How many pages are read at the same time.
pub(super) const READS_IN_FLIGHT: usize = 16;

/// The hash by which pages are named.
pub(super) fn page_hash(bytes: &[u8]) -> PageHash {
    let hash = blake3::hash(bytes);
    let (halves, _) = hash.as_bytes().as_chunks();
    PageHash(halves.first().copied().unwrap_or_default())
}

/// Pages that were read or written lately. A handle has one, which its clones and snapshots share.
#[derive(Debug)]
pub(crate) struct PageCache {
    /// How many bytes of memory they may take.
    budget: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    pages: HashMap<PageName, (Arc<Page>, Use)>,
    /// The names of `pages`, each once; those that were looked at come round again.
    queue: VecDeque<PageName>,
    /// The sum of the pages' weights.
    weight: usize,
}

/// Whether a page was used since it last came to the front of the queue.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Use {
    Lately,
    Before,
}

impl PageCache {
    pub(super) fn new(budget: usize) -> Self {
        Self { budget, kept: Mutex::new(Kept::default()) }
    }

    fn get(&self, name: &PageName) -> Option<Arc<Page>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (page, used) = kept.pages.get_mut(name)?;
        *used = Use::Lately;
        Some(page.clone())
    }

    /// Keeps a page, and lets others go that were not used lately.
    pub(super) fn keep(&self, name: PageName, page: Arc<Page>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let weight = page.weight();
        if kept.pages.insert(name, (page, Use::Before)).is_none() {
            kept.queue.push_back(name);
            kept.weight += weight;
        }
        while kept.weight > self.budget && kept.let_go() {}
    }
}

impl Kept {
    /// Goes one page further in the queue; whether there was one.
    fn let_go(&mut self) -> bool {
        let Some(name) = self.queue.pop_front() else { return false };
        match self.pages.get_mut(&name) {
            Some((_, used @ Use::Lately)) => {
                *used = Use::Before;
                self.queue.push_back(name);
            }
            _ => {
                let gone = self.pages.remove(&name);
                self.weight -= gone.map_or(0, |(page, _)| page.weight());
            }
        }
        true
    }
}

impl History<VolumeSlots> {
    /// A page. Costs one read, unless it is kept.
    pub(super) async fn page(&self, wanted: &Wanted) -> Result<Arc<Page>, Error> {
        let VolumeSlots { layout, pages, .. } = &self.slots;
        let name = wanted.page.name;
        if let Some(page) = pages.get(&name) {
            return Ok(page);
        }
        let (page, _) = Box::pin(read_page(&self.objects, layout, wanted)).await?;
        pages.keep(name, page.clone());
        Ok(page)
    }

    /// Pages, several at a time.
    pub(super) async fn pages(
        &self,
        wanted: Vec<Wanted>,
    ) -> Result<Vec<(Wanted, Arc<Page>)>, Error> {
        let reads =
            stream::iter(wanted).map(async |wanted| Ok((wanted, self.page(&wanted).await?)));
        reads.buffer_unordered(READS_IN_FLIGHT).try_collect().await
    }

    /// Whether a page need not be read.
    pub(super) fn has_page(&self, wanted: &Wanted) -> bool {
        self.slots.pages.get(&wanted.page.name).is_some()
    }
}

/// Reads a page, and checks that it is the one that is referred to; what is not is read a second
/// time, for a page cannot be called damaged because of one answer. Says how many bytes it has in
/// the store, too.
async fn read_page(
    objects: &Objects,
    layout: &VolumeLayout,
    wanted: &Wanted,
) -> Result<(Arc<Page>, u64), Error> {
    let key = layout.page(&wanted.page.name);
    let most = Page::MAX_SIZE as u64;
    let open = |bytes: Option<&Bytes>| match bytes {
        Some(bytes) => {
            let page = wanted.page.open(wanted.level, bytes, page_hash);
            page.map(|page| (Arc::new(page), bytes.len() as u64))
        }
        None => {
            let reason = "it is longer than any page";
            Err(ManifestError::Decode { at: Page::MAX_SIZE, field: "end", reason })
        }
    };
    let first = objects.read_short(&key, most).await?;
    let source = match open(first.as_ref()) {
        Ok(page) => return Ok(page),
        Err(source) => source,
    };
    let second = objects.read_short(&key, most).await?;
    match open(second.as_ref()) {
        Ok(page) => Ok(page),
        Err(_) if first == second => Err(Error::ManifestInvalid { key, source }),
        Err(_) => Err(Error::unsettled(&key)),
    }
}

/// Shows all objects that these blocks lie in and are found by: the pages, and the blocks
/// themselves. A page that was seen before, and all below it, is passed by; those that are
/// seen now are added when all of them have been, but for those that cannot be read and those above
/// them. Keeps no page; holds some of each level.
pub(super) async fn references(
    objects: &Objects,
    layout: &VolumeLayout,
    blocks: &Blocks,
    seen: &mut HashSet<PageName>,
    see: See<'_>,
) -> Result<(), Error> {
    let root = match blocks {
        Blocks::Inline(table) => {
            return table.iter().try_for_each(|block| see(Ok(layout.reference(&block))));
        }
        Blocks::Paged(root) => root,
    };
    let (mut new, mut lost) = (HashMap::new(), Vec::new());
    let mut walk = Walk::blocks(root, root.range());
    loop {
        let wanted = next_unseen(&mut walk, |page| {
            !seen.contains(&page.name) && new.insert(page.name, page.range).is_none()
        });
        if wanted.is_empty() {
            break;
        }
        let reads = stream::iter(wanted).map(async |wanted| {
            let read = read_page(objects, layout, &wanted).await;
            (wanted, read)
        });
        let mut pages = std::pin::pin!(reads.buffer_unordered(READS_IN_FLIGHT));
        while let Some((wanted, read)) = pages.next().await {
            let (key, range) = (layout.page(&wanted.page.name), wanted.page.range);
            let taken = read.and_then(|(page, size)| match walk.take(&wanted, &page) {
                Ok(()) => Ok((page, size)),
                Err(source) => Err(Error::ManifestInvalid { key: key.clone(), source }),
            });
            match taken {
                Err(error) => {
                    lost.push(range);
                    see(Err(LostPage { key, range, error }))?;
                }
                Ok((page, size)) => {
                    see(Ok(Reference { key, size, digest: None, range: Some(range) }))?;
                    if let Page::Leaf(table) = &*page {
                        table.iter().try_for_each(|block| see(Ok(layout.reference(&block))))?;
                    }
                }
            }
        }
    }
    let is_whole = |range: &ByteRange| !lost.iter().any(|lost| range.contains(lost));
    seen.extend(new.into_iter().filter(|(_, range)| is_whole(range)).map(|(name, _)| name));
    Ok(())
}

/// The next pages of a walk that are read together.
fn next_unseen(walk: &mut Walk, mut is_new: impl FnMut(&PageRef) -> bool) -> Vec<Wanted> {
    let visits = std::iter::from_fn(|| walk.next());
    let wanted = visits.filter_map(|visit| match visit {
        Visit::Page(wanted) => Some(wanted),
        _ => None,
    });
    wanted.filter(|wanted| is_new(&wanted.page)).take(READS_IN_FLIGHT).collect()
}
