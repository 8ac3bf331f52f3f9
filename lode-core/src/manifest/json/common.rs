//! What the manifests of volumes and datasets have in common in JSON.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::str::FromStr;

use serde::Deserialize;

use super::writer::Object;
use super::wrong;
use crate::Version;
use crate::id::Id;
use crate::manifest::{
    CollectionState, CommitId, ManifestDigest, ManifestError, Metadata, Purpose, Record,
    SlotContent, SlotManifest, Span, Tombstone, VersionSet,
};
use crate::time::{Timestamp, ZonedTimestamp};

/// The version that is written; all of major version 1 are read.
pub(crate) const FORMAT: &str = "1.0.0";

/// How many bytes a manifest has without its content, its metadata and a long id.
const ENDS: usize = 400;

/// A text of a manifest, borrowed from its bytes where that is possible.
pub(super) type Text<'a> = Cow<'a, str>;

/// What manifests of volumes and those of datasets do not have in common there.
pub(super) struct Kind {
    /// What `schema_name` says.
    pub(super) schema: &'static str,
    /// What the id is called.
    pub(super) id_field: &'static str,
}

/// The fields that tell the place of a manifest in its history, as texts.
pub(super) struct Place<'a> {
    pub(super) kind: Kind,
    pub(super) schema_name: &'a str,
    pub(super) format_version: &'a str,
    pub(super) id: &'a str,
    pub(super) snapshot_id: &'a str,
    pub(super) created_at: Option<&'a str>,
    pub(super) parent_snapshot_id: Option<&'a str>,
    pub(super) commit_id: Option<&'a str>,
    pub(super) parent_digest: Option<&'a str>,
    pub(super) collected: Option<&'a str>,
    pub(super) record: Option<&'a str>,
    pub(super) state: &'a StateWire<'a>,
}

/// The fields that carry the state of collections. All are left out of the first one.
#[derive(Deserialize)]
pub(super) struct StateWire<'a> {
    #[serde(default)]
    epoch: u32,
    #[serde(borrow, default)]
    epoch_opened_at: Option<Text<'a>>,
    #[serde(default)]
    floor: u32,
    #[serde(default)]
    dropped: Vec<SpanWire>,
}

#[derive(Deserialize)]
struct SpanWire {
    first: u64,
    last: u64,
}

impl StateWire<'_> {
    fn parse(&self) -> Result<CollectionState, ManifestError> {
        let mut dropped = VersionSet::new();
        for (index, span) in self.dropped.iter().enumerate() {
            let ends = Version::new(span.first).zip(Version::new(span.last));
            let span = ends.map(|(first, last)| Span { first, last });
            if !span.is_some_and(|span| dropped.push(span)) {
                let field = format!("dropped[{index}]");
                return Err(wrong(field, "runs of versions are apart and ascending"));
            }
        }
        if self.floor > self.epoch {
            return Err(wrong("floor", format!("{} is above epoch {}", self.floor, self.epoch)));
        }
        let opened_at = self.epoch_opened_at.as_deref();
        let opened_at = opened_at.map(|text| parse_time("epoch_opened_at", text)).transpose()?;
        let (epoch, floor) = (self.epoch, self.floor);
        Ok(CollectionState { epoch, opened_at: opened_at.map(|zoned| zoned.at), floor, dropped })
    }
}

/// The same, checked.
pub(super) struct Placed {
    pub(super) id: Id,
    pub(super) version: Version,
    pub(super) created_at: Option<Timestamp>,
    pub(super) parent: Option<Version>,
    pub(super) commit_id: Option<CommitId>,
    pub(super) parent_digest: Option<ManifestDigest>,
    /// Marks a tombstone.
    pub(super) collected: Option<ManifestDigest>,
    /// Marks a record.
    pub(super) record: Option<Purpose>,
    pub(super) state: CollectionState,
}

impl Place<'_> {
    pub(super) fn parse(&self) -> Result<Placed, ManifestError> {
        let Kind { schema, id_field } = self.kind;
        check_schema(schema, self.schema_name, self.format_version)?;
        let created_at = self.created_at.map(|text| parse_time("created_at", text)).transpose()?;
        Ok(Placed {
            id: Id::existing(self.id).map_err(|e| wrong(id_field, e))?,
            version: self.snapshot_id.parse().map_err(|e| wrong("snapshot_id", e))?,
            created_at: created_at.map(|zoned| zoned.at),
            parent: parse("parent_snapshot_id", self.parent_snapshot_id)?,
            commit_id: parse("commit_id", self.commit_id)?,
            parent_digest: parse("parent_digest", self.parent_digest)?,
            collected: parse("collected", self.collected)?,
            record: parse("record", self.record)?,
            state: self.state.parse()?,
        })
    }
}

impl Placed {
    /// The place of what a slot holds.
    pub(super) fn of(manifest: &impl SlotManifest) -> Self {
        Self {
            id: manifest.id().clone(),
            version: manifest.version(),
            created_at: manifest.created_at(),
            parent: manifest.parent(),
            commit_id: manifest.commit_id(),
            parent_digest: manifest.parent_digest(),
            collected: None,
            record: None,
            state: manifest.state().clone(),
        }
    }

    /// The place of a tombstone.
    pub(super) fn of_tombstone(tombstone: &Tombstone) -> Self {
        Self { collected: Some(tombstone.digest), ..Self::of(tombstone) }
    }

    /// The place of a record.
    pub(super) fn of_record(record: &Record) -> Self {
        Self { record: Some(record.purpose), ..Self::of(record) }
    }

    /// The manifest that is there. `content` writes what comes between the two ends that all
    /// manifests have, and is given the room that it takes.
    pub(super) fn write(
        &self,
        kind: &Kind,
        metadata: &Metadata,
        extra: &Metadata,
        room: usize,
        content: impl FnOnce(&mut Object),
    ) -> Result<Vec<u8>, ManifestError> {
        let created_at = self.created_at.map(|at| format_time("created_at", at.into()));
        let created_at = created_at.transpose()?;
        let opened_at = self.state.opened_at;
        let opened_at =
            opened_at.map(|at| format_time("epoch_opened_at", at.into())).transpose()?;
        Object::write(ENDS + room, |object| {
            object.text("schema_name", kind.schema);
            object.text("format_version", FORMAT);
            object.text(kind.id_field, self.id.as_str());
            object.printed("snapshot_id", Some(self.version));
            object.printed("created_at", created_at);
            object.object("metadata", |object| object.values(metadata));
            content(object);
            object.printed("commit_id", self.commit_id);
            object.printed("parent_digest", self.parent_digest);
            object.printed("collected", self.collected);
            object.printed("record", self.record);
            self.write_state(opened_at, object);
            object.values(extra);
        })
    }

    fn write_state(&self, opened_at: Option<String>, object: &mut Object) {
        let state = &self.state;
        for (name, number) in [("epoch", state.epoch), ("floor", state.floor)] {
            if number > 0 {
                object.number(name, number.into());
            }
        }
        object.printed("epoch_opened_at", opened_at);
        if !state.dropped.is_empty() {
            object.list("dropped", state.dropped.spans(), |object, span| {
                object.number("first", span.first.get());
                object.number("last", span.last.get());
            });
        }
    }

    /// The tombstone or record that it is, if it is one. `content` names what it has that neither
    /// has.
    pub(super) fn without_content<M>(
        &self,
        total_length: Option<u64>,
        content: Option<&'static str>,
    ) -> Result<Option<SlotContent<M>>, ManifestError> {
        if let Some(tombstone) = self.tombstone(total_length, content)? {
            return Ok(Some(SlotContent::Collected(tombstone)));
        }
        let Some(purpose) = self.record else { return Ok(None) };
        if let Some(field) = content {
            return Err(wrong(field, "a record has none"));
        }
        Ok(Some(SlotContent::Record(Record {
            id: self.id.clone(),
            version: self.version,
            parent: self.parent,
            parent_digest: self.parent_digest,
            commit_id: self.commit_id,
            created_at: self.created_at,
            total_length,
            purpose,
            state: self.state.clone(),
        })))
    }

    /// The tombstone that it is, if it is one. `content` names what it has that no tombstone has.
    fn tombstone(
        &self,
        total_length: Option<u64>,
        content: Option<&'static str>,
    ) -> Result<Option<Tombstone>, ManifestError> {
        let Some(digest) = self.collected else { return Ok(None) };
        if let Some(field) = content {
            return Err(wrong(field, "a snapshot that has been collected has none"));
        }
        Ok(Some(Tombstone {
            id: self.id.clone(),
            version: self.version,
            parent: self.parent,
            parent_digest: self.parent_digest,
            commit_id: self.commit_id,
            digest,
            total_length,
            created_at: self.created_at,
        }))
    }
}

/// Checks that a text is of this schema, in a version of the format that can be read.
pub(crate) fn check_schema(
    schema: &str,
    found: &str,
    format_version: &str,
) -> Result<(), ManifestError> {
    if found != schema {
        return Err(wrong("schema_name", format!("{found:?} is not {schema:?}")));
    }
    match format_version.split('.').next() == FORMAT.split('.').next() {
        true => Ok(()),
        false => Err(ManifestError::Version { found: format_version.to_string() }),
    }
}

/// Checks that no field that is not known has the name of one that is.
pub(super) fn check_extra(extra: &Metadata, known: &[&str]) -> Result<(), ManifestError> {
    match extra.keys().find(|name| known.contains(&name.as_str())) {
        Some(field) => Err(ManifestError::Unrepresentable {
            field: field.clone(),
            reason: "a field that is not known has the name of one that is",
        }),
        None => Ok(()),
    }
}

/// The value that a text of an optional field prints.
pub(super) fn parse<T: FromStr>(field: &str, text: Option<&str>) -> Result<Option<T>, ManifestError>
where
    T::Err: ToString,
{
    text.map(|text| text.parse().map_err(|e: T::Err| wrong(field, e))).transpose()
}

/// A time in RFC 3339, with as many digits as it takes; in UTC as `Z`.
pub(super) fn format_time(field: &str, zoned: ZonedTimestamp) -> Result<String, ManifestError> {
    let text = || {
        let nanoseconds = i32::try_from(zoned.at.nanoseconds()).ok()?;
        let at = jiff::Timestamp::new(zoned.at.seconds(), nanoseconds).ok()?;
        Some(match zoned.offset {
            0 => at.to_string(),
            offset => {
                let offset = jiff::tz::Offset::from_seconds(offset).ok()?;
                at.display_with_offset(offset).to_string()
            }
        })
    };
    text().ok_or_else(|| ManifestError::Unrepresentable {
        field: field.to_string(),
        reason: "it lies outside of the years that RFC 3339 can write",
    })
}

/// What a text in RFC 3339 says.
pub(super) fn parse_time(field: &str, text: &str) -> Result<ZonedTimestamp, ManifestError> {
    const SECOND: i128 = 1_000_000_000;
    let parse = || {
        let nanoseconds = text.parse::<jiff::Timestamp>().ok()?.as_nanosecond();
        let seconds = i64::try_from(nanoseconds.div_euclid(SECOND)).ok()?;
        let at = Timestamp::new(seconds, u32::try_from(nanoseconds.rem_euclid(SECOND)).ok()?)?;
        let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
        let offset = pieces.to_numeric_offset().map_or(0, |offset| offset.seconds());
        Some(ZonedTimestamp { at, offset })
    };
    parse().ok_or_else(|| wrong(field, format!("{text:?} is no time in RFC 3339")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_back_to_the_nanosecond_and_in_their_zone() {
        for text in [
            "2026-11-22T20:46:28.392632392Z",
            "1969-12-31T23:59:59.5Z",
            "2026-01-01T00:00:00Z",
            "2026-01-02T05:04:05.678900001+02:00",
            "2026-01-02T05:04:05-11:30",
        ] {
            let zoned = parse_time("at", text).unwrap();
            assert_eq!(format_time("at", zoned).as_deref(), Ok(text));
        }
        let zoned = parse_time("at", "2026-01-01T02:00:00.000000001+02:00").unwrap();
        assert_eq!(zoned.at, Timestamp::new(1_767_225_600, 1).unwrap());
        for bad in ["", "yesterday", "2026-01-01", "2026-01-01T00:00:00"] {
            assert!(parse_time("at", bad).is_err(), "{bad}");
        }
        let never = Timestamp::new(i64::MAX, 0).unwrap().into();
        assert!(format_time("at", never).is_err());
    }
}
