//! Rehearsing: what a collection would do.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use lode_core::collect::{Fate, Retention};

use super::marks::Marks;
use super::{Garbage, Keeper, Report};
use crate::Error;
use crate::history::Slots;
use crate::store::modified;

impl<S: Slots> Keeper<S> {
    /// What a collection would do now, object by object. Writes nothing.
    pub(super) async fn rehearse(
        &self,
        rules: &Retention,
        mut watch: impl FnMut(Garbage),
    ) -> Result<Report, Error> {
        let head = self.history.refresh_head().await?;
        let plan = self.plan(rules).await?;
        let drops: BTreeSet<_> = plan.drops().collect();
        let mut report =
            Report { buried: drops.iter().copied().collect(), plan, ..Report::default() };
        let mut marks = Marks::new();
        self.mark_slots(&mut marks, None, &drops).await?;
        self.mark_tags(&mut marks).await?;
        let survey = self.survey(&mut marks, &head.state).await?;
        let floor = head.state.collected(drops, survey.spare, None).floor;
        let old = self.old_before();
        let mut listing = self.list_data()?;
        while let Some(meta) = listing.try_next().await? {
            let Some((key, fate)) = self.fate(&meta, &marks, old, floor) else { continue };
            match fate {
                Fate::Kept => report.kept.add(meta.size),
                Fate::Staged => report.young.add(meta.size),
                Fate::Garbage if !marks.keys().knows_folder(&key) => report.left.add(meta.size),
                Fate::Garbage => {
                    report.deleted.add(meta.size);
                    watch(Garbage { key, bytes: meta.size, modified: modified(&meta) });
                }
            }
        }
        Ok(report)
    }
}
