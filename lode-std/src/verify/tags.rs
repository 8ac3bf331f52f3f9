//! Examining the tags of a history.

use lode_core::Version;
use lode_core::collect::Tag;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::manifest::{ManifestError, SlotManifest};
use lode_core::verify::{Affected, Finding, Link, LinkState, Part, Problem, User};

use super::examination::{Examination, explain};
use crate::Error;
use crate::history::{Found, Slots};

impl<S: Slots> Examination<'_, S> {
    pub(super) async fn examine_tags(&mut self) -> Result<(), Error> {
        // Whatever lies there, for a collector reads all of it, and stops where it cannot.
        let folder = self.history.slots.tags();
        let keys = self.listed.keys().filter_map(|key| Key::new(key.as_str()).ok());
        let tags: Vec<_> = keys.filter(|key| key.is_below(folder.as_str())).collect();
        for key in tags {
            // One that is gone has been deleted meanwhile.
            let Some(bytes) = self.history.objects.read(&key).await? else { continue };
            self.report.tags += 1;
            let name = self.history.slots.parse_tag(key.as_str());
            if let Err(problem) = self.examine_tag(name.as_ref(), &key, &bytes).await? {
                let finding = Finding::new(key.as_str(), Part::Tag, problem);
                self.report(finding.affecting(name.map(Affected::tag).unwrap_or_default()));
            }
        }
        Ok(())
    }

    async fn examine_tag(
        &mut self,
        name: Option<&Id>,
        key: &Key,
        bytes: &[u8],
    ) -> Result<Result<(), Problem>, Error> {
        let parsed = Tag::decode(bytes).map_err(Problem::Invalid);
        let parsed =
            parsed.and_then(|tag| self.history.parse(key, tag.manifest, None).map_err(explain));
        let found = match parsed {
            Ok(found) => found,
            Err(problem) => return Ok(Err(problem)),
        };
        if let (Found::Live(live), Some(name)) = (&found, name) {
            self.enter(User::Tag(name), &live.manifest).await?;
        }
        Ok(self.check_tagged(found))
    }

    /// Whether it is a copy of what its slot holds.
    fn check_tagged(&self, found: Found<S::Manifest>) -> Result<(), Problem> {
        match found {
            Found::Live(live) => {
                let from = live.manifest.version();
                // A repair's tombstone may not know what was there.
                let slot = self.link(from).filter(|link| {
                    link.state == LinkState::Live
                        || (link.state == LinkState::Collected && link.is_ours)
                });
                match slot.is_some_and(|slot| slot.digest != live.digest) {
                    true => Err(Problem::Differs { from }),
                    false => Ok(()),
                }
            }
            Found::Absent | Found::Collected(_) => Err(Problem::Invalid(ManifestError::Field {
                field: "manifest".into(),
                reason: "it is a tombstone, which cannot be tagged".into(),
            })),
        }
    }

    fn link(&self, version: Version) -> Option<&Link> {
        let at = self.links.binary_search_by_key(&version, |link| link.version);
        at.ok().and_then(|at| self.links.get(at))
    }
}
