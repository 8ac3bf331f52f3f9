//! How a footer says that floating-point numbers are ordered.
//!
//! The `parquet` crate always says "the total order of IEEE 754", which is new to the format, and
//! readers that do not know it (pyarrow 26 is one) pass over the statistics of such columns. Under
//! the order that the format has always had, readers have to disregard NaN and the sign of zero
//! themselves, so the same bounds hold under it too, and are used.

use crate::thrift::{Found, Thrift, kind};

/// A structure's first field, which is a structure: number 2 (the total order) or 1 (the type's).
const TOTAL: u8 = 0x2c;
const OF_TYPE: u8 = 0x1c;

/// Changes the total order to that of the type. The length stays the same.
pub(crate) fn make_known(footer: &mut [u8]) {
    for at in totals(footer).unwrap_or_default() {
        if let Some(byte) = footer.get_mut(at) {
            *byte = OF_TYPE;
        }
    }
}

/// Where the total order is named.
fn totals(footer: &[u8]) -> Found<Vec<usize>> {
    let mut thrift = Thrift::new(footer);
    let (mut last, mut found) = (0, Vec::new());
    while let Some((id, kind)) = thrift.field(&mut last)? {
        if (id, kind) != (7, kind::LIST) {
            thrift.skip(kind)?;
            continue;
        }
        let (_, count) = thrift.list()?;
        for _ in 0..count {
            if thrift.rest().first() == Some(&TOTAL) {
                found.push(footer.len() - thrift.rest().len());
            }
            thrift.skip(kind::STRUCT)?;
        }
    }
    Ok(found)
}
