//! What collections have decided, in the compact format.

use alloc::vec::Vec;

use super::reader::Reader;
use super::wire::{put, put_varint};
use crate::Version;
use crate::manifest::{CollectionState, ManifestError, Span, VersionSet};
use crate::time::Timestamp;

const FIELD: &str = "state";

/// The bytes of a state: none of the first one.
pub(super) fn encode(state: &CollectionState) -> postcard::Result<Vec<u8>> {
    let mut out = Vec::new();
    if *state == CollectionState::FIRST {
        return Ok(out);
    }
    put_varint(state.epoch.into(), &mut out);
    put_varint(state.floor.into(), &mut out);
    put(&state.opened_at.map(|at| (at.seconds(), at.nanoseconds())), &mut out)?;
    put_varint(state.dropped.runs() as u64, &mut out);
    let mut end = 0;
    for Span { first, last } in state.dropped.spans() {
        put_varint(first.get() - end, &mut out);
        put_varint(last.get() - first.get(), &mut out);
        end = last.get();
    }
    Ok(out)
}

/// What `bytes` say, which begin at this place in the object.
pub(super) fn decode(bytes: &[u8], at: usize) -> Result<CollectionState, ManifestError> {
    if bytes.is_empty() {
        return Ok(CollectionState::FIRST);
    }
    let mut reader = Reader::new(bytes, at);
    let mut state = CollectionState {
        epoch: reader.take(FIELD)?,
        floor: reader.take(FIELD)?,
        opened_at: reader.checked_option(
            FIELD,
            "its time has a second or more of nanoseconds",
            |(seconds, nanoseconds)| Timestamp::new(seconds, nanoseconds),
        )?,
        dropped: VersionSet::new(),
    };
    let runs = reader.count(FIELD, 2)?;
    let mut end = 0_u64;
    for _ in 0..runs {
        let (gap, more) = (reader.varint(FIELD)?, reader.varint(FIELD)?);
        let span = span(end, gap, more).filter(|span| state.dropped.push(*span));
        end = span.ok_or_else(|| reader.wrong(FIELD, "its runs of versions overlap"))?.last.get();
    }
    reader.finish(FIELD)?;
    match state.floor <= state.epoch && state != CollectionState::FIRST {
        true => Ok(state),
        false => Err(reader.wrong(FIELD, "its floor is above its epoch, or it says nothing")),
    }
}

/// The run that begins so far above `end` and has so many versions more.
fn span(end: u64, gap: u64, more: u64) -> Option<Span> {
    let first = end.checked_add(gap)?;
    Some(Span { first: Version::new(first)?, last: Version::new(first.checked_add(more)?)? })
}
