//! Large volumes, made without staging each of their blocks.

use std::error::Error;
use std::sync::Arc;

use lode_core::checksum::Algorithm;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::VolumeLayout;
use lode_core::manifest::pages::{Blocks, PageHash, PageSizes, Paging, Update, UpdateStep};
use lode_core::manifest::{Block, BlockName, CollectionState, CommitId, compact};
use lode_core::range::ByteRange;
use lode_std::{Format, Metadata, Version, Volume, VolumeManifest};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::{BLOCK, STRIDE};

/// What the volume is called.
pub const ID: &str = "large";
/// At every so manyth place there is a block that can be read.
pub const SAMPLE: u64 = 20_011;

const LENGTH: u64 = 1 << 40;
/// How many blocks are added together.
const BATCH: u64 = 1_000_000;

type Store = Arc<dyn ObjectStore>;

/// Writes the volume as its first commit would have.
///
/// # Errors
///
/// Those of the store.
pub async fn write(store: &Store, blocks: u64) -> Result<(), Box<dyn Error>> {
    let volume = Volume::builder(ID, LENGTH).open(store.clone()).await?;
    let checksum = volume.checksum().ok_or("it has checksums")?;
    let layout = VolumeLayout::new(Id::new(ID)?);
    let mut all = Blocks::default();
    for (batch, start) in (0..blocks).step_by(usize::try_from(BATCH)?).enumerate() {
        let places = start..blocks.min(start + BATCH);
        for place in places.clone().filter(|place| place % SAMPLE == 0) {
            let block = block(place, checksum).ok_or("it has a range")?;
            put(store, &layout.block(block.range, &block.name), bytes(place)).await?;
        }
        let new = places.filter_map(|place| block(place, checksum)).collect();
        all = add(store, &layout, (&all, new), batch as u64).await?;
    }
    let manifest = VolumeManifest {
        id: Id::new(ID)?,
        version: Version::FIRST,
        parent: None,
        parent_digest: None,
        commit_id: Some(CommitId::of_handle(1, 0)),
        created_at: None,
        total_length: LENGTH,
        checksum: Some(checksum.name().into()),
        metadata: Metadata::new(),
        blocks: all,
        state: CollectionState::FIRST,
        extra: Metadata::new(),
    };
    let slot = layout.slot(Version::FIRST, Format::Compact);
    put(store, &slot, compact::encode(&manifest)?).await?;
    put(store, &layout.hint(), Version::FIRST.to_string().into_bytes()).await
}

async fn add(
    store: &Store,
    layout: &VolumeLayout,
    (blocks, new): (&Blocks, Vec<Block>),
    batch: u64,
) -> Result<Blocks, Box<dyn Error>> {
    let paging =
        Paging { sizes: PageSizes::default(), commit: CommitId::of_handle(1, batch), hash };
    let mut update = Update::new(blocks, new);
    loop {
        let wanted = match update.step(Some(&paging))? {
            UpdateStep::Done(updated) => {
                for page in updated.pages {
                    put(store, &layout.page(&page.name), page.bytes).await?;
                }
                return Ok(updated.blocks);
            }
            UpdateStep::Load(next, wanted) => {
                update = next;
                wanted
            }
        };
        for wanted in wanted {
            let path = Path::parse(layout.page(&wanted.page.name).as_str())?;
            let bytes = store.get(&path).await?.bytes().await?;
            update.take(&wanted, Arc::new(wanted.page.open(wanted.level, &bytes, hash)?))?;
        }
    }
}

fn block(place: u64, checksum: Algorithm) -> Option<Block> {
    let range = ByteRange::with_length(place * STRIDE, BLOCK)?;
    let name = BlockName::Written { writer: 1, suffix: 0 };
    Some(Block { range, name, digest: Some(checksum.digest(&bytes(place))) })
}

/// What [`crate::Subject::stage`] writes there, too.
fn bytes(place: u64) -> Vec<u8> {
    (place * STRIDE).to_le_bytes().repeat(2)
}

fn hash(bytes: &[u8]) -> PageHash {
    let hash = blake3::hash(bytes);
    let (halves, _) = hash.as_bytes().as_chunks();
    PageHash(halves.first().copied().unwrap_or_default())
}

async fn put(store: &Store, key: &Key, bytes: Vec<u8>) -> Result<(), Box<dyn Error>> {
    store.put(&Path::parse(key.as_str())?, bytes.into()).await?;
    Ok(())
}
