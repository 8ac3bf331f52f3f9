//! Evidence: what several looks at an object prove.

use std::time::Duration;

use bytes::Bytes;
use lode_core::key::Key;
use lode_core::manifest::ManifestDigest;
use lode_core::verify::Problem;

use crate::Error;
use crate::store::Objects;

/// How many times an object is read until two readings agree.
const READS: usize = 4;
/// How long it is waited between looks at what writers overwrite: the hint, and index entries. A
/// writer is done with them within a few round trips after its commit.
pub(super) const PAUSES: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(100), Duration::from_millis(200)];

/// What has been proved about an object.
pub(super) enum Proof<T> {
    /// The store says twice that it is not there.
    Absent,
    /// It was read twice with the same bytes, and they are wrong.
    Damaged(Problem, Bytes),
    /// It is there, and makes sense.
    Sound(T),
}

/// Reads an object as a whole, and again if `judge` finds a problem with it or it is not there.
/// Costs one read; two to four where something is wrong.
///
/// # Errors
///
/// Whatever the store reports, also that it hands out other bytes each time: nothing is proved.
pub(super) async fn inspect<T>(
    objects: &Objects,
    key: &Key,
    judge: impl Fn(&[u8]) -> Result<T, Problem>,
) -> Result<Proof<T>, Error> {
    let mut before = None;
    for _ in 0..READS {
        let now = objects.read(key).await?;
        let judged = now.as_deref().map(&judge).transpose();
        match judged {
            Ok(Some(sound)) => return Ok(Proof::Sound(sound)),
            Ok(None) if before == Some(None) => return Ok(Proof::Absent),
            Err(problem) if before.as_ref() == Some(&now) => {
                return Ok(Proof::Damaged(problem, now.unwrap_or_default()));
            }
            Ok(None) | Err(_) => before = Some(now),
        }
    }
    Err(Error::unsettled(key))
}

/// By which manifests are told apart.
pub(super) fn digest_of(bytes: &[u8]) -> ManifestDigest {
    ManifestDigest::Blake3(*blake3::hash(bytes).as_bytes())
}
