//! Picks some fields out of a record while it serializes itself, and lets the others pass.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt::{self, Display};

use lode_core::partition::PartitionError;
use serde::Serialize;
use serde::ser::{self, Impossible};

use crate::text;

/// The texts of the fields with these names, in their order; `None` for those that are null or not
/// there.
///
/// # Errors
///
/// If one of them has no text, or the record has no fields at all.
pub(crate) fn pick<R: Serialize + ?Sized>(
    keys: &[String],
    record: &R,
) -> Result<Vec<Option<String>>, PartitionError> {
    let fields = Fields { keys, values: vec![None; keys.len()], next: None };
    record.serialize(fields).map_err(|error| {
        let first = || keys.first().cloned().unwrap_or_default();
        match error {
            NotPicked::NoFields => PartitionError::MissingKey { key: first() },
            NotPicked::Record(reason) => PartitionError::InvalidValue { key: first(), reason },
            NotPicked::Field { key, reason } => PartitionError::InvalidValue { key, reason },
        }
    })
}

/// Why the fields could not be picked.
#[derive(Debug)]
enum NotPicked {
    /// The record is neither a struct nor a map.
    NoFields,
    /// The record does not serialize itself.
    Record(String),
    /// A field has no text.
    Field { key: String, reason: String },
}

impl Display for NotPicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFields => f.write_str("it has no fields"),
            Self::Record(reason) | Self::Field { reason, .. } => f.write_str(reason),
        }
    }
}

impl Error for NotPicked {}

impl ser::Error for NotPicked {
    fn custom<T: Display>(reason: T) -> Self {
        Self::Record(reason.to_string())
    }
}

/// Takes the fields of a record.
struct Fields<'k> {
    keys: &'k [String],
    /// As many as keys: what has been picked.
    values: Vec<Option<String>>,
    /// The index of the key whose value comes next, in a map.
    next: Option<usize>,
}

impl Fields<'_> {
    fn index(&self, name: &str) -> Option<usize> {
        self.keys.iter().position(|key| key == name)
    }

    /// Takes the value of the key with this index; of none, the value does not matter.
    fn take<T: Serialize + ?Sized>(
        &mut self,
        index: Option<usize>,
        value: &T,
    ) -> Result<(), NotPicked> {
        let Some((index, key)) = index.and_then(|index| Some((index, self.keys.get(index)?)))
        else {
            return Ok(());
        };
        let text = text::of(value, str::to_owned)
            .map_err(|error| NotPicked::Field { key: key.clone(), reason: error.0 })?;
        if let Some(picked) = self.values.get_mut(index) {
            *picked = text;
        }
        Ok(())
    }
}

impl ser::SerializeStruct for Fields<'_> {
    type Ok = Vec<Option<String>>;
    type Error = NotPicked;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), NotPicked> {
        self.take(self.index(name), value)
    }

    fn end(self) -> Result<Self::Ok, NotPicked> {
        Ok(self.values)
    }
}

impl ser::SerializeMap for Fields<'_> {
    type Ok = Vec<Option<String>>;
    type Error = NotPicked;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NotPicked> {
        // A key without text is none of ours.
        self.next = text::of(key, |name| self.index(name)).ok().flatten().flatten();
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotPicked> {
        let index = self.next.take();
        self.take(index, value)
    }

    fn end(self) -> Result<Self::Ok, NotPicked> {
        Ok(self.values)
    }
}

/// Methods for what has no fields, whatever its content.
macro_rules! no_fields {
    ($($name:ident($($argument:ty),*) -> $ok:ty;)*) => {
        $(fn $name(self, $(_: $argument),*) -> Result<$ok, NotPicked> {
            Err(NotPicked::NoFields)
        })*
    };
}

impl<'k> ser::Serializer for Fields<'k> {
    type Ok = Vec<Option<String>>;
    type Error = NotPicked;
    type SerializeSeq = Impossible<Self::Ok, NotPicked>;
    type SerializeTuple = Impossible<Self::Ok, NotPicked>;
    type SerializeTupleStruct = Impossible<Self::Ok, NotPicked>;
    type SerializeTupleVariant = Impossible<Self::Ok, NotPicked>;
    type SerializeMap = Fields<'k>;
    type SerializeStruct = Fields<'k>;
    type SerializeStructVariant = Impossible<Self::Ok, NotPicked>;

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'k>, NotPicked> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'k>, NotPicked> {
        Ok(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, NotPicked> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Self::Ok, NotPicked> {
        value.serialize(self)
    }

    /// In JSON this is a map with one field, the name of the variant.
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Self::Ok, NotPicked> {
        self.take(self.index(variant), value)?;
        Ok(self.values)
    }

    no_fields! {
        serialize_bool(bool) -> Self::Ok;
        serialize_i8(i8) -> Self::Ok;
        serialize_i16(i16) -> Self::Ok;
        serialize_i32(i32) -> Self::Ok;
        serialize_i64(i64) -> Self::Ok;
        serialize_u8(u8) -> Self::Ok;
        serialize_u16(u16) -> Self::Ok;
        serialize_u32(u32) -> Self::Ok;
        serialize_u64(u64) -> Self::Ok;
        serialize_f32(f32) -> Self::Ok;
        serialize_f64(f64) -> Self::Ok;
        serialize_char(char) -> Self::Ok;
        serialize_str(&str) -> Self::Ok;
        serialize_bytes(&[u8]) -> Self::Ok;
        serialize_none() -> Self::Ok;
        serialize_unit() -> Self::Ok;
        serialize_unit_struct(&'static str) -> Self::Ok;
        serialize_unit_variant(&'static str, u32, &'static str) -> Self::Ok;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize)
            -> Self::SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize)
            -> Self::SerializeStructVariant;
    }
}
