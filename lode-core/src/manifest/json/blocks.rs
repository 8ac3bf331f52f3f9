//! The blocks of a volume's manifest, read several times as fast as a parser of any JSON can.
//!
//! A volume's JSON is nearly all blocks, and they are written alike: their fields in this order,
//! and no text with an escape. However much space there is between them, they are
//!
//! ```text
//! "blocks": [ {"offset": 0, "length": 16, "path": "…", "checksum": "…"}, … ]
//! ```
//!
//! where a block may have no checksum, and come behind the id of the volume. A manifest that is
//! written in another way, has an escape before its blocks, or is wrong, is left to `serde_json` as a
//! whole, which says what is wrong and where.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;

use memchr::memchr2;

use super::volume::BlockWire;
use crate::checksum::Digest;
use crate::decimal::leading_digits;
use crate::id::Id;
use crate::layout::VolumeLayout;
use crate::manifest::{Block, BlockName, BlockTable, Metadata};
use crate::range::ByteRange;

/// The blocks of a manifest, and its text with none; `None` unless it is written as above and they
/// are as they must be.
pub(super) fn take_out(manifest: &[u8]) -> Option<(BlockTable, String)> {
    let mut cursor = Cursor { rest: manifest };
    let id = cursor.find_blocks()?;
    let layout = VolumeLayout::new(Id::existing(id).ok()?);
    let folder = format!("{}/", layout.data());
    let head = manifest.get(..manifest.len() - cursor.rest.len())?;
    let mut blocks = BlockTable::EMPTY;
    let mut between = Between::default();
    let mut usual = Usual { folder: folder.as_bytes(), rest: &[], name: BlockName::Plain };
    while !cursor.eat("]") {
        if !blocks.is_empty() {
            cursor.expect(",")?;
        }
        let read = cursor.block(&mut between)?;
        let block = match usual.block(&read) {
            Some(block) => block,
            None => usual.learn(&read, read.wire()?.decode(blocks.len(), &layout).ok()?),
        };
        blocks.append(block).ok()?;
    }
    let rest = [head, b"]", cursor.rest].concat();
    Some((blocks, String::from_utf8(rest).ok()?))
}

/// What lies between the values of a block, as it was written the last time: braces, names, and
/// however much space. As blocks are written alike, it mostly comes again, and is then read at once.
#[derive(Default)]
struct Between<'a> {
    offset: &'a [u8],
    length: &'a [u8],
    path: &'a [u8],
    checksum: &'a [u8],
    end: &'a [u8],
}

/// A block as it was read.
struct Read<'a> {
    /// Its number, and the digits.
    offset: (u64, &'a [u8]),
    length: (u64, &'a [u8]),
    path: &'a [u8],
    checksum: Option<&'a [u8]>,
}

impl<'a> Read<'a> {
    fn wire(&self) -> Option<BlockWire<'a>> {
        let text = |bytes| str::from_utf8(bytes).ok().map(Cow::Borrowed);
        let checksum = match self.checksum {
            Some(checksum) => Some(text(checksum)?),
            None => None,
        };
        let (offset, length, path) = (self.offset.0, self.length.0, text(self.path)?);
        Some(BlockWire { offset, length, path, checksum, extra: Metadata::new() })
    }

    /// What follows the range in a path that names it: `folder`, offset, a hyphen, length, and this.
    fn rest_of_path(&self, folder: &[u8]) -> Option<&'a [u8]> {
        let range = self.path.strip_prefix(folder)?;
        range.strip_prefix(self.offset.1)?.strip_prefix(b"-")?.strip_prefix(self.length.1)
    }
}

/// How blocks are called, as it was read the last time: mostly one writer has written many, whose
/// paths are the same but for the range, and that has been read already.
struct Usual<'f, 'a> {
    /// That of the blocks, with a slash behind it.
    folder: &'f [u8],
    /// What paths end with behind the range; empty before there was one.
    rest: &'a [u8],
    /// What that means.
    name: BlockName,
}

impl<'a> Usual<'_, 'a> {
    /// The block, if it is called as usual and all is well with it.
    fn block(&self, read: &Read<'a>) -> Option<Block> {
        let rest = read.rest_of_path(self.folder)?;
        if rest != self.rest || rest.is_empty() {
            return None;
        }
        let range = ByteRange::with_length(read.offset.0, read.length.0)?;
        let digest = match read.checksum {
            Some(digits) => Some(Digest::from_hex(digits)?),
            None => None,
        };
        Some(Block { range, name: self.name.clone(), digest })
    }

    /// Learns how a block is called, unless its path is none of ours.
    fn learn(&mut self, read: &Read<'a>, block: Block) -> Block {
        if let (Some(rest), BlockName::Plain | BlockName::Written { .. }) =
            (read.rest_of_path(self.folder), &block.name)
        {
            self.rest = rest;
            self.name = block.name.clone();
        }
        block
    }
}

/// What has not been read yet.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Goes to the first block, and says which volume it is of.
    fn find_blocks(&mut self) -> Option<&'a str> {
        let (mut depth, mut id) = (0_u32, None);
        loop {
            let byte = *self.rest.first()?;
            self.take(1)?;
            match byte {
                b'{' | b'[' => depth = depth.checked_add(1)?,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                b'"' => match (depth, self.rest_of_text()?) {
                    // Only a name is followed by a colon.
                    (1, b"volume_id") if self.eat(":") => {
                        self.expect("\"")?;
                        id = Some(str::from_utf8(self.rest_of_text()?).ok()?);
                    }
                    (1, b"blocks") if self.eat(":") => {
                        self.expect("[")?;
                        return id;
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }

    fn block(&mut self, between: &mut Between<'a>) -> Option<Read<'a>> {
        self.again(&mut between.offset, &["{", "\"offset\"", ":"])?;
        let offset = self.number()?;
        self.again(&mut between.length, &[",", "\"length\"", ":"])?;
        let length = self.number()?;
        self.again(&mut between.path, &[",", "\"path\"", ":", "\""])?;
        let path = self.rest_of_text()?;
        let checksum = match self.again(&mut between.checksum, &[",", "\"checksum\"", ":", "\""]) {
            Some(()) => Some(self.rest_of_text()?),
            None => None,
        };
        self.again(&mut between.end, &["}"])?;
        Some(Read { offset, length, path, checksum })
    }

    /// Reads these tokens, with or without space before each, or nothing. They are likely to be
    /// written as they were the last time.
    fn again(&mut self, usual: &mut &'a [u8], tokens: &[&str]) -> Option<()> {
        let before = self.rest;
        match before.strip_prefix(*usual) {
            Some(rest) if !usual.is_empty() => self.rest = rest,
            _ if tokens.iter().all(|token| self.eat(token)) => {
                *usual = before.get(..before.len() - self.rest.len())?;
            }
            _ => {
                self.rest = before;
                return None;
            }
        }
        Some(())
    }

    fn expect(&mut self, token: &str) -> Option<()> {
        self.eat(token).then_some(())
    }

    /// Whether this comes next, with or without space before it: then it has been read.
    fn eat(&mut self, token: &str) -> bool {
        self.skip_space();
        let rest = self.rest.strip_prefix(token.as_bytes());
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn skip_space(&mut self) {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// A number without a fraction or an exponent, and its digits: what follows them is for the
    /// caller to see, and neither is what he expects.
    fn number(&mut self) -> Option<(u64, &'a [u8])> {
        self.skip_space();
        let (number, digits) = leading_digits(self.rest)?;
        Some((number, self.take(digits)?))
    }

    /// A text without an escape, behind its first quote. That it is one, and has no control
    /// characters, which JSON allows in none, is seen when it is made a path or a digest of.
    fn rest_of_text(&mut self) -> Option<&'a [u8]> {
        let text = self.take(memchr2(b'"', b'\\', self.rest)?)?;
        self.rest = self.rest.strip_prefix(b"\"")?;
        Some(text)
    }

    /// So many bytes.
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::*;

    /// Whatever is not as usual is read all the same, so that only this sees that anything is.
    #[test]
    fn what_is_called_like_the_one_before_is_known() {
        let layout = VolumeLayout::new(Id::new("a").unwrap());
        let mut usual = Usual { folder: b"volumes/a/data/", rest: &[], name: BlockName::Plain };
        for rest in [".bin", "-00000000000000ab.bin", "-00000000000000ab-7.bin"] {
            for (offset, is_known) in [(7, false), (512, true), (600, true)] {
                let text = r#"{"offset":OFFSET,"length":16,"path":"volumes/a/data/OFFSET-16REST"}"#;
                let text = text.replace("OFFSET", &offset.to_string()).replace("REST", rest);
                let read = Cursor { rest: text.leak().as_bytes() }.block(&mut Between::default());
                let read = read.unwrap();
                let expected = read.wire().unwrap().decode(0, &layout).unwrap();
                let known = usual.block(&read);
                assert_eq!(known, is_known.then(|| expected.clone()), "{offset} {rest}");
                usual.learn(&read, expected);
            }
        }
    }

    /// Whatever is not taken out is read all the same, so that only this sees that anything is.
    #[test]
    fn what_is_written_in_the_usual_way_is_taken_out() {
        let text = r#"{"metadata": {"blocks": [7], "volume_id": "d"}, "volume_id": "a",
            "name": "blocks",
            "blocks": [ {"offset": 0, "length": 16, "path": "volumes/a/b", "checksum": "00ff"},
                        {"offset":20,"length":5,"path":"volumes/a/c"} ], "later": [1]}"#;
        for text in [text.into(), text.replace([' ', '\n'], "")] {
            let (blocks, rest) = take_out(text.as_bytes()).unwrap();
            let layout = VolumeLayout::new(Id::new("a").unwrap());
            let said = |block: Block| {
                let key = layout.block(block.range, &block.name).to_string();
                (block.range.start(), block.range.length(), key, block.digest)
            };
            let said: Vec<_> = blocks.iter().map(said).collect();
            let digest = Digest::new(&[0, 0xff]);
            let (first, second) = ("volumes/a/b".into(), "volumes/a/c".into());
            assert_eq!(said, [(0, 16, first, digest), (20, 5, second, None)]);
            let rest = rest.replace([' ', '\n'], "");
            let none = r#"{"metadata":{"blocks":[7],"volume_id":"d"},"volume_id":"a",
                "name":"blocks","blocks":[],"later":[1]}"#;
            assert_eq!(rest, none.replace([' ', '\n'], ""));
        }
        let empty = take_out(br#"{"volume_id": "a", "blocks": []}"#);
        assert!(empty.is_some_and(|(blocks, _)| blocks.is_empty()));
        for elsewhere in [r#"{"blocks": []}"#, r#"{"blocks": [], "volume_id": "a"}"#] {
            assert!(take_out(elsewhere.as_bytes()).is_none(), "{elsewhere}");
        }
    }
}
