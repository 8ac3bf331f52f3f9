//! The messages of a stream, looked over before `arrow2` reads any.
//!
//! That crate reserves memory by the lengths that buffers declare, and goes into nested columns and
//! from one dictionary to the next by recursion: memory that is not there, or a stack that
//! overflows, ends the process, and no error comes of it.

use arrow_format::ipc::planus::{ReadAsRoot, Vector};
use arrow_format::ipc::{FieldRef, MessageHeaderRef, MessageRef, RecordBatchRef};

type PlanusError = arrow_format::ipc::planus::Error;

/// How deep columns may be nested.
const MAX_DEPTH: u8 = 32;
/// How many dictionaries may follow each other.
const MAX_DICTIONARIES: usize = 256;

const CONTINUATION: [u8; 4] = [0xff; 4];
const SHORT: &str = "the stream has no end";

/// A message and its body, and what follows.
struct Message<'a> {
    metadata: &'a [u8],
    rest: &'a [u8],
}

/// Looks over a whole stream: a schema, then batches and dictionaries, then the marker of the end.
pub(crate) fn check(file: &[u8]) -> Result<(), String> {
    let mut rest = file;
    let (mut first, mut dictionaries) = (true, 0);
    while let Some(message) = next(rest)? {
        let read = MessageRef::read_as_root(message.metadata).map_err(text)?;
        let length = usize::try_from(read.body_length().map_err(text)?).map_err(|_| SHORT)?;
        let (body, after) = message.rest.split_at_checked(length).ok_or(SHORT)?;
        match (read.header().map_err(text)?, first) {
            (Some(MessageHeaderRef::Schema(schema)), true) => {
                let mut budget = message.metadata.len();
                if let Some(fields) = schema.fields().map_err(text)? {
                    columns(fields, 0, &mut budget)?;
                }
            }
            (Some(MessageHeaderRef::RecordBatch(found)), false) => {
                batch(found, body)?;
                dictionaries = 0;
            }
            (Some(MessageHeaderRef::DictionaryBatch(found)), false) => {
                batch(found.data().map_err(text)?.ok_or("a dictionary has no values")?, body)?;
                dictionaries += 1;
                if dictionaries > MAX_DICTIONARIES {
                    return Err("too many dictionaries follow each other".to_owned());
                }
            }
            _ => return Err("a message is not what it should be".to_owned()),
        }
        (first, rest) = (false, after);
    }
    if first { Err("the stream has no schema".to_owned()) } else { Ok(()) }
}

/// The next message, or `None` at the marker of the end, which nothing may follow.
fn next(bytes: &[u8]) -> Result<Option<Message<'_>>, &'static str> {
    let (mut prefix, mut rest) = bytes.split_first_chunk::<4>().ok_or(SHORT)?;
    if *prefix == CONTINUATION {
        (prefix, rest) = rest.split_first_chunk::<4>().ok_or(SHORT)?;
    }
    let length = usize::try_from(i32::from_le_bytes(*prefix)).map_err(|_| SHORT)?;
    if length == 0 {
        return if rest.is_empty() { Ok(None) } else { Err("something follows the end") };
    }
    let (metadata, rest) = rest.split_at_checked(length).ok_or(SHORT)?;
    Ok(Some(Message { metadata, rest }))
}

/// Columns may share their parts, so that few bytes unfold to many columns: `budget` is how many
/// there may be, which is the number of bytes.
fn columns<'a>(
    fields: Vector<'a, Result<FieldRef<'a>, PlanusError>>,
    depth: u8,
    budget: &mut usize,
) -> Result<(), String> {
    if depth == MAX_DEPTH {
        return Err("columns are nested too deep".to_owned());
    }
    for field in fields.iter() {
        *budget = budget.checked_sub(1).ok_or("it has more columns than bytes")?;
        if let Some(children) = field.map_err(text)?.children().map_err(text)? {
            columns(children, depth + 1, budget)?;
        }
    }
    Ok(())
}

/// The buffers must lie in the body, and side by side: together they are no longer than it.
fn batch(batch: RecordBatchRef<'_>, body: &[u8]) -> Result<(), String> {
    if batch.compression().map_err(text)?.is_some() {
        return Err("a batch is compressed".to_owned());
    }
    let Some(buffers) = batch.buffers().map_err(text)? else { return Ok(()) };
    let mut left = body.len();
    for buffer in buffers.iter() {
        let offset = usize::try_from(buffer.offset()).ok();
        let length = usize::try_from(buffer.length()).ok();
        let inside = offset.zip(length).and_then(|(offset, length)| {
            left = left.checked_sub(length)?;
            body.get(offset..offset.checked_add(length)?)
        });
        if inside.is_none() {
            return Err("a buffer lies outside of its message".to_owned());
        }
    }
    Ok(())
}

fn text(error: PlanusError) -> String {
    error.to_string()
}
