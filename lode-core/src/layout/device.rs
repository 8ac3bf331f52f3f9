//! The keys of a volume on the medium of the device that wrote it.

use crate::Version;
use crate::key::Key;
use crate::manifest::BlockName;
use crate::store::{Name, ObjectKind};

/// The hint that each commit writes. It is the name of a manifest, not a number as on hosts.
pub(super) fn hint() -> Key {
    Key::from(Name::HINT)
}

/// The slot of a version, if a device can have it.
pub(super) fn slot(version: Version) -> Option<Key> {
    Name::new(ObjectKind::Manifest, version.get()).map(Key::from)
}

/// The version whose slot this key is.
pub(super) fn parse_slot(key: &str) -> Option<Version> {
    match Name::parse(key.as_bytes())? {
        (ObjectKind::Manifest, version) => Version::new(version),
        _ => None,
    }
}

/// The object that holds the bytes of a block, if a device can have named it so.
pub(super) fn block(name: &BlockName) -> Option<Key> {
    match name {
        BlockName::Written { writer: 0, suffix } => {
            Name::new(ObjectKind::Block, *suffix).map(Key::from)
        }
        _ => None,
    }
}
