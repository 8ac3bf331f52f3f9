//! The store.

use core::ops::Range;

use embedded_storage::nor_flash::MultiwriteNorFlash;
use lode_core::store::{ErrorType, ListStore, Name, ReadStore, Store};
use sequential_storage::Error as MapError;
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::map::{MapConfig, MapStorage};

use crate::Error;
use crate::block_on::block_on;
use crate::item::{self, Head, Item, ItemKey, TooLong};
use crate::journal::Journalled;

/// Objects on a range of a NOR flash.
///
/// The range must be whole pages, four at least. Two are the journal; of the others one is always
/// kept free. The flash must allow a word to be written twice, as long as bits only go from 1 to
/// 0: that is how an item is removed without erasing its page.
///
/// `BUFFER` is how many bytes an item has at most: 32 or more, whole words of the flash, and no
/// more than fit into a page beside its two marks and the item's header (8 bytes, in whole words).
/// An object of more than `BUFFER` − 12 bytes takes several items. A page wastes less than one at
/// its end, so a quarter of a page is a good choice. `MAX` is how many bytes an object can have.
///
/// # Memory
///
/// `BUFFER` bytes and about 60 more, besides the flash's own. Nothing is cached.
///
/// # Costs
///
/// To find an item means to read the items from the newest page back to it, all of them if it is
/// not there; this is called a *search*, and takes time in proportion to the pages in use.
///
/// Whatever fails with [`Error::Flash`] may have been done or not, but never in part. The store
/// then mounts itself again, before the next operation.
pub struct FlashStore<F, const BUFFER: usize, const MAX: usize> {
    flash: Journalled<F>,
    /// Whether nothing is left to be mended.
    is_mounted: bool,
    buffer: Buffer<BUFFER>,
}

/// Some flashes take data from whole words of memory only.
#[repr(align(4))]
struct Buffer<const SIZE: usize>([u8; SIZE]);

type Map<'s, F> =
    MapStorage<ItemKey, &'s mut Journalled<F>, Cache<Uncached, Uncached, Uncached, ItemKey>>;
/// The map, and the buffer that it works with.
type Working<'s, F> = (Map<'s, F>, &'s mut [u8]);

impl<F: MultiwriteNorFlash, const BUFFER: usize, const MAX: usize> FlashStore<F, BUFFER, MAX> {
    /// How many bytes of an object an item has; `MAX` is checked by `mount`.
    const PIECE: usize = BUFFER.saturating_sub(item::OVERHEAD);

    /// A store on `range` of `flash`, in bytes. Touches nothing yet.
    pub const fn new(flash: F, range: Range<u32>) -> Self {
        Self {
            flash: Journalled::new(flash, range),
            is_mounted: false,
            buffer: Buffer([0; BUFFER]),
        }
    }

    /// Mends what a power cut has left. The other operations do it by themselves if it has not
    /// been done; here it can be done early.
    ///
    /// Reads the journal and the marks of every page; after a power cut, it may also move the
    /// items of a page, erase up to three, and remove what an interrupted operation left, with up
    /// to two searches.
    ///
    /// # Errors
    ///
    /// [`Error::Foreign`] if the flash holds no store; [`Error::Layout`] if it cannot.
    pub fn mount(&mut self) -> Result<(), Error<F::Error>> {
        if self.is_mounted {
            return Ok(());
        }
        self.check()?;
        if !self.flash.mount().map_err(Error::Flash)? {
            return Err(Error::Foreign);
        }
        // An interrupted move of a page's items is begun anew before anything is looked at: until
        // then an item that was being removed may be on one of the two pages only.
        let (mut map, buffer) = self.map()?;
        match block_on(map.store_item(buffer, &ItemKey::head(0), &TooLong)) {
            Err(MapError::ItemTooBig) | Ok(()) => {}
            Err(error) => return Err(Error::of_map(error)),
        }
        if let Some(name) = self.flash.change() {
            self.clean(name)?;
        }
        self.is_mounted = true;
        Ok(())
    }

    /// Makes an empty store, and erases what is on the range. Interrupted, it leaves no store.
    ///
    /// Erases every page once.
    ///
    /// # Errors
    ///
    /// [`Error::Layout`] if the range cannot hold a store.
    pub fn format(&mut self) -> Result<(), Error<F::Error>> {
        self.is_mounted = false;
        self.check()?;
        self.flash.format().map_err(Error::Flash)?;
        self.mount()
    }

    /// The flash, for something else.
    pub fn into_flash(self) -> F {
        self.flash.into_flash()
    }

    fn check(&mut self) -> Result<(), Error<F::Error>> {
        let word = F::WRITE_SIZE.max(F::READ_SIZE).max(1);
        let overhead = 2 * word + 8_usize.next_multiple_of(word);
        let fits = BUFFER >= 32
            && BUFFER.is_multiple_of(word)
            && BUFFER.saturating_add(overhead) <= F::ERASE_SIZE
            && MAX / Self::PIECE <= ItemKey::PIECES
            && self.flash.fits();
        if !fits {
            return Err(Error::Layout);
        }
        self.map().map(|_| ())
    }

    #[inline(never)]
    fn map(&mut self) -> Result<Working<'_, F>, Error<F::Error>> {
        let range = self.flash.map();
        // The map subtracts before it compares.
        if range.is_empty() {
            return Err(Error::Layout);
        }
        let config = MapConfig::try_new(range).map_err(|_| Error::Layout)?;
        let map = MapStorage::new(&mut self.flash, config, Cache::new_uncached());
        Ok((map, &mut self.buffer.0))
    }

    /// The bytes of the item that `key` finds. One search.
    fn fetch(&mut self, key: ItemKey) -> Result<Option<&[u8]>, Error<F::Error>> {
        let (mut map, buffer) = self.map()?;
        block_on(map.fetch_item::<&[u8]>(buffer, &key)).map_err(Error::of_map)
    }

    fn store(&mut self, item: &Item<'_>) -> Result<(), Error<F::Error>> {
        let (mut map, buffer) = self.map()?;
        block_on(map.store_item(buffer, &item.key, item)).map_err(Error::of_map)
    }

    /// Removes all items that `key` finds. One search.
    fn erase(&mut self, key: ItemKey) -> Result<(), Error<F::Error>> {
        let (mut map, buffer) = self.map()?;
        block_on(map.remove_item(buffer, &key)).map_err(Error::of_map)
    }

    fn head(&mut self, name: u64, of: &Name) -> Result<Option<Head>, Error<F::Error>> {
        match self.fetch(ItemKey::head(name))? {
            None => Ok(None),
            Some(found) => match item::head(found) {
                Some((head, _)) => Ok(Some(head)),
                None => Err(Error::Damaged(*of)),
            },
        }
    }

    /// Removes what does not belong to the object that is there, or all if there is none.
    fn clean(&mut self, name: u64) -> Result<(), Error<F::Error>> {
        let head = self.fetch(ItemKey::head(name))?.and_then(item::head);
        let rest = match head {
            Some((head, _)) => ItemKey::all(name).of(!head.generation),
            None => ItemKey::all(name),
        };
        self.erase(rest)?;
        self.flash.end().map_err(Error::Flash)
    }

    /// Writes the pieces, then the head.
    fn write(
        &mut self,
        key: ItemKey,
        parts: &[&[u8]],
        length: usize,
    ) -> Result<(), Error<F::Error>> {
        let pieces = length / Self::PIECE;
        for index in 0..pieces {
            let start = index * Self::PIECE;
            let end = start + Self::PIECE;
            let key = key.piece(index + 1);
            self.store(&Item { key, length: None, parts, start, end })?;
        }
        let whole = u32::try_from(length).ok();
        self.store(&Item { key, length: whole, parts, start: pieces * Self::PIECE, end: length })
    }

    /// Writes `parts` as the generation that is not there, and removes the one that is.
    fn put(
        &mut self,
        name: u64,
        parts: &[&[u8]],
        length: usize,
        old: Option<Head>,
    ) -> Result<(), Error<F::Error>> {
        let key = ItemKey::head(name).of(old.is_some_and(|head| !head.generation));
        // Until all is done the store counts as not mounted, so that whatever fails is mended.
        self.is_mounted = false;
        let in_steps = old.is_some() || length >= Self::PIECE;
        if in_steps {
            self.flash.begin(name).map_err(Error::Flash)?;
        }
        let written = self.write(key, parts, length);
        if in_steps && matches!(written, Ok(()) | Err(Error::Full)) {
            self.clean(name)?;
        }
        self.is_mounted = matches!(written, Ok(()) | Err(Error::Full));
        written
    }

    /// How many bytes `parts` have together.
    fn length(parts: &[&[u8]]) -> Result<usize, Error<F::Error>> {
        let length = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()));
        let most = Self::MAX_OBJECT;
        if length > most {
            return Err(Error::TooLarge { length, most });
        }
        Ok(length)
    }
}

/// A kind that this version does not know is never there, and cannot be put there.
fn packed<E>(name: &Name) -> Result<u64, Error<E>> {
    item::pack(name).ok_or(Error::NotFound(*name))
}

impl<F: MultiwriteNorFlash, const BUFFER: usize, const MAX: usize> ErrorType
    for FlashStore<F, BUFFER, MAX>
{
    type Error = Error<F::Error>;
}

impl<F: MultiwriteNorFlash, const BUFFER: usize, const MAX: usize> ReadStore
    for FlashStore<F, BUFFER, MAX>
{
    /// A search for the head, and one for each piece that is touched.
    fn read(&mut self, name: &Name, offset: u64, buf: &mut [u8]) -> Result<usize, Self::Error> {
        self.mount()?;
        let packed = packed(name)?;
        let head = self.head(packed, name)?.ok_or(Error::NotFound(*name))?;
        let key = ItemKey::head(packed).of(head.generation);
        let mut at = usize::try_from(offset).unwrap_or(usize::MAX).min(head.length);
        let wanted = buf.len().min(head.length - at);
        let mut rest = buf.get_mut(..wanted).unwrap_or_default();
        while !rest.is_empty() {
            let index = at / Self::PIECE;
            let is_last = index == head.length / Self::PIECE;
            // The last bytes are in the head.
            let key = if is_last { key } else { key.piece(index + 1) };
            let found = self.fetch(key)?;
            let bytes = if is_last {
                found.and_then(item::head).map(|(_, tail)| tail)
            } else {
                found.and_then(item::piece)
            };
            let bytes = bytes.and_then(|bytes| bytes.get(at % Self::PIECE..)).unwrap_or_default();
            let count = bytes.len().min(rest.len());
            let (now, later) = rest.split_at_mut(count);
            if now.is_empty() {
                return Err(Error::Damaged(*name));
            }
            now.copy_from_slice(bytes.get(..count).unwrap_or_default());
            at += count;
            rest = later;
        }
        Ok(wanted)
    }
}

impl<F: MultiwriteNorFlash, const BUFFER: usize, const MAX: usize> Store
    for FlashStore<F, BUFFER, MAX>
{
    const MAX_OBJECT: usize = if MAX > u32::MAX as usize { u32::MAX as usize } else { MAX };

    /// One search, and the writing of each item; every page that fills up costs one erase and the
    /// move of what is still needed on another. Of more than one item: two searches and two entries
    /// of the journal besides.
    fn create(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), Self::Error> {
        let length = Self::length(parts)?;
        self.mount()?;
        let packed = packed(name)?;
        if self.fetch(ItemKey::head(packed))?.is_some() {
            return Err(Error::Taken(*name));
        }
        self.put(packed, parts, length, None)
    }

    /// Like [`create`](Self::create), but always with an entry in the journal where there is
    /// something to replace.
    fn replace(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), Self::Error> {
        let length = Self::length(parts)?;
        self.mount()?;
        let packed = packed(name)?;
        let old = self.head(packed, name)?;
        self.put(packed, parts, length, old)
    }

    /// A search, one more to remove an object of one item, and two to remove a larger one. Needs
    /// no room.
    fn remove(&mut self, name: &Name) -> Result<(), Self::Error> {
        self.mount()?;
        let packed = packed(name)?;
        let Some(found) = self.fetch(ItemKey::head(packed))? else {
            return Ok(());
        };
        let is_one = item::head(found).is_some_and(|(head, _)| head.length < Self::PIECE);
        self.is_mounted = false;
        if !is_one {
            self.flash.begin(packed).map_err(Error::Flash)?;
        }
        self.erase(ItemKey::head(packed))?;
        if !is_one {
            self.erase(ItemKey::all(packed))?;
            self.flash.end().map_err(Error::Flash)?;
        }
        self.is_mounted = true;
        Ok(())
    }
}

impl<F: MultiwriteNorFlash, const BUFFER: usize, const MAX: usize> ListStore
    for FlashStore<F, BUFFER, MAX>
{
    /// One search.
    fn list(&mut self, visit: &mut dyn FnMut(&Name)) -> Result<(), Self::Error> {
        self.mount()?;
        let (mut map, buffer) = self.map()?;
        block_on(async {
            let mut items = map.fetch_all_items(buffer).await?;
            while let Some((key, _)) = items.next::<&[u8]>(buffer).await? {
                if let Some(name) = key.head_of() {
                    visit(&name);
                }
            }
            Ok(())
        })
        .map_err(Error::of_map)
    }
}
