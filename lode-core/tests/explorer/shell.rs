//! The shell of a writer: what can become of each action of its machine.

use lode_core::Version;
use lode_core::commit::{Action, Commit, Event, Look, Position, Seen, Sent, Slot};

use crate::setup::{Mistake, Paradigm, Setup};
use crate::store::{Manifest, Request, number};
use crate::world::{Effect, Reply, World, badly, well};
use crate::writer::Doing;

/// Everything that can become of the pending action of a writer.
pub(crate) fn replies(world: &World, setup: &Setup, who: usize) -> Vec<Reply<Event>> {
    let Some(Doing::Running(machine)) = world.writers.get(who).map(|writer| writer.doing) else {
        return Vec::new();
    };
    let mut replies = match machine.action() {
        Action::Look(look) => looks(world, machine, look),
        Action::Prepare { position, .. } => prepares(world, setup, who, position),
        Action::Create { version, .. } => creates(world, setup, who, version),
        Action::BackOff { .. } => vec![well(Event::Waited, Effect::Nothing)],
        Action::WriteHint { version } => hints(number(version)),
        action => panic!("no machine waits for {action:?}"),
    };
    replies.iter_mut().for_each(|reply| reply.event = bend(reply.event, world, setup, machine));
    replies
}

fn looks(world: &World, machine: Commit, look: Look) -> Vec<Reply<Event>> {
    let seen = world.store.see(look);
    let mut replies = vec![
        well(Event::Seen(seen), Effect::Nothing),
        badly(Event::Seen(Seen::Failed), Effect::Nothing),
    ];
    // A store that is behind itself: "exists", and then "not found".
    if matches!(machine, Commit::Claiming(_)) && seen != Seen::Slot(Slot::Absent) {
        replies.push(badly(Event::Seen(Seen::Slot(Slot::Absent)), Effect::Nothing));
    }
    replies
}

fn prepares(world: &World, setup: &Setup, who: usize, position: Position) -> Vec<Reply<Event>> {
    let wanted = world.wanted(setup, who).unwrap_or_default();
    let (blocks, _) = world.found_at(position);
    // A dataset's commits are told apart by their ids alone.
    let is_there = setup.paradigm == Paradigm::Volume && blocks & wanted == wanted;
    let event = if is_there { Event::AlreadyCommitted } else { Event::Prepared };
    vec![well(event, Effect::Nothing), badly(Event::Refused, Effect::Nothing)]
}

fn creates(world: &World, setup: &Setup, who: usize, version: Version) -> Vec<Reply<Event>> {
    let prepared = world.writers.get(who).and_then(|writer| writer.prepared);
    let manifest = prepared.expect("what is sent was prepared");
    assert_eq!(manifest.version, number(version), "the machine sends what it prepared");
    if !is_ready(world, setup, manifest.id) {
        return vec![well(Event::Sent(Sent::Rejected), Effect::Nothing)];
    }
    let request = Request::Create(manifest);
    let create = Effect::Apply(request);
    if world.store.get(manifest.version).is_some() && setup.conditions {
        return vec![
            well(Event::Sent(Sent::Exists), Effect::Nothing),
            badly(Event::Sent(Sent::Rejected), Effect::Nothing),
            badly(Event::Sent(Sent::Unknown), Effect::Nothing),
        ];
    }
    vec![
        well(Event::Sent(Sent::Created), create),
        // A client repeats the request on its own, and the repetition finds the first one's work.
        badly(Event::Sent(Sent::Exists), create),
        badly(Event::Sent(Sent::Unknown), create),
        badly(Event::Sent(Sent::Unknown), Effect::Nothing),
        badly(Event::Sent(Sent::Unknown), Effect::Send(request)),
        badly(Event::Sent(Sent::Rejected), Effect::Nothing),
    ]
}

/// Whether what was staged may still be committed.
fn is_ready(world: &World, setup: &Setup, id: u8) -> bool {
    let objects = &world.store.objects;
    match setup.mistake {
        Some(Mistake::NeverExpires | Mistake::ManifestFirst) => true,
        // What is gone is staged again before the request is sent.
        Some(Mistake::ReusesName) => objects.is_fresh(id) || objects.all() & (1 << id) == 0,
        _ => objects.is_fresh(id),
    }
}

fn hints(version: u8) -> Vec<Reply<Event>> {
    let request = Request::Hint(version);
    vec![
        well(Event::Hinted(true), Effect::Apply(request)),
        badly(Event::Hinted(false), Effect::Apply(request)),
        badly(Event::Hinted(false), Effect::Nothing),
        badly(Event::Hinted(false), Effect::Send(request)),
    ]
}

/// What a shell that makes a mistake takes for what it was told.
fn bend(event: Event, world: &World, setup: &Setup, machine: Commit) -> Event {
    let Some(mistake) = setup.mistake else { return event };
    match (mistake, event) {
        (Mistake::ExistsIsCreated, Event::Sent(Sent::Exists)) => Event::Sent(Sent::Created),
        (Mistake::UnknownIsRejected, Event::Sent(Sent::Unknown)) => Event::Sent(Sent::Rejected),
        (Mistake::ExistsIsAnothers, Event::Seen(Seen::Slot(Slot::Live { parent, .. })))
            if matches!(machine, Commit::Claiming(_)) =>
        {
            Event::Seen(Seen::Slot(Slot::Live { commit_id: None, parent }))
        }
        (Mistake::TrustsHint, Event::Seen(Seen::Listed(_))) => {
            Event::Seen(Seen::Listed(Default::default()))
        }
        (Mistake::TrustsHint, Event::Seen(Seen::Slot(_)))
            if matches!(machine, Commit::Locating(_)) && world.store.hint.is_some() =>
        {
            Event::Seen(Seen::Slot(Slot::Live { commit_id: None, parent: None }))
        }
        _ => event,
    }
}

impl World {
    /// Makes the manifest that a writer is going to send.
    pub(crate) fn prepare(
        &mut self,
        setup: &Setup,
        who: usize,
        position: Position,
        version: Version,
    ) {
        let wanted = self.wanted(setup, who).unwrap_or_default();
        let (mut blocks, mut objects) = self.found_at(position);
        if setup.mistake == Some(Mistake::ForgetsHead) {
            (blocks, objects) = (0, 0);
        }
        let writer = self.writer(who);
        let inherited = if setup.paradigm == Paradigm::Volume { objects } else { 0 };
        let fresh = Manifest {
            id: writer.id,
            version: number(version),
            parent: position.live.map(number),
            blocks: blocks | wanted,
            objects: inherited | 1 << writer.id,
        };
        writer.prepared = Some(match writer.prepared {
            Some(old) if setup.mistake == Some(Mistake::KeepsManifest) => {
                Manifest { version: fresh.version, parent: fresh.parent, ..old }
            }
            _ => fresh,
        });
    }

    /// What a writer does, or says, before a reply reaches it.
    pub(crate) fn send(&mut self, setup: &Setup, who: usize, effect: Effect) {
        let request = match effect {
            Effect::Nothing => None,
            Effect::Apply(request) | Effect::Send(request) | Effect::Both(request) => Some(request),
        };
        if let Some(Request::Create(manifest)) = request {
            self.attempted |= self.wanted(setup, who).unwrap_or_default();
            if setup.mistake == Some(Mistake::ReusesName) {
                self.store.objects.create(manifest.id);
            }
        }
        self.carry_out(effect);
    }
}
