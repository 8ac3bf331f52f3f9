//! The columns of rows.

use std::collections::HashSet;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use arrow_schema::{DataType, Field, TimeUnit};

/// What a value of a column is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ColumnType {
    /// A whole number from -2^31 to 2^31 - 1.
    Int32,
    /// A whole number from -2^63 to 2^63 - 1.
    Int64,
    /// A number of single precision; what JSON has in more is rounded.
    Float32,
    /// A number of double precision.
    Float64,
    /// A text.
    String,
    /// True or false.
    Bool,
    /// Bytes; in JSON a text in base64, with padding.
    Bytes,
    /// A point in time to the nanosecond, from 1677 to 2262; in JSON a text as in RFC 3339.
    Timestamp,
}

/// A column of a [`Schema`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Column {
    pub(crate) name: Box<str>,
    pub(crate) kind: ColumnType,
    pub(crate) nullable: bool,
}

/// The columns of rows, in the order of the file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Schema {
    columns: Arc<[Column]>,
}

/// Why columns make no [`Schema`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SchemaError {
    /// There are none.
    NoColumns,
    /// One has no name.
    EmptyName {
        /// Which one, counted from 0.
        index: usize,
    },
    /// Two have the same name.
    Duplicate {
        /// The name.
        name: Box<str>,
    },
    /// Rows have nothing for the type of a column of Arrow's: it is nested, say.
    Unsupported {
        /// The column.
        name: Box<str>,
        /// Its type.
        data_type: DataType,
    },
}

impl Column {
    /// A column with a value in every row.
    pub fn required(name: &str, kind: ColumnType) -> Self {
        Self { name: name.into(), kind, nullable: false }
    }

    /// A column whose values may be null, or absent.
    pub fn nullable(name: &str, kind: ColumnType) -> Self {
        Self { name: name.into(), kind, nullable: true }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its values are.
    pub fn kind(&self) -> ColumnType {
        self.kind
    }

    /// Whether they may be null.
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }
}

impl Schema {
    /// A schema of these columns.
    ///
    /// # Errors
    ///
    /// If there are none, or one has no name or that of another.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Result<Self, SchemaError> {
        let columns: Arc<[Column]> = columns.into_iter().collect();
        if columns.is_empty() {
            return Err(SchemaError::NoColumns);
        }
        let mut names = HashSet::new();
        for (index, column) in columns.iter().enumerate() {
            if column.name.is_empty() {
                return Err(SchemaError::EmptyName { index });
            }
            if !names.insert(&column.name) {
                return Err(SchemaError::Duplicate { name: column.name.clone() });
            }
        }
        Ok(Self { columns })
    }

    /// The columns of Arrow's schema, each of the narrowest type that holds all its values. What
    /// encodes or arranges them makes no difference: a dictionary of texts is texts.
    ///
    /// | Arrow | rows |
    /// | --- | --- |
    /// | `Int8`, `Int16`, `Int32`, `UInt8`, `UInt16` | `Int32` |
    /// | `Int64`, `UInt32` | `Int64` |
    /// | `Float32`, `Float64`, `Boolean` | the same |
    /// | `Utf8`, `LargeUtf8`, `Utf8View` | `String` |
    /// | `Binary`, `LargeBinary`, `BinaryView`, `FixedSizeBinary` | `Bytes` |
    /// | `Timestamp` of any unit and zone | `Timestamp` |
    ///
    /// # Errors
    ///
    /// [`SchemaError::Unsupported`] with the first column of another type, else as
    /// [`new`](Self::new).
    pub fn from_arrow(schema: &arrow_schema::Schema) -> Result<Self, SchemaError> {
        let column = |field: &Arc<Field>| {
            let (name, data_type) = (field.name().as_str().into(), field.data_type());
            match ColumnType::from_arrow(data_type) {
                Some(kind) => Ok(Column { name, kind, nullable: field.is_nullable() }),
                None => Err(SchemaError::Unsupported { name, data_type: data_type.clone() }),
            }
        };
        let columns: Vec<_> = schema.fields().iter().map(column).collect::<Result<_, _>>()?;
        Self::new(columns)
    }

    /// Its columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The same in Arrow's terms.
    pub fn to_arrow(&self) -> arrow_schema::Schema {
        let field = |column: &Column| {
            Field::new(column.name.as_ref(), column.kind.to_arrow(), column.nullable)
        };
        arrow_schema::Schema::new(self.columns.iter().map(field).collect::<Vec<_>>())
    }
}

impl ColumnType {
    /// `None` if there is none.
    fn from_arrow(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::UInt8
            | DataType::UInt16 => Self::Int32,
            DataType::Int64 | DataType::UInt32 => Self::Int64,
            DataType::Float32 => Self::Float32,
            DataType::Float64 => Self::Float64,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::String,
            DataType::Boolean => Self::Bool,
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => Self::Bytes,
            DataType::Timestamp(..) => Self::Timestamp,
            DataType::Dictionary(_, values) => return Self::from_arrow(values),
            _ => return None,
        })
    }

    fn to_arrow(self) -> DataType {
        match self {
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::String => DataType::Utf8,
            Self::Bool => DataType::Boolean,
            Self::Bytes => DataType::Binary,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::String => "string",
            Self::Bool => "bool",
            Self::Bytes => "bytes",
            Self::Timestamp => "timestamp",
        })
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoColumns => f.write_str("a schema needs a column"),
            Self::EmptyName { index } => write!(f, "column {index} has no name"),
            Self::Duplicate { name } => write!(f, "two columns are named {name:?}"),
            Self::Unsupported { name, data_type } => {
                write!(f, "the column {name:?} is {data_type}, which rows cannot tell")
            }
        }
    }
}

impl Error for SchemaError {}
