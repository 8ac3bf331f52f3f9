//! Examining the tags of a history.

use lode_core::Version;
use lode_core::collect::Tag;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::manifest::{ManifestError, SlotManifest};
use lode_core::verify::{Affected, Finding, Link, LinkState, Part, Problem, User};

use super::evidence::{Proof, inspect};
use super::examination::{Examination, explain};
use crate::Error;
use crate::history::{Found, Slots, Tagged};

impl<S: Slots> Examination<'_, S> {
    pub(super) async fn examine_tags(&mut self) -> Result<(), Error> {
        let tag = |key: &String| {
            let name = self.history.slots.parse_tag(key)?;
            Some((self.history.slots.tag(&name), name))
        };
        let tags: Vec<_> = self.listing.objects.keys().filter_map(tag).collect();
        for (key, name) in tags {
            let affected = Affected::tag(name.clone());
            let problem = match self.look_at_tag(&key).await {
                // It has been deleted meanwhile.
                Ok(Proof::Absent) => continue,
                Ok(Proof::Sound(tagged)) => self.examine_tag(&name, &key, tagged).await?,
                Ok(Proof::Damaged(problem, _)) => Ok(Some(problem)),
                Err(error) => Err(error),
            };
            self.report.tags += 1;
            match problem {
                Ok(None) => {}
                Ok(Some(problem)) => {
                    let finding = Finding::new(key.as_str(), Part::Tag, problem);
                    self.report(finding.affecting(affected));
                }
                Err(error) => self.miss(&key, Part::Tag, &error, affected),
            }
        }
        Ok(())
    }

    pub(super) async fn look_at_tag(&self, key: &Key) -> Result<Proof<Tagged<S::Manifest>>, Error> {
        let judge = |bytes: &[u8]| {
            let tag = Tag::decode(bytes).map_err(Problem::Invalid)?;
            match self.history.parse(key, tag.manifest, None).map_err(explain)? {
                Found::Live(live) => Ok(Tagged { end: tag.end, live }),
                _ => Err(Problem::Invalid(ManifestError::Field {
                    field: "manifest".into(),
                    reason: "it is a tombstone, which cannot be tagged".into(),
                })),
            }
        };
        inspect(&self.history.objects, key, judge).await
    }

    /// Enters what a tag keeps, and compares it with what its slot holds.
    async fn examine_tag(
        &mut self,
        name: &Id,
        key: &Key,
        tagged: Tagged<S::Manifest>,
    ) -> Result<Result<Option<Problem>, Error>, Error> {
        // A lease that has ended keeps nothing: its data may be swept before it is.
        let now = self.options.clock.now().unwrap_or_default();
        if !tagged.has_ended(now) {
            self.enter(User::Tag(name), &tagged.live.manifest).await?;
        }
        let from = tagged.live.manifest.version();
        // A repair's tombstone may not know what was there.
        let is_known = |link: &&Link| {
            link.state == LinkState::Live || (link.state == LinkState::Collected && link.is_ours)
        };
        let slot = self.link(from).filter(is_known);
        Ok(match slot.is_some_and(|slot| slot.digest != tagged.live.digest) {
            true => self.compare_again(key, from, &tagged).await,
            false => Ok(None),
        })
    }

    /// A tag that is no copy of its slot: both are read again.
    async fn compare_again(
        &self,
        key: &Key,
        from: Version,
        before: &Tagged<S::Manifest>,
    ) -> Result<Option<Problem>, Error> {
        match self.look_at_tag(key).await? {
            Proof::Absent => return Ok(None),
            Proof::Sound(now) if now.live.digest == before.live.digest => {}
            Proof::Sound(_) | Proof::Damaged(..) => return Err(Error::unsettled(key)),
        }
        let slot = self.look_at(from).await?;
        let differs = slot.is_some_and(|slot| slot.digest != before.live.digest);
        let is_settled = self.link(from) == slot.as_ref();
        match (differs, is_settled) {
            (false, _) => Ok(None),
            (true, true) => Ok(Some(Problem::Differs { from })),
            (true, false) => Err(Error::unsettled(&self.history.slots.slot(from))),
        }
    }
}
