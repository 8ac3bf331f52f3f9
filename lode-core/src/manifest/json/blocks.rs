//! The blocks of a volume's manifest, read several times as fast as a parser of any JSON can.
//!
//! A volume's JSON is nearly all blocks, and they are written alike: their fields in this order,
//! and no text with an escape. However much space there is between them, they are
//!
//! ```text
//! "blocks": [ {"offset": 0, "length": 16, "path": "…", "checksum": "…"}, … ]
//! ```
//!
//! where a block may have no checksum. A manifest that is written in another way, has an escape
//! before its blocks, or is wrong, is left to `serde_json` as a whole, which says what is wrong and
//! where.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use memchr::memchr2;

use super::volume::BlockWire;
use crate::decimal::leading_number;

/// The blocks of a manifest, and its text with none; `None` unless it is written as above.
pub(super) fn take_out(manifest: &[u8]) -> Option<(Vec<BlockWire<'_>>, String)> {
    let text = core::str::from_utf8(manifest).ok()?;
    let mut cursor = Cursor { rest: text };
    cursor.find_array("blocks")?;
    let head = text.get(..text.len() - cursor.rest.len())?;
    let mut blocks = Vec::new();
    while !cursor.eat(b"]") {
        if !blocks.is_empty() {
            cursor.expect(b",")?;
        }
        blocks.push(cursor.block()?);
    }
    Some((blocks, [head, "]", cursor.rest].concat()))
}

/// What has not been read yet.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    /// Goes to the first element of the array that has this name in the outermost object.
    fn find_array(&mut self, name: &str) -> Option<()> {
        let mut depth = 0_u32;
        loop {
            let byte = *self.rest.as_bytes().first()?;
            self.take(1)?;
            match byte {
                b'{' | b'[' => depth = depth.checked_add(1)?,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                // Only a name is followed by a colon.
                b'"' if self.rest_of_text()? == name && depth == 1 && self.eat(b":") => {
                    return self.expect(b"[");
                }
                _ => {}
            }
        }
    }

    fn block(&mut self) -> Option<BlockWire<'a>> {
        self.expect(b"{")?;
        self.name(b"\"offset\"")?;
        let offset = self.number()?;
        self.expect(b",")?;
        self.name(b"\"length\"")?;
        let length = self.number()?;
        self.expect(b",")?;
        self.name(b"\"path\"")?;
        let path = Cow::Borrowed(self.text()?);
        let checksum = match self.eat(b",") {
            true => {
                self.name(b"\"checksum\"")?;
                Some(Cow::Borrowed(self.text()?))
            }
            false => None,
        };
        self.expect(b"}")?;
        Some(BlockWire { offset, length, path, checksum, extra: Cow::Owned(BTreeMap::new()) })
    }

    /// The quoted name of a field, and the colon behind it.
    fn name<const N: usize>(&mut self, quoted: &[u8; N]) -> Option<()> {
        self.expect(quoted)?;
        self.expect(b":")
    }

    fn expect<const N: usize>(&mut self, token: &[u8; N]) -> Option<()> {
        self.eat(token).then_some(())
    }

    /// Whether this comes next, with or without space before it: then it has been read.
    fn eat<const N: usize>(&mut self, token: &[u8; N]) -> bool {
        self.skip_space().is_some()
            && self.rest.as_bytes().first_chunk() == Some(token)
            && self.take(N).is_some()
    }

    fn skip_space(&mut self) -> Option<()> {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        let space = self.rest.bytes().take_while(is_space).count();
        self.take(space).map(|_| ())
    }

    /// A number without a fraction or an exponent: what follows its digits is for the caller to see,
    /// and neither is what he expects.
    fn number(&mut self) -> Option<u64> {
        self.skip_space()?;
        let (number, rest) = leading_number(self.rest)?;
        self.rest = rest;
        Some(number)
    }

    /// A text without an escape. That it has no control characters, which JSON allows in none, is
    /// seen when it is made a path or a digest of.
    fn text(&mut self) -> Option<&'a str> {
        self.expect(b"\"")?;
        self.rest_of_text()
    }

    /// The same behind its first quote.
    fn rest_of_text(&mut self) -> Option<&'a str> {
        let text = self.take(memchr2(b'"', b'\\', self.rest.as_bytes())?)?;
        self.rest = self.rest.strip_prefix('"')?;
        Some(text)
    }

    /// So many bytes.
    fn take(&mut self, count: usize) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    /// Whatever is not taken out is read all the same, so that only this sees that anything is.
    #[test]
    fn what_is_written_in_the_usual_way_is_taken_out() {
        let text = r#"{"metadata": {"blocks": [7]}, "name": "blocks",
            "blocks": [ {"offset": 0, "length": 16, "path": "a/b", "checksum": "00ff"},
                        {"offset":20,"length":5,"path":"c"} ], "later": [1]}"#;
        for text in [text.into(), text.replace([' ', '\n'], "")] {
            let (blocks, rest) = take_out(text.as_bytes()).unwrap();
            let said = |block: &BlockWire<'_>| (block.offset, block.length, block.path.to_string());
            let said: Vec<_> = blocks.iter().map(said).collect();
            assert_eq!(said, [(0, 16, "a/b".into()), (20, 5, "c".into())]);
            let checksums = blocks.iter().map(|block| block.checksum.as_deref());
            assert!(checksums.eq([Some("00ff"), None]));
            let rest = rest.replace([' ', '\n'], "");
            let none = r#"{"metadata":{"blocks":[7]},"name":"blocks","blocks":[],"later":[1]}"#;
            assert_eq!(rest, none);
        }
        assert!(take_out(br#"{"blocks": []}"#).is_some_and(|(blocks, _)| blocks.is_empty()));
    }
}
