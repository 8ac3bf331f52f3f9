//! A NOR flash in memory whose power can be cut at every byte.

#![allow(dead_code, reason = "no test uses all of it")]

use embedded_storage::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use fastrand::Rng;

/// The power is gone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PowerLoss;

impl NorFlashError for PowerLoss {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// What a write or an erase leaves that is cut off.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Torn {
    /// What came before the cut.
    Prefix,
    /// Nothing of it.
    Nothing,
    /// Any of the bits that were to change, anywhere in what was to be written or erased.
    Bits,
    /// What came before the cut, and any bits of the word that it hit; of an erase, the second
    /// half, so that the beginning looks as it was.
    Half,
}

impl Torn {
    pub(crate) const ALL: [Self; 4] = [Self::Prefix, Self::Nothing, Self::Bits, Self::Half];
}

/// `PAGES` pages of `PAGE` bytes in words of `WORD` bytes.
#[derive(Clone)]
pub(crate) struct Flash<const WORD: usize, const PAGE: usize, const PAGES: usize> {
    pub(crate) bytes: Vec<u8>,
    /// How many bytes can be written before the power is cut; an erase counts as `ERASE`.
    pub(crate) fuel: Option<usize>,
    pub(crate) torn: Torn,
    pub(crate) random: Rng,
    pub(crate) written: usize,
    pub(crate) erases: usize,
}

impl<const WORD: usize, const PAGE: usize, const PAGES: usize> Flash<WORD, PAGE, PAGES> {
    pub(crate) const LENGTH: u32 = (PAGE * PAGES) as u32;
    /// How many different ways to cut an erase are tried.
    const ERASE: usize = 8;

    pub(crate) fn blank(seed: u64) -> Self {
        Self {
            bytes: vec![0xff; PAGE * PAGES],
            fuel: None,
            torn: Torn::Prefix,
            random: Rng::with_seed(seed),
            written: 0,
            erases: 0,
        }
    }

    /// The same flash with the power on, until `fuel` is used up.
    pub(crate) fn restarted(mut self, fuel: Option<usize>) -> Self {
        self.fuel = fuel;
        self
    }

    /// How much of `cost` is done: less if the power is cut on the way.
    fn spend(&mut self, cost: usize) -> Result<(), usize> {
        match &mut self.fuel {
            None => Ok(()),
            Some(fuel) if *fuel >= cost => {
                *fuel -= cost;
                Ok(())
            }
            Some(fuel) => Err(std::mem::take(fuel)),
        }
    }

    fn is_off(&self) -> bool {
        self.fuel == Some(0)
    }
}

impl<const W: usize, const P: usize, const N: usize> ErrorType for Flash<W, P, N> {
    type Error = PowerLoss;
}

impl<const W: usize, const P: usize, const N: usize> ReadNorFlash for Flash<W, P, N> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), PowerLoss> {
        if self.is_off() {
            return Err(PowerLoss);
        }
        let offset = offset as usize;
        bytes.copy_from_slice(&self.bytes[offset..offset + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        P * N
    }
}

impl<const W: usize, const P: usize, const N: usize> NorFlash for Flash<W, P, N> {
    const WRITE_SIZE: usize = W;
    const ERASE_SIZE: usize = P;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), PowerLoss> {
        let (from, to) = (from as usize, to as usize);
        assert!(from.is_multiple_of(P) && to.is_multiple_of(P) && to <= P * N, "{from}..{to}");
        if self.is_off() {
            return Err(PowerLoss);
        }
        let spent = self.spend(Self::ERASE);
        let Err(done) = spent else {
            self.bytes[from..to].fill(0xff);
            self.erases += (to - from) / P;
            return Ok(());
        };
        match self.torn {
            Torn::Nothing => {}
            Torn::Prefix => self.bytes[from..from + (to - from) * done / Self::ERASE].fill(0xff),
            Torn::Half => self.bytes[(from + to) / 2..to].fill(0xff),
            Torn::Bits => {
                for byte in &mut self.bytes[from..to] {
                    *byte |= self.random.u8(..);
                }
            }
        }
        Err(PowerLoss)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), PowerLoss> {
        let offset = offset as usize;
        assert!(offset.is_multiple_of(W) && bytes.len().is_multiple_of(W), "{offset}");
        if self.is_off() {
            return Err(PowerLoss);
        }
        let (whole, torn) = match self.spend(bytes.len()) {
            Ok(()) => (bytes.len(), 0..0),
            Err(done) => match self.torn {
                Torn::Nothing => (0, 0..0),
                Torn::Prefix => (done / W * W, 0..0),
                Torn::Half => (done / W * W, done / W * W..done / W * W + W),
                Torn::Bits => (0, 0..bytes.len()),
            },
        };
        for (index, byte) in bytes.iter().enumerate() {
            let kept = if index < whole {
                0
            } else if torn.contains(&index) {
                self.random.u8(..)
            } else {
                0xff
            };
            self.bytes[offset + index] &= byte | kept;
        }
        self.written += whole;
        if self.is_off() && whole < bytes.len() { Err(PowerLoss) } else { Ok(()) }
    }
}

impl<const W: usize, const P: usize, const N: usize> MultiwriteNorFlash for Flash<W, P, N> {}
