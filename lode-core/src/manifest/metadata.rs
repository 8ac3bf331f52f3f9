//! What the caller says about a snapshot: explicit, JSON-like, always persisted.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// The metadata of a snapshot: names and values, in the order of the names.
///
/// It is always written, `{}` when empty. The macro [`meta!`](crate::meta) makes one.
pub type Metadata = BTreeMap<String, Value>;

/// A value in a snapshot's [`Metadata`]: what JSON can say.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number below 2^63.
    Integer(i64),
    /// A whole number from 2^63 on; smaller ones are `Integer`, so that equal numbers are equal.
    Large(u64),
    /// Any other number. It must be finite: JSON has no other.
    Float(f64),
    /// A text.
    Text(String),
    /// Values in order.
    List(Vec<Value>),
    /// Names and values.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// How deep values may be nested.
    pub const MAX_DEPTH: usize = 100;

    /// Whether it can be written: no number that is not finite, not nested too deep.
    pub fn is_writable(&self) -> bool {
        self.is_writable_below(0)
    }

    fn is_writable_below(&self, depth: usize) -> bool {
        depth < Self::MAX_DEPTH
            && match self {
                Self::Float(number) => number.is_finite(),
                Self::List(values) => values.iter().all(|value| value.is_writable_below(depth + 1)),
                Self::Map(values) => {
                    values.values().all(|value| value.is_writable_below(depth + 1))
                }
                Self::Null | Self::Bool(_) | Self::Integer(_) | Self::Large(_) | Self::Text(_) => {
                    true
                }
            }
    }
}

macro_rules! from {
    ($($from:ty => |$value:ident| $into:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $into
            }
        }
    )*};
}

from! {
    bool => |value| Self::Bool(value);
    i32 => |value| Self::Integer(value.into());
    u32 => |value| Self::Integer(value.into());
    i64 => |value| Self::Integer(value);
    u64 => |value| i64::try_from(value).map_or(Self::Large(value), Self::Integer);
    f64 => |value| Self::Float(value);
    &str => |value| Self::Text(value.into());
    String => |value| Self::Text(value);
    Vec<Value> => |value| Self::List(value);
    BTreeMap<String, Value> => |value| Self::Map(value);
}

/// Makes the [`Metadata`](crate::manifest::Metadata) of a snapshot.
///
/// ```
/// use lode_core::meta;
///
/// let metadata = meta! { "step" => "boot", "attempt" => 3 };
/// assert_eq!(metadata.len(), 2);
/// assert!(meta! {}.is_empty());
/// ```
#[macro_export]
macro_rules! meta {
    ($($name:expr => $value:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut metadata = $crate::manifest::Metadata::new();
        $(metadata.insert($name.into(), $crate::manifest::Value::from($value));)*
        metadata
    }};
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn equal_numbers_are_equal() {
        assert_eq!(Value::from(7_u64), Value::from(7_i32));
        assert_eq!(Value::from(u64::MAX), Value::Large(u64::MAX));
    }

    #[test]
    fn what_json_cannot_say_is_not_writable() {
        assert!(!Value::from(f64::NAN).is_writable());
        assert!(!Value::from(vec![Value::from(f64::INFINITY)]).is_writable());
        let lists = |depth| (1..depth).fold(Value::Null, |inner, _| Value::from(vec![inner]));
        let maps = |depth| {
            (1..depth).fold(Value::Null, |inner, _| Value::Map([("a".into(), inner)].into()))
        };
        for nested in [lists, maps] as [fn(usize) -> Value; 2] {
            assert!(nested(Value::MAX_DEPTH).is_writable());
            assert!(!nested(Value::MAX_DEPTH + 1).is_writable());
        }
    }
}
