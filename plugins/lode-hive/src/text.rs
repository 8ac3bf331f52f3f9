//! The text of one value.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use core::error::Error;
use core::fmt::{self, Display};

use serde::Serialize;
use serde::ser::{self, Impossible};

/// What `make` makes of the text of `value`, or `None` if it is null.
pub(crate) fn of<T: Serialize + ?Sized, O>(
    value: &T,
    make: impl FnOnce(&str) -> O,
) -> Result<Option<O>, NoText> {
    value.serialize(Text(make))
}

/// Why a value has no text.
#[derive(Debug)]
pub(crate) struct NoText(pub(crate) String);

impl Display for NoText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for NoText {}

impl ser::Error for NoText {
    fn custom<T: Display>(reason: T) -> Self {
        Self(reason.to_string())
    }
}

fn none<T>(what: &str) -> Result<T, NoText> {
    Err(NoText(format!("it is {what}")))
}

/// Hands the text of a value to a function.
struct Text<F>(F);

macro_rules! decimal {
    ($($name:ident: $type:ty,)*) => {
        $(fn $name(self, value: $type) -> Result<Self::Ok, NoText> {
            Ok(Some((self.0)(&value.to_string())))
        })*
    };
}

impl<O, F: FnOnce(&str) -> O> ser::Serializer for Text<F> {
    type Ok = Option<O>;
    type Error = NoText;
    type SerializeSeq = Impossible<Self::Ok, NoText>;
    type SerializeTuple = Impossible<Self::Ok, NoText>;
    type SerializeTupleStruct = Impossible<Self::Ok, NoText>;
    type SerializeTupleVariant = Impossible<Self::Ok, NoText>;
    type SerializeMap = Impossible<Self::Ok, NoText>;
    type SerializeStruct = Impossible<Self::Ok, NoText>;
    type SerializeStructVariant = Impossible<Self::Ok, NoText>;

    decimal! {
        serialize_bool: bool,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_u64: u64, serialize_u128: u128,
        serialize_char: char,
    }

    fn serialize_f32(self, value: f32) -> Result<Self::Ok, NoText> {
        Ok(Some((self.0)(&float(&format!("{value:e}")))))
    }

    fn serialize_f64(self, value: f64) -> Result<Self::Ok, NoText> {
        Ok(Some((self.0)(&float(&format!("{value:e}")))))
    }

    fn serialize_str(self, value: &str) -> Result<Self::Ok, NoText> {
        Ok(Some((self.0)(value)))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Self::Ok, NoText> {
        none("bytes")
    }

    fn serialize_none(self) -> Result<Self::Ok, NoText> {
        Ok(None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, NoText> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Self::Ok, NoText> {
        Ok(None)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Self::Ok, NoText> {
        Ok(None)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Self::Ok, NoText> {
        Ok(Some((self.0)(variant)))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Self::Ok, NoText> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Self::Ok, NoText> {
        none("a map")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, NoText> {
        none("a list")
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, NoText> {
        none("a list")
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, NoText> {
        none("a list")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, NoText> {
        none("a map")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, NoText> {
        none("a map")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, NoText> {
        none("a map")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NoText> {
        none("a map")
    }
}

/// Brings Rust's shortest scientific notation (`1.5e7`) into the form of Go's `%v` (`1.5e+07`).
fn float(scientific: &str) -> String {
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return if scientific == "inf" {
            "+Inf".to_owned()
        } else {
            scientific.replace("inf", "Inf")
        };
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    if !(-4..6).contains(&exponent) {
        let direction = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{digits}e{direction}{:02}", exponent.unsigned_abs());
    }
    let places = usize::try_from(exponent.unsigned_abs()).unwrap_or_default();
    let mut digits = digits.replace('.', "");
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(places.saturating_sub(1)));
    }
    match digits.split_at_checked(places.saturating_add(1)) {
        Some((whole, "")) => format!("{sign}{whole}"),
        Some((whole, rest)) => format!("{sign}{whole}.{rest}"),
        None => {
            digits.push_str(&"0".repeat(places.saturating_add(1).saturating_sub(digits.len())));
            format!("{sign}{digits}")
        }
    }
}
