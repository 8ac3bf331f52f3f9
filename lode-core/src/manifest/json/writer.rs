//! JSON with an entry a line and two spaces a level, as the Go implementation writes it.
//!
//! Nearly all of a manifest is names, numbers and texts without an escape, which are copied as they
//! are, and what is not is left to `serde_json`. A commit of one file took a sixth longer when all of
//! it was.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Display, Write};

use serde::Serialize;

use super::json_error;
use crate::manifest::{ManifestError, Metadata, Value};

/// An object that is being written, entry by entry.
pub(crate) struct Object {
    text: String,
    /// How many braces and brackets are open.
    depth: usize,
    /// Whether nothing is within the last of them.
    is_empty: bool,
    /// Why something could not be written, if so.
    error: Option<serde_json::Error>,
}

impl Object {
    /// An object with these entries, as a text of its own, for which there is room for so many
    /// bytes to begin with.
    ///
    /// # Errors
    ///
    /// What `serde_json` says of a value that it cannot write.
    pub(crate) fn write(
        room: usize,
        entries: impl FnOnce(&mut Self),
    ) -> Result<Vec<u8>, ManifestError> {
        let text = String::with_capacity(room);
        let mut object = Self { text, depth: 0, is_empty: true, error: None };
        object.within('{', '}', entries);
        match object.error {
            None => Ok(object.text.into_bytes()),
            Some(error) => Err(json_error(&error)),
        }
    }

    /// A text. Names have nothing to escape, here and below, but for those of [values](Self::values).
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.quoted(text);
    }

    /// What this prints, which has nothing to escape, as a text. `None` is left out.
    pub(crate) fn printed(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.name(name);
            self.text.push('"');
            self.print(format_args!("{value}"));
            self.text.push('"');
        }
    }

    /// A whole number.
    pub(crate) fn number(&mut self, name: &str, number: u64) {
        self.name(name);
        self.print(format_args!("{number}"));
    }

    /// Any value.
    pub(crate) fn value(&mut self, name: &str, value: &Value) {
        self.begin_entry();
        self.quoted(name);
        self.text.push_str(": ");
        match value {
            Value::Text(text) => self.quoted(text),
            value => self.serialized(value),
        }
    }

    /// An entry for each of these, whatever they are called.
    pub(crate) fn values(&mut self, values: &Metadata) {
        for (name, value) in values {
            self.value(name, value);
        }
    }

    /// An object.
    pub(crate) fn object(&mut self, name: &str, entries: impl FnOnce(&mut Self)) {
        self.name(name);
        self.within('{', '}', entries);
    }

    /// A list of objects, one for each of `items`.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut entries: impl FnMut(&mut Self, T),
    ) {
        self.name(name);
        self.within('[', ']', |list| {
            for item in items {
                list.begin_entry();
                list.within('{', '}', |object| entries(object, item));
            }
        });
    }

    fn within(&mut self, open: char, close: char, content: impl FnOnce(&mut Self)) {
        self.text.push(open);
        self.depth += 1;
        self.is_empty = true;
        content(self);
        self.depth -= 1;
        if !self.is_empty {
            self.begin_line();
        }
        self.text.push(close);
        self.is_empty = false;
    }

    fn name(&mut self, name: &str) {
        self.begin_entry();
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\": ");
    }

    fn begin_entry(&mut self) {
        if !self.is_empty {
            self.text.push(',');
        }
        self.is_empty = false;
        self.begin_line();
    }

    fn begin_line(&mut self) {
        // A copy of known length is no call.
        match self.depth {
            1 => self.text.push_str("\n  "),
            3 => self.text.push_str("\n      "),
            depth => {
                self.text.push('\n');
                for _ in 0..depth {
                    self.text.push_str("  ");
                }
            }
        }
    }

    fn quoted(&mut self, text: &str) {
        // All bytes, also behind one that is found: so the compiler looks at many at a time.
        let is_escaped = |byte| byte < b' ' || byte == b'"' || byte == b'\\';
        if text.bytes().fold(false, |found, byte| found | is_escaped(byte)) {
            return self.serialized(text);
        }
        self.text.push('"');
        self.text.push_str(text);
        self.text.push('"');
    }

    /// What `serde_json` writes, whose lines begin where they are to. No text has a line of its own.
    fn serialized(&mut self, value: &(impl Serialize + ?Sized)) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => {
                let mut lines = text.split('\n');
                self.text.push_str(lines.next().unwrap_or_default());
                for line in lines {
                    self.begin_line();
                    self.text.push_str(line);
                }
            }
            Err(error) => self.error = Some(error),
        }
    }

    fn print(&mut self, text: fmt::Arguments<'_>) {
        // A string takes whatever is written to it.
        let _ = self.text.write_fmt(text);
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[derive(Serialize)]
    struct Whole {
        text: &'static str,
        printed: &'static str,
        number: u64,
        metadata: Metadata,
        nothing: Metadata,
        list: Vec<Item>,
        none: Vec<Item>,
        #[serde(flatten)]
        extra: Metadata,
    }

    #[derive(Serialize)]
    struct Item {
        text: &'static str,
        within: Metadata,
    }

    fn values() -> Metadata {
        let nested = vec![Value::from("a \"b\"\n"), Value::Map(Metadata::new()), Value::from(7)];
        let map = [("c".into(), Value::from(nested)), ("d".into(), Value::List(vec![]))];
        crate::meta! {
            "plain" => "text", "esc\\aped" => "\u{1}\t\u{7f}ü", "float" => 1e300, "small" => 0.1,
            "yes" => true, "least" => i64::MIN, "most" => u64::MAX, "nested" => Metadata::from(map),
        }
    }

    #[test]
    fn writes_what_serde_json_does() {
        let item = |text| Item { text, within: values() };
        let whole = Whole {
            text: "a/b\\c",
            printed: "12",
            number: u64::MAX,
            metadata: values(),
            nothing: Metadata::new(),
            list: ["\"", "\\", "\t", ""].map(item).into(),
            none: vec![],
            extra: crate::meta! { "é\r" => Value::Null },
        };
        let written = Object::write(0, |object| {
            object.text("text", whole.text);
            object.printed("printed", Some(12));
            object.printed("left out", None::<u64>);
            object.number("number", whole.number);
            object.object("metadata", |object| object.values(&whole.metadata));
            object.object("nothing", |_| ());
            object.list("list", &whole.list, |object, item| {
                object.text("text", item.text);
                object.object("within", |object| object.values(&item.within));
            });
            object.list("none", &whole.none, |_, _| ());
            object.values(&whole.extra);
        });
        let written = String::from_utf8(written.unwrap()).unwrap();
        assert_eq!(written, serde_json::to_string_pretty(&whole).unwrap());
    }
}
