//! Files made by hand, byte by byte, so that they can lie.

/// The kinds of Thrift's compact protocol.
const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

pub(crate) fn int(value: i64) -> Vec<u8> {
    varint(((value << 1) ^ (value >> 63)).cast_unsigned())
}

pub(crate) enum Field {
    I32(i64),
    I64(i64),
    Text(&'static str),
    /// A list of structures or of anything else, encoded, with the kind of its elements.
    List(u8, u64, Vec<u8>),
    Struct(Vec<u8>),
}

/// A structure with these fields.
pub(crate) fn structure<const N: usize>(fields: [(i64, Field); N]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (id, field) in fields {
        let (kind, value) = match field {
            Field::I32(value) => (I32, int(value)),
            Field::I64(value) => (I64, int(value)),
            Field::Text(text) => (BINARY, [varint(text.len() as u64), text.into()].concat()),
            Field::Struct(value) => (STRUCT, value),
            Field::List(kind, count, elements) => {
                (LIST, [vec![0xf0 | kind], varint(count), elements].concat())
            }
        };
        // The long form: the number of the field itself.
        bytes.push(kind);
        bytes.extend(int(id));
        bytes.extend(value);
    }
    bytes.push(0);
    bytes
}

/// What a file with one required column says of it.
pub(crate) struct Forged {
    pub(crate) physical: i64,
    pub(crate) type_length: i64,
    pub(crate) codec: i64,
    pub(crate) rows: i64,
    /// The page's encoding, its declared size, and its bytes.
    pub(crate) encoding: i64,
    pub(crate) uncompressed: i64,
    pub(crate) page: Vec<u8>,
}

/// The physical types.
pub(crate) const BYTE_ARRAY: i64 = 6;
pub(crate) const FIXED: i64 = 7;

impl Forged {
    pub(crate) fn new(encoding: i64, page: Vec<u8>) -> Self {
        let uncompressed = page.len() as i64;
        Self {
            physical: BYTE_ARRAY,
            type_length: 0,
            codec: 0,
            rows: 10,
            encoding,
            uncompressed,
            page,
        }
    }

    pub(crate) fn file(self) -> Vec<u8> {
        let data = structure([
            (1, Field::I32(self.rows.min(i32::MAX.into()))),
            (2, Field::I32(self.encoding)),
            (3, Field::I32(3)),
            (4, Field::I32(3)),
        ]);
        let header = structure([
            (1, Field::I32(0)),
            (2, Field::I32(self.uncompressed)),
            (3, Field::I32(self.page.len() as i64)),
            (5, Field::Struct(data)),
        ]);
        let chunk = [header, self.page].concat();
        let column = structure([
            (1, Field::I32(self.physical)),
            (2, Field::List(I32, 1, int(self.encoding))),
            (3, Field::List(BINARY, 1, b"\x01c".to_vec())),
            (4, Field::I32(self.codec)),
            (5, Field::I64(self.rows)),
            (6, Field::I64(self.uncompressed)),
            (7, Field::I64(chunk.len() as i64)),
            (9, Field::I64(4)),
        ]);
        let column = structure([(2, Field::I64(4)), (3, Field::Struct(column))]);
        let group = structure([
            (1, Field::List(STRUCT, 1, column)),
            (2, Field::I64(chunk.len() as i64)),
            (3, Field::I64(self.rows)),
        ]);
        let root = structure([(4, Field::Text("root")), (5, Field::I32(1))]);
        let leaf = structure([
            (1, Field::I32(self.physical)),
            (2, Field::I32(self.type_length)),
            (3, Field::I32(0)),
            (4, Field::Text("c")),
        ]);
        let schema = Field::List(STRUCT, 2, [root, leaf].concat());
        let groups = Field::List(STRUCT, 1, group);
        file(
            &chunk,
            &structure([(1, Field::I32(1)), (2, schema), (3, Field::I64(self.rows)), (4, groups)]),
        )
    }
}

/// A footer whose schema has these elements, and no row groups.
pub(crate) fn schema(count: u64, elements: Vec<u8>) -> Vec<u8> {
    let schema = Field::List(STRUCT, count, elements);
    let groups = Field::List(STRUCT, 0, Vec::new());
    file(&[], &structure([(1, Field::I32(1)), (2, schema), (3, Field::I64(0)), (4, groups)]))
}

fn file(data: &[u8], footer: &[u8]) -> Vec<u8> {
    let length = (footer.len() as u32).to_le_bytes();
    [b"PAR1", data, footer, &length, b"PAR1"].concat()
}
