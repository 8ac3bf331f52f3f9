//! The schema in a footer, looked over before the `parquet` crate builds a tree of it.
//!
//! It does so by recursion, and reserves memory for as many children as are declared: a stack that
//! overflows, or memory that is not there, ends the process, and no error comes of it. The schema
//! is therefore cut out of the footer, looked over field by field and decoded alone; then the
//! footer is decoded with that schema, and its own is passed over.

use crate::thrift::{Found, Thrift, kind};

/// How deep columns may be nested.
const MAX_DEPTH: usize = 32;

/// A footer with the schema of this one, and without row groups.
pub(crate) fn schema_alone(footer: &[u8]) -> Found<Vec<u8>> {
    let mut thrift = Thrift::new(footer);
    let mut last = 0;
    while let Some((id, kind)) = thrift.field(&mut last)? {
        if id != 2 {
            thrift.skip(kind)?;
            continue;
        }
        if kind != kind::LIST {
            return Err("the schema is no list");
        }
        let start = thrift.rest();
        schema(&mut thrift)?;
        let list = start.get(..start.len() - thrift.rest().len()).unwrap_or_default();
        // The fields 1 (version 1) and 2 (schema), then 3 (no rows) and 4 (no row groups).
        return Ok([&[0x15, 0x02, 0x19], list, &[0x16, 0x00, 0x19, 0x0c, 0x00]].concat());
    }
    Err("it has no schema")
}

fn schema(thrift: &mut Thrift<'_>) -> Found<()> {
    let (kind, count) = thrift.list()?;
    if kind != kind::STRUCT {
        return Err("the schema is no list of columns");
    }
    // How many children the groups that are open still wait for.
    let mut open: Vec<usize> = Vec::new();
    for after in (0..count).rev() {
        let children = element(thrift)?;
        if let Some(waiting) = open.last_mut() {
            *waiting -= 1;
        }
        if children > after {
            return Err("a column declares more children than there are");
        }
        if children > 0 {
            open.push(children);
        }
        if open.len() > MAX_DEPTH {
            return Err("columns are nested too deep");
        }
        while open.last() == Some(&0) {
            open.pop();
        }
    }
    Ok(())
}

/// The number of a column's children.
fn element(thrift: &mut Thrift<'_>) -> Found<usize> {
    let (mut last, mut children) = (0, 0);
    while let Some((id, kind)) = thrift.field(&mut last)? {
        match (id, kind) {
            (5, kind::I32) => {
                children = usize::try_from(thrift.int()?).map_err(|_| "a column is damaged")?;
            }
            (4, kind::BINARY) | (1..=3 | 6..=9, kind::I32) => thrift.skip(kind)?,
            (10, kind::STRUCT) => logical_type(thrift)?,
            (1..=10, _) => return Err("a column has a field of a wrong type"),
            _ => thrift.skip(kind)?,
        }
    }
    Ok(children)
}

fn logical_type(thrift: &mut Thrift<'_>) -> Found<()> {
    const WRONG: Found<()> = Err("a logical type has a field of a wrong type");
    let mut last = 0;
    while let Some((variant, kind)) = thrift.field(&mut last)? {
        if kind != kind::STRUCT {
            return WRONG;
        }
        let mut inner = 0;
        while let Some((id, kind)) = thrift.field(&mut inner)? {
            let fits = match (variant, id) {
                (5, 1 | 2) | (18, 2) => kind == kind::I32,
                (7 | 8, 1) | (10, 2) => matches!(kind, kind::TRUE | kind::FALSE),
                (7 | 8, 2) => kind == kind::STRUCT,
                (10 | 16, 1) => kind == kind::I8,
                (17 | 18, 1) => kind == kind::BINARY,
                _ => true,
            };
            if !fits {
                return WRONG;
            }
            thrift.skip(kind)?;
        }
    }
    Ok(())
}
