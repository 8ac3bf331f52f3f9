//! The shell of one who takes tags.

use lode_core::collect::{TagAction, TagEvent, TagOutcome, Tagging};
use lode_core::commit::{Density, Look, Resolution, Resolve, ResolveStep, Seen};

use crate::setup::{Mistake, Setup};
use crate::store::{Ids, Request, Tag, number};
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
    /// How far it has come in finding the head.
    search: Option<(Resolve, Look)>,
}

/// What becomes of a request of a tagger.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// What it has asked for.
    Tag(TagEvent),
    /// A look on the way to the head.
    Seen(Seen),
}

impl Tagger {
    pub(crate) fn new(setup: &Setup) -> Self {
        Self { left: setup.tags, count: 0, doing: None, search: None }
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
    pub(crate) fn replies(&self, world: &World, setup: &Setup) -> Vec<Reply<Answer>> {
        if let Some((_, look)) = self.search {
            let seen = Answer::Seen(world.store.see(look));
            let failed = Answer::Seen(Seen::Failed);
            return vec![well(seen, Effect::Nothing), badly(failed, Effect::Nothing)];
        }
        let answer =
            |Reply { event, effect, fault }| Reply { event: Answer::Tag(event), effect, fault };
        self.requests(world, setup).into_iter().map(answer).collect()
    }

    fn requests(&self, world: &World, setup: &Setup) -> Vec<Reply<TagEvent>> {
        let Some((machine, version, objects)) = self.doing else { return Vec::new() };
        let name = self.name(setup);
        let there = world.store.tag(name);
        match machine.action() {
            TagAction::Write { .. } => {
                let tag = Tag { nonce: self.count, version, objects, confirmed: false };
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
        let doing = Some((machine, version, objects));
        self.tagger = Tagger { left: left - 1, count: count + 1, doing, search: None };
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
        answer: Answer,
    ) -> Result<Option<TagOutcome>, Broken> {
        let Some((machine, version, objects)) = self.tagger.doing else { return Ok(None) };
        let event = match answer {
            Answer::Tag(event) => Some(event),
            Answer::Seen(seen) => self.search_on(seen, version),
        };
        let Some(event) = event else { return Ok(None) };
        let (machine, action) = machine.on(event);
        self.tagger.doing = Some((machine, version, objects));
        if action == TagAction::Confirm {
            if setup.mistake == Some(Mistake::TrustsTag) {
                return self.tag(setup, Answer::Tag(TagEvent::Dropped(false)));
            }
            self.tagger.search = Some(Resolve::cold(Density::Dense));
        }
        let TagAction::Done(outcome) = action else { return Ok(None) };
        if outcome == TagOutcome::Confirmed {
            self.store.confirm(self.tagger.name(setup), self.tagger.count)?;
        }
        self.tagger.doing = None;
        Ok(Some(outcome))
    }

    /// Goes on to look for the head, and for the version in its dropped set.
    fn search_on(&mut self, seen: Seen, version: u8) -> Option<TagEvent> {
        let (search, _) = self.tagger.search?;
        self.tagger.search = None;
        match search.on(seen) {
            ResolveStep::Look(search, look) => {
                self.tagger.search = Some((search, look));
                None
            }
            ResolveStep::Done(Resolution::At(position)) => {
                let state = self.state_of(position.slot.map(number));
                Some(TagEvent::Dropped(state.has_dropped(version)))
            }
            ResolveStep::Done(_) => Some(TagEvent::Unknown),
        }
    }

    /// The process ends in the middle of things.
    pub(crate) fn stop_tagging(&mut self) {
        (self.tagger.doing, self.tagger.search) = (None, None);
    }
}
