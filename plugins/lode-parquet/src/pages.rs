//! The page headers of a row group, looked over before any page is decompressed.

use parquet::basic::Type;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};

use crate::thrift::{Found, Thrift, kind};

/// `Encoding::DELTA_LENGTH_BYTE_ARRAY` and `Encoding::DELTA_BYTE_ARRAY`.
const DELTA_LENGTH: i64 = 6;
const DELTA: i64 = 7;

/// The bytes that a value of a list takes in memory at most, apart from those of texts.
const LISTED_VALUE: u64 = 16;

/// What is wrong with a row group.
pub(crate) enum Fault {
    Damaged(&'static str),
    /// It takes more memory than it may.
    TooLarge,
}

impl From<&'static str> for Fault {
    fn from(reason: &'static str) -> Self {
        Self::Damaged(reason)
    }
}

/// What is known of a row group once it has been looked over.
#[derive(Default)]
pub(crate) struct Overview {
    /// The columns with pages whose lengths are packed, which take a closer look.
    pub(crate) packed: Vec<usize>,
    /// How many bytes a value may take that is stored only in part: in a dictionary, or by what
    /// differs from the one before.
    pub(crate) value_bytes: u64,
    /// How many bytes all pages have after decompression.
    page_bytes: u64,
}

enum PageKind {
    Data,
    Dictionary,
    Other,
}

struct Page {
    kind: PageKind,
    uncompressed: u64,
    compressed: usize,
    values: u64,
    encoding: i64,
}

/// Looks over the columns of a row group that are to be read.
pub(crate) fn overview(
    file: &[u8],
    group: &RowGroupMetaData,
    included: impl Fn(usize) -> bool,
    budget: u64,
) -> Result<Overview, Fault> {
    let rows = u64::try_from(group.num_rows()).map_err(|_| "it has less than no rows")?;
    let mut overview = Overview::default();
    for (leaf, chunk) in group.columns().iter().enumerate() {
        if included(leaf) {
            column(file, leaf, chunk, rows, budget, &mut overview)?;
        }
    }
    Ok(overview)
}

fn column(
    file: &[u8],
    leaf: usize,
    chunk: &ColumnChunkMetaData,
    rows: u64,
    budget: u64,
    overview: &mut Overview,
) -> Result<(), Fault> {
    let column = chunk.column_descr();
    if column.physical_type() == Type::FIXED_LEN_BYTE_ARRAY {
        let length = u64::try_from(column.type_length()).map_err(|_| "a value has no length")?;
        overview.value_bytes = overview.value_bytes.max(length);
    }
    let mut rest = bytes_of(file, chunk).ok_or("a column lies outside of the file")?;
    let (mut values, mut packed) = (0_u64, false);
    while !rest.is_empty() {
        let mut thrift = Thrift::new(rest);
        let page = header(&mut thrift)?;
        rest = thrift.rest().get(page.compressed..).ok_or("a page is longer than its column")?;
        overview.page_bytes = overview.page_bytes.saturating_add(page.uncompressed);
        let (is_data, encoding) = (matches!(page.kind, PageKind::Data), page.encoding);
        packed |= is_data && matches!(encoding, DELTA_LENGTH | DELTA);
        values = values.saturating_add(if is_data { page.values } else { 0 });
        if matches!(page.kind, PageKind::Dictionary) || (is_data && encoding == DELTA) {
            overview.value_bytes = overview.value_bytes.max(page.uncompressed);
        }
    }
    let is_list = column.max_rep_level() > 0;
    if !is_list && values != rows {
        return Err(Fault::Damaged("a column has not as many values as the row group has rows"));
    }
    let listed = if is_list { values.saturating_mul(LISTED_VALUE) } else { 0 };
    if overview.page_bytes.max(overview.value_bytes).max(listed) > budget {
        return Err(Fault::TooLarge);
    }
    if packed {
        overview.packed.push(leaf);
    }
    Ok(())
}

fn bytes_of<'a>(file: &'a [u8], chunk: &ColumnChunkMetaData) -> Option<&'a [u8]> {
    let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
    let start = usize::try_from(start).ok()?;
    let length = usize::try_from(chunk.compressed_size()).ok()?;
    file.get(start..start.checked_add(length)?)
}

fn header(thrift: &mut Thrift<'_>) -> Found<Page> {
    const NONE: (i64, i64) = (0, 0);
    let (mut form, mut sizes) = (-1, (-1, -1));
    let (mut data, mut dictionary, mut data_v2) = (NONE, NONE, NONE);
    let mut last = 0;
    while let Some((id, kind)) = thrift.field(&mut last)? {
        match (id, kind) {
            (1, kind::I32) => form = thrift.int()?,
            (2, kind::I32) => sizes.0 = thrift.int()?,
            (3, kind::I32) => sizes.1 = thrift.int()?,
            (4, kind::I32) | (6, kind::STRUCT) => thrift.skip(kind)?,
            (5, kind::STRUCT) => data = values(thrift, 2, 4)?,
            (7, kind::STRUCT) => dictionary = values(thrift, 2, 2)?,
            (8, kind::STRUCT) => data_v2 = values(thrift, 4, 6)?,
            (1..=8, _) => return Err("a page header has a field of a wrong type"),
            _ => thrift.skip(kind)?,
        }
    }
    let (kind, (values, encoding)) = match form {
        0 => (PageKind::Data, data),
        2 => (PageKind::Dictionary, dictionary),
        3 => (PageKind::Data, data_v2),
        _ => (PageKind::Other, NONE),
    };
    let size = |size| u64::try_from(size).map_err(|_| "a page has no size");
    Ok(Page {
        kind,
        uncompressed: size(sizes.0)?,
        compressed: usize::try_from(sizes.1).map_err(|_| "a page has no size")?,
        values: size(values)?,
        encoding,
    })
}

/// The number of values and their encoding, which is field `encoding`; the fields up to
/// `integers` are integers.
fn values(thrift: &mut Thrift<'_>, encoding: i64, integers: i64) -> Found<(i64, i64)> {
    let (mut last, mut found) = (0, (0, 0));
    while let Some((id, kind)) = thrift.field(&mut last)? {
        if (1..=integers).contains(&id) && kind != kind::I32 {
            return Err("a page header has a field of a wrong type");
        }
        match id {
            1 => found.0 = thrift.int()?,
            _ if id == encoding => found.1 = thrift.int()?,
            _ => thrift.skip(kind)?,
        }
    }
    Ok(found)
}
