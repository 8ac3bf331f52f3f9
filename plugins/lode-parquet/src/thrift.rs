//! As much of Thrift's compact protocol as it takes to look over a footer or a page header.
//!
//! The `parquet` crate trusts what it finds: it reserves memory by declared counts, and does not
//! compare a field's type with the one it expects. So both are looked at before it reads.

pub(crate) type Found<T> = Result<T, &'static str>;

/// What a field or an element is.
pub(crate) mod kind {
    pub(crate) const TRUE: u8 = 1;
    pub(crate) const FALSE: u8 = 2;
    pub(crate) const I8: u8 = 3;
    pub(crate) const I16: u8 = 4;
    pub(crate) const I32: u8 = 5;
    pub(crate) const I64: u8 = 6;
    pub(crate) const DOUBLE: u8 = 7;
    pub(crate) const BINARY: u8 = 8;
    pub(crate) const LIST: u8 = 9;
    pub(crate) const SET: u8 = 10;
    pub(crate) const MAP: u8 = 11;
    pub(crate) const STRUCT: u8 = 12;
    pub(crate) const UUID: u8 = 13;
}

/// Deeper than any structure of Parquet's.
const MAX_DEPTH: u8 = 16;

/// What is left to read.
pub(crate) struct Thrift<'a> {
    rest: &'a [u8],
}

impl<'a> Thrift<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn byte(&mut self) -> Found<u8> {
        let (&byte, rest) = self.rest.split_first().ok_or("it ends too early")?;
        self.rest = rest;
        Ok(byte)
    }

    fn take(&mut self, count: u64) -> Found<()> {
        let count = usize::try_from(count).map_err(|_| "it ends too early")?;
        self.rest = self.rest.get(count..).ok_or("it ends too early")?;
        Ok(())
    }

    pub(crate) fn varint(&mut self) -> Found<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err("a number has no end")
    }

    pub(crate) fn int(&mut self) -> Found<i64> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// The next field's number and kind, or `None` at the end of the structure. `last` starts at 0.
    pub(crate) fn field(&mut self, last: &mut i64) -> Found<Option<(i64, u8)>> {
        let byte = self.byte()?;
        let (delta, kind) = (byte >> 4, byte & 0x0f);
        if kind == 0 {
            return Ok(None);
        }
        *last = if delta == 0 { self.int()? } else { last.saturating_add(delta.into()) };
        // The reader keeps 16 bits: it must not see another number than is seen here.
        if !(0..=i64::from(i16::MAX)).contains(last) {
            return Err("a field has a number out of range");
        }
        Ok(Some((*last, kind)))
    }

    /// The kind and number of elements of a list, of which each takes a byte at least.
    pub(crate) fn list(&mut self) -> Found<(u8, usize)> {
        let byte = self.byte()?;
        let (short, kind) = (byte >> 4, byte & 0x0f);
        let count = if short == 15 { self.varint()? } else { short.into() };
        match usize::try_from(count) {
            Ok(count) if count <= self.rest.len() => Ok((kind, count)),
            _ => Err("a list declares more elements than there are bytes"),
        }
    }

    /// Passes over the value of a field.
    pub(crate) fn skip(&mut self, kind: u8) -> Found<()> {
        match kind {
            kind::TRUE | kind::FALSE => Ok(()),
            other => self.skip_below(other, 0),
        }
    }

    fn skip_below(&mut self, kind: u8, depth: u8) -> Found<()> {
        if depth == MAX_DEPTH {
            return Err("it is nested too deep");
        }
        match kind {
            kind::TRUE | kind::FALSE | kind::I8 => self.take(1),
            kind::I16 | kind::I32 | kind::I64 => self.varint().map(drop),
            kind::DOUBLE => self.take(8),
            kind::UUID => self.take(16),
            kind::BINARY => {
                let length = self.varint()?;
                self.take(length)
            }
            kind::LIST | kind::SET => {
                let (element, count) = self.list()?;
                (0..count).try_for_each(|_| self.skip_below(element, depth + 1))
            }
            kind::MAP => self.skip_map(depth),
            kind::STRUCT => {
                let mut last = 0;
                while let Some((_, kind)) = self.field(&mut last)? {
                    if !matches!(kind, kind::TRUE | kind::FALSE) {
                        self.skip_below(kind, depth + 1)?;
                    }
                }
                Ok(())
            }
            _ => Err("a field is of no known type"),
        }
    }

    fn skip_map(&mut self, depth: u8) -> Found<()> {
        let count = self.varint()?;
        if count == 0 {
            return Ok(());
        }
        let kinds = self.byte()?;
        (0..count).try_for_each(|_| {
            self.skip_below(kinds >> 4, depth + 1)?;
            self.skip_below(kinds & 0x0f, depth + 1)
        })
    }
}
