//! The columns of files, in Arrow's terms.

use arrow_schema::{Fields, Schema, SchemaRef};
use lode_core::codec::CodecError;

use crate::read;

/// The columns of a Parquet file, as rows see them: of the types that Parquet itself has. Of
/// Arrow's own schema, which may be in the file too, only seconds are taken, which Parquet cannot
/// tell.
///
/// Only the footer is looked at, as guardedly as by the codecs.
///
/// # Errors
///
/// [`CodecError::Decode`] if it is no Parquet file, or a damaged one.
pub fn read_schema(file: &[u8]) -> Result<SchemaRef, CodecError> {
    read::metadata(file, false).map(|metadata| metadata.schema().clone())
}

/// Checks that two schemas have the same columns: names, types and whether they are nullable, in
/// the same order. Metadata make no difference.
///
/// # Errors
///
/// [`CodecError::SchemaViolation`] with the first column that differs.
pub fn check_schema(expected: &Schema, found: &Schema) -> Result<(), CodecError> {
    check(&expected.fields, &found.fields, 0)
}

/// The same; `index` is the record to blame.
pub(crate) fn check(expected: &Fields, found: &Fields, index: u64) -> Result<(), CodecError> {
    match difference(expected, found) {
        None => Ok(()),
        Some((column, reason)) => Err(CodecError::SchemaViolation { index, column, reason }),
    }
}

/// The first column that is not as expected, and why.
fn difference(expected: &Fields, found: &Fields) -> Option<(String, String)> {
    for (expected, found) in expected.iter().zip(found) {
        let (name, other) = (expected.name(), found.name());
        let reason = if name != other {
            format!("in its place is {other:?}")
        } else if expected.data_type() != found.data_type() {
            format!("is {}, not {}", found.data_type(), expected.data_type())
        } else if expected.is_nullable() != found.is_nullable() {
            let words = |nullable| if nullable { "nullable" } else { "required" };
            format!("is {}, not {}", words(found.is_nullable()), words(expected.is_nullable()))
        } else {
            continue;
        };
        return Some((name.clone(), reason));
    }
    if let Some(missing) = expected.get(found.len()) {
        return Some((missing.name().clone(), "is missing".to_owned()));
    }
    let extra = found.get(expected.len())?;
    Some((extra.name().clone(), "is not in the schema".to_owned()))
}
