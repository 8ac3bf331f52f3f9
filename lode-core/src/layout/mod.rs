//! Where everything lies in a host's store.
//!
//! ```text
//! volumes/<id>/volume.json                             descriptor
//! volumes/<id>/snapshots/<version>/manifest.lode|json  the slot; its presence is the commit
//! volumes/<id>/data/<offset>-<length>-<writer>.bin     block bytes
//! volumes/<id>/latest                                  hint: newest version, plain text
//! ```

mod volume;

pub use self::volume::VolumeLayout;
