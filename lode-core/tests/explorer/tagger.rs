//! The shell of one who takes tags.

use lode_core::collect::{TagAction, TagEvent, TagOutcome, Tagging};
use lode_core::commit::{Seen, Slot};

use crate::setup::{Mistake, Setup};
use crate::store::{Ids, Request, Tag};
use crate::world::{Broken, Effect, Reply, World, badly, well};

/// How many uncertain answers it puts up with.
const PATIENCE: u32 = 1;

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Tagger {
    /// How many more tags it will try to take.
    left: u8,
    /// Which one it is at.
    count: u8,
    /// What it is doing: the version that it tags, and what its manifest refers to.
    doing: Option<(Tagging, u8, Ids)>,
}

impl Tagger {
    pub(crate) fn new(setup: &Setup) -> Self {
        Self { left: setup.tags, count: 0, doing: None }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.doing.is_none() && self.left == 0
    }

    pub(crate) fn is_tagging(&self) -> bool {
        self.doing.is_some()
    }

    /// See [`crate::writer::Writer::is_by_itself`].
    pub(crate) fn is_by_itself(&self) -> bool {
        self.doing
            .is_some_and(|(tagging, ..)| matches!(tagging.action(), TagAction::BackOff { .. }))
    }

    /// The name of its tag: every one another, as long as it does it right.
    fn name(&self, setup: &Setup) -> u8 {
        if setup.mistake == Some(Mistake::ReusesTag) { 0 } else { self.count - 1 }
    }

    /// Everything that can become of its next request.
    pub(crate) fn replies(&self, world: &World, setup: &Setup) -> Vec<Reply<TagEvent>> {
        let Some((machine, version, objects)) = self.doing else { return Vec::new() };
        let name = self.name(setup);
        let there = world.store.tag(name);
        match machine.action() {
            TagAction::Write { .. } => {
                let tag = Tag { nonce: self.count, objects, confirmed: false };
                writes(Request::Tag { name, tag }, there.is_some())
            }
            TagAction::BackOff { .. } => vec![well(TagEvent::Waited, Effect::Nothing)],
            TagAction::Compare => {
                let event = match there {
                    Some(tag) if tag.nonce == self.count => TagEvent::Ours,
                    Some(_) => TagEvent::Anothers,
                    None => TagEvent::Gone,
                };
                let events = [TagEvent::Gone, TagEvent::Unknown];
                let bad = events.map(|event| badly(event, Effect::Nothing));
                [vec![well(event, Effect::Nothing)], bad.to_vec()].concat()
            }
            TagAction::Confirm => {
                let seen = match setup.mistake {
                    Some(Mistake::TrustsTag) => Slot::Live { commit_id: None, parent: None },
                    _ => world.store.see_slot(version),
                };
                let failed = TagEvent::Seen(Seen::Failed);
                let seen = TagEvent::Seen(Seen::Slot(seen));
                vec![well(seen, Effect::Nothing), badly(failed, Effect::Nothing)]
            }
            TagAction::Withdraw => withdraws(Request::Untag { name }),
            action => panic!("no machine waits for {action:?}"),
        }
    }
}

fn writes(request: Request, taken: bool) -> Vec<Reply<TagEvent>> {
    if taken {
        return vec![
            well(TagEvent::Exists, Effect::Nothing),
            badly(TagEvent::Rejected, Effect::Nothing),
            badly(TagEvent::Unknown, Effect::Nothing),
        ];
    }
    vec![
        well(TagEvent::Created, Effect::Apply(request)),
        badly(TagEvent::Exists, Effect::Apply(request)),
        badly(TagEvent::Unknown, Effect::Apply(request)),
        badly(TagEvent::Unknown, Effect::Nothing),
        badly(TagEvent::Unknown, Effect::Send(request)),
        badly(TagEvent::Rejected, Effect::Nothing),
    ]
}

fn withdraws(request: Request) -> Vec<Reply<TagEvent>> {
    vec![
        well(TagEvent::Deleted(true), Effect::Apply(request)),
        badly(TagEvent::Deleted(true), Effect::Both(request)),
        badly(TagEvent::Deleted(false), Effect::Apply(request)),
        badly(TagEvent::Deleted(false), Effect::Nothing),
        badly(TagEvent::Deleted(false), Effect::Send(request)),
    ]
}

impl World {
    /// Reads a live manifest, and begins to tag it.
    pub(crate) fn begin_tagging(&mut self, version: u8, objects: Ids) {
        let (machine, _) = Tagging::start(PATIENCE);
        let Tagger { left, count, .. } = self.tagger;
        self.tagger =
            Tagger { left: left - 1, count: count + 1, doing: Some((machine, version, objects)) };
    }

    /// The versions that could be tagged now, and what they refer to.
    pub(crate) fn taggable(&self) -> Vec<(u8, Ids)> {
        if self.tagger.is_tagging() || self.tagger.left == 0 {
            return Vec::new();
        }
        self.store.live().map(|live| (live.version, live.objects)).collect()
    }

    /// Takes what became of a request; how tagging has ended.
    pub(crate) fn tag(
        &mut self,
        setup: &Setup,
        event: TagEvent,
    ) -> Result<Option<TagOutcome>, Broken> {
        let Some((machine, version, objects)) = self.tagger.doing else { return Ok(None) };
        let (machine, action) = machine.on(event);
        self.tagger.doing = Some((machine, version, objects));
        let TagAction::Done(outcome) = action else { return Ok(None) };
        if outcome == TagOutcome::Confirmed {
            self.store.confirm(self.tagger.name(setup), self.tagger.count)?;
        }
        self.tagger.doing = None;
        Ok(Some(outcome))
    }

    /// The process ends in the middle of things.
    pub(crate) fn stop_tagging(&mut self) {
        self.tagger.doing = None;
    }
}
