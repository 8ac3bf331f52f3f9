//! Rehearsing: what a collection would do.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use lode_core::Version;
use lode_core::collect::{Retention, cut_off};
use lode_core::time::Timestamp;

use super::marks::Marks;
use super::sweeping::Fate;
use super::{Garbage, Keeper, Report};
use crate::Error;
use crate::history::{Found, Slots};
use crate::store::modified;

impl<S: Slots> Keeper<S> {
    /// What a collection would do now, object by object. Writes nothing, so the time is that of
    /// this handle's clock.
    pub(super) async fn rehearse(
        &self,
        rules: &Retention,
        mut watch: impl FnMut(Garbage),
    ) -> Result<Report, Error> {
        let now = self.options.clock.now().unwrap_or_default();
        let plan = self.plan(rules).await?;
        let drops: BTreeSet<_> = plan.drops().collect();
        let mut report = Report { buried: plan.drops().collect(), plan, ..Report::default() };
        let marks = self.mark_without(&drops, now).await?;
        let older_than = cut_off(now, self.grace_period);
        let mut listing = self.list_data()?;
        while let Some(meta) = listing.try_next().await? {
            let Some((key, fate)) = self.fate(&meta, marks.keys(), older_than) else { continue };
            match fate {
                Fate::Kept => report.kept.add(meta.size),
                Fate::Young => report.young.add(meta.size),
                Fate::Garbage => {
                    report.deleted.add(meta.size);
                    watch(Garbage { key, bytes: meta.size, modified: modified(&meta) });
                }
            }
        }
        Ok(report)
    }

    /// What would be marked if these versions were dropped.
    async fn mark_without(
        &self,
        drops: &BTreeSet<Version>,
        now: Timestamp,
    ) -> Result<Marks, Error> {
        let mut marks = Marks::new();
        let mut versions = self.history.versions_after(None).await?;
        versions.retain(|version| !drops.contains(version));
        let mut found = self.read_slots(versions);
        while let Some((_, slot)) = found.try_next().await? {
            if let Found::Live(live) = slot {
                marks.mark(&self.history, &live.manifest).await?;
            }
        }
        let mut tags = self.read_tags().await?;
        while let Some((_, tagged)) = tags.try_next().await? {
            if let Some(tagged) = tagged.filter(|tagged| !tagged.has_ended(now)) {
                marks.mark(&self.history, &tagged.live.manifest).await?;
            }
        }
        Ok(marks)
    }
}
