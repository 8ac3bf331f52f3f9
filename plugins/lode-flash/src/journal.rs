//! What is being done to the flash: a journal of two pages, in front of the pages of the map.
//!
//! Two things cannot be told from the map after a power cut: that a page was being erased (its
//! bits may be anything, also such that it looks whole), and that an object of several items was
//! being written or removed. Both are noted here before they begin, and again when they are done.
//!
//! ```text
//! page = slot*          slot = entry mark          entry = value, value ^ CHECK (16 bytes)
//! ```
//!
//! The first slot of a page holds its sequence number; the page with the higher one counts. It is
//! written last, so that a page that is not finished is no page. A mark that is not blank says
//! that the entry is done. Entries and marks are padded to words of the flash.

use core::ops::Range;

use embedded_storage::nor_flash::MultiwriteNorFlash;
use embedded_storage_async::nor_flash as asynchronous;

/// The value's other half. It differs from its own inverse in every byte, so no page of equal
/// bytes passes; the last digit is the version of everything that is on the flash.
const CHECK: u64 = 0x4c6f_6465_2e46_4c31;
const ENTRY: usize = 16;
/// The longest word of a flash that is supported, as in the map.
const WORD: usize = 32;
const BLANK: u8 = 0xff;
/// How many pages the journal has.
pub(crate) const PAGES: u32 = 2;

/// What an entry says.
#[derive(Clone, Copy)]
enum Entry {
    /// The journal goes on in this page.
    Sequence(u32),
    /// The page of the map that begins here is being erased.
    Erase(u32),
    /// The object with this packed name is being changed.
    Change(u64),
}

impl Entry {
    /// The uppermost bits tell the entries apart; a packed name has 37.
    const TAG: u32 = 56;

    fn encode(self) -> [u8; WORD] {
        let value = match self {
            Self::Sequence(number) => 1 << Self::TAG | u64::from(number),
            Self::Erase(address) => 2 << Self::TAG | u64::from(address),
            Self::Change(name) => 3 << Self::TAG | name,
        };
        let halves = value.to_le_bytes().into_iter().chain((value ^ CHECK).to_le_bytes());
        let mut bytes = [BLANK; WORD];
        bytes.iter_mut().zip(halves).for_each(|(place, byte)| *place = byte);
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (value, rest) = bytes.split_first_chunk()?;
        let value = u64::from_le_bytes(*value);
        if u64::from_le_bytes(*rest.first_chunk()?) ^ value != CHECK {
            return None;
        }
        let content = value & ((1 << Self::TAG) - 1);
        match value >> Self::TAG {
            1 => Some(Self::Sequence(u32::try_from(content).ok()?)),
            2 => Some(Self::Erase(u32::try_from(content).ok()?)),
            3 => Some(Self::Change(content)),
            _ => None,
        }
    }
}

/// A flash whose erasing is noted in a journal, so that what was cut off is done again.
pub(crate) struct Journalled<F> {
    flash: F,
    range: Range<u32>,
    /// Which of the two pages counts.
    page: u32,
    sequence: u32,
    /// The first slot of that page in which nothing has been written.
    next: u32,
    /// The slot of the change that is not done, and the object.
    change: Option<(u32, u64)>,
}

impl<F: MultiwriteNorFlash> Journalled<F> {
    const WORD: usize = if F::WRITE_SIZE > F::READ_SIZE { F::WRITE_SIZE } else { F::READ_SIZE };
    const ENTRY: usize = ENTRY.next_multiple_of(Self::WORD);
    const SLOT: usize = Self::ENTRY + Self::WORD;
    const SLOTS: u32 = (F::ERASE_SIZE / Self::SLOT) as u32;
    const ERASE: u32 = F::ERASE_SIZE as u32;

    pub(crate) const fn new(flash: F, range: Range<u32>) -> Self {
        Self { flash, range, page: 0, sequence: 0, next: 0, change: None }
    }

    pub(crate) fn into_flash(self) -> F {
        self.flash
    }

    /// Where the map is.
    pub(crate) fn map(&self) -> Range<u32> {
        self.range.start.saturating_add(PAGES * Self::ERASE)..self.range.end
    }

    /// Whether all of it can be in the flash, with at least one change and one entry more.
    pub(crate) fn fits(&self) -> bool {
        Self::WORD <= WORD && Self::SLOTS >= 4 && self.range.end as usize <= self.flash.capacity()
    }

    /// The object whose change is not done.
    pub(crate) fn change(&self) -> Option<u64> {
        self.change.map(|(_, name)| name)
    }

    /// Finds the end of the journal and erases again what was being erased. `false` if there is no
    /// journal.
    pub(crate) fn mount(&mut self) -> Result<bool, F::Error> {
        let mut newest = None;
        for page in 0..PAGES {
            if let Some(Entry::Sequence(number)) = Entry::decode(&self.entry(page, 0)?) {
                newest = newest.max(Some((number, page)));
            }
        }
        let Some((sequence, page)) = newest else {
            return Ok(false);
        };
        (self.sequence, self.page, self.next, self.change) = (sequence, page, 1, None);
        let mut erase = None;
        while self.next < Self::SLOTS {
            let bytes = self.entry(page, self.next)?;
            if bytes.iter().all(|byte| *byte == BLANK) {
                break;
            }
            let done = self.is_done(self.next)?;
            match Entry::decode(&bytes) {
                Some(Entry::Erase(address)) => erase = (!done).then_some((self.next, address)),
                Some(Entry::Change(name)) => self.change = (!done).then_some((self.next, name)),
                // Cut off before it began.
                Some(Entry::Sequence(_)) | None => {}
            }
            self.next += 1;
        }
        if let Some((slot, address)) = erase.filter(|(_, address)| self.is_page(*address)) {
            self.flash.erase(address, address.saturating_add(Self::ERASE))?;
            self.finish(slot)?;
        }
        Ok(true)
    }

    /// Makes an empty journal and an empty map.
    ///
    /// Cut off, it leaves no journal: the sequence numbers go first, and come last.
    pub(crate) fn format(&mut self) -> Result<(), F::Error> {
        for page in 0..PAGES {
            let zeros = [0; WORD];
            self.write(self.address(page, 0), &zeros, Self::ENTRY)?;
        }
        let mut address = self.range.start;
        while address < self.range.end {
            self.flash.erase(address, address.saturating_add(Self::ERASE))?;
            address = address.saturating_add(Self::ERASE);
        }
        (self.sequence, self.page, self.next, self.change) = (0, 0, 1, None);
        self.write(self.address(0, 0), &Entry::Sequence(0).encode(), Self::ENTRY)
    }

    /// Notes that an object is going to be changed in several steps.
    pub(crate) fn begin(&mut self, name: u64) -> Result<(), F::Error> {
        let slot = self.append(Entry::Change(name))?;
        self.change = Some((slot, name));
        Ok(())
    }

    /// Notes that the change is done.
    pub(crate) fn end(&mut self) -> Result<(), F::Error> {
        if let Some((slot, _)) = self.change {
            self.finish(slot)?;
            self.change = None;
        }
        Ok(())
    }

    fn append(&mut self, entry: Entry) -> Result<u32, F::Error> {
        if self.next >= Self::SLOTS {
            self.turn()?;
        }
        let slot = self.next;
        self.next += 1;
        self.write(self.address(self.page, slot), &entry.encode(), Self::ENTRY)?;
        Ok(slot)
    }

    /// Goes on in the other page, and takes the change that is not done along.
    fn turn(&mut self) -> Result<(), F::Error> {
        let page = 1 - self.page;
        let start = self.address(page, 0);
        self.flash.erase(start, start.saturating_add(Self::ERASE))?;
        if let Some((_, name)) = self.change {
            self.write(self.address(page, 1), &Entry::Change(name).encode(), Self::ENTRY)?;
        }
        let sequence = self.sequence.saturating_add(1);
        self.write(start, &Entry::Sequence(sequence).encode(), Self::ENTRY)?;
        self.change = self.change.map(|(_, name)| (1, name));
        (self.sequence, self.page) = (sequence, page);
        self.next = if self.change.is_some() { 2 } else { 1 };
        Ok(())
    }

    fn is_page(&self, address: u32) -> bool {
        self.map().contains(&address) && address.is_multiple_of(Self::ERASE)
    }

    fn address(&self, page: u32, slot: u32) -> u32 {
        let offset = page * Self::ERASE + slot * Self::SLOT as u32;
        self.range.start.saturating_add(offset)
    }

    fn entry(&mut self, page: u32, slot: u32) -> Result<[u8; WORD], F::Error> {
        let mut bytes = [BLANK; WORD];
        let address = self.address(page, slot);
        if let Some(entry) = bytes.get_mut(..Self::ENTRY) {
            self.flash.read(address, entry)?;
        }
        Ok(bytes)
    }

    fn is_done(&mut self, slot: u32) -> Result<bool, F::Error> {
        let mut mark = [BLANK; WORD];
        let address = self.address(self.page, slot).saturating_add(Self::ENTRY as u32);
        if let Some(mark) = mark.get_mut(..Self::WORD) {
            self.flash.read(address, mark)?;
        }
        Ok(mark.iter().any(|byte| *byte != BLANK))
    }

    fn finish(&mut self, slot: u32) -> Result<(), F::Error> {
        let mark = self.address(self.page, slot).saturating_add(Self::ENTRY as u32);
        self.write(mark, &[0; WORD], Self::WORD)
    }

    fn write(&mut self, address: u32, bytes: &[u8; WORD], length: usize) -> Result<(), F::Error> {
        self.flash.write(address, bytes.get(..length).unwrap_or(bytes))
    }
}

impl<F: MultiwriteNorFlash> asynchronous::ErrorType for Journalled<F> {
    type Error = F::Error;
}

impl<F: MultiwriteNorFlash> asynchronous::ReadNorFlash for Journalled<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.flash.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: MultiwriteNorFlash> asynchronous::NorFlash for Journalled<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        let slot = self.append(Entry::Erase(from))?;
        self.flash.erase(from, to)?;
        self.finish(slot)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.flash.write(offset, bytes)
    }
}

impl<F: MultiwriteNorFlash> asynchronous::MultiwriteNorFlash for Journalled<F> {}
