//! The shell of a writer: what can become of each action of its machine.

use lode_core::Version;
use lode_core::commit::{Action, Commit, Event, Look, Position, Seen, Sent, Slot};

use crate::setup::{Mistake, Paradigm, Setup};
use crate::state::State;
use crate::store::{Ids, Manifest, Request, number, version};
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
        Action::Create { version, .. } => {
            let prepared = world.writers.get(who).and_then(|writer| writer.prepared);
            let manifest = prepared.expect("what is sent was prepared");
            assert_eq!(manifest.version, number(version), "the machine sends what it prepared");
            creates(world, setup, manifest)
        }
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
    if let Some(writer) = world.writers.get(who)
        && world.is_expired(setup, position, writer.id, writer.receipts)
    {
        return vec![well(Event::Refused, Effect::Nothing)];
    }
    // A dataset's commits are told apart by their ids alone.
    let is_there = setup.paradigm == Paradigm::Volume && blocks & wanted == wanted;
    let event = if is_there { Event::AlreadyCommitted } else { Event::Prepared };
    vec![well(event, Effect::Nothing), badly(Event::Refused, Effect::Nothing)]
}

/// Everything that can become of the create of a slot.
pub(crate) fn creates(world: &World, setup: &Setup, manifest: Manifest) -> Vec<Reply<Event>> {
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
    let hint = world.store.hint.unwrap_or(1);
    match (mistake, event) {
        (Mistake::ExistsIsCreated, Event::Sent(Sent::Exists)) => Event::Sent(Sent::Created),
        (Mistake::UnknownIsRejected, Event::Sent(Sent::Unknown)) => Event::Sent(Sent::Rejected),
        (Mistake::ExistsIsAnothers, Event::Seen(Seen::Slot(Slot::Live { parent, .. })))
            if matches!(machine, Commit::Claiming(_)) =>
        {
            Event::Seen(Seen::Slot(Slot::Live { commit_id: None, parent }))
        }
        (Mistake::TrustsHint, Event::Seen(Seen::Slot(_)))
            if machine.action() == Action::Look(Look::Slot(version(hint)))
                && matches!(machine, Commit::Locating(_)) =>
        {
            Event::Seen(Seen::Slot(Slot::Live { commit_id: None, parent: None }))
        }
        _ => event,
    }
}

impl World {
    /// The rule for writers: whether one of these objects was staged in an epoch that the newest
    /// slot does not admit.
    pub(crate) fn is_expired(
        &self,
        setup: &Setup,
        position: Position,
        id: u8,
        receipts: Ids,
    ) -> bool {
        if let Some(Mistake::NoRule | Mistake::ManifestFirst | Mistake::ReusesName) = setup.mistake
        {
            return false;
        }
        let state = self.state_below(setup, position);
        let adds = receipts | 1 << id;
        let mut ids = (0..Ids::BITS as u8).filter(|id| adds & 1 << id != 0);
        ids.any(|id| !state.admits(self.epoch(id)))
    }

    /// The state that a snapshot continues: that of the newest slot.
    fn state_below(&self, setup: &Setup, position: Position) -> State {
        let slot = match setup.mistake {
            Some(Mistake::StateOfHead) => position.live,
            _ => position.slot,
        };
        self.state_of(slot.map(number))
    }

    /// Makes the manifest that a writer is going to send.
    pub(crate) fn prepare(
        &mut self,
        setup: &Setup,
        who: usize,
        position: Position,
        version: Version,
        opens: bool,
    ) {
        let state = self.state_below(setup, position).continued(opens);
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
            objects: inherited | writer.receipts | 1 << writer.id,
            state,
            is_record: false,
        };
        writer.prepared = Some(match writer.prepared {
            Some(old) if setup.mistake == Some(Mistake::KeepsManifest) => {
                Manifest { version: fresh.version, parent: fresh.parent, ..old }
            }
            _ => fresh,
        });
        // What may be gone is staged again under its old name.
        if setup.mistake == Some(Mistake::ReusesName) {
            self.store.apply(Request::Put(fresh.id));
        }
    }

    /// What a writer does, or says, before a reply reaches it.
    pub(crate) fn send(&mut self, setup: &Setup, who: usize, effect: Effect) {
        let request = match effect {
            Effect::Nothing => None,
            Effect::Apply(request) | Effect::Send(request) | Effect::Both(request) => Some(request),
        };
        if let Some(Request::Create(_)) = request {
            self.attempted |= self.wanted(setup, who).unwrap_or_default();
        }
        self.carry_out(effect);
    }
}
