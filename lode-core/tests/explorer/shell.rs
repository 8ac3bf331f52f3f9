//! Shells: they carry out the actions of a machine. One does it right, the others show that the
//! explorer notices.

use lode_core::Version;
use lode_core::commit::{Action, Commit, Event, Look, Position, Seen, Sent, Slot};

use crate::store::{Flight, Manifest, number};
use crate::world::{Doing, Setup, World};

/// How a shell behaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shell {
    Right,
    /// Takes "already exists" for "created".
    ExistsIsCreated,
    /// Builds on the head without its blocks.
    ForgetsHead,
    /// Sends what it prepared first, even after another commit has come between.
    KeepsManifest,
    /// Believes the hint, and looks at nothing else.
    TrustsHint,
    /// Acknowledges a commit whose outcome is unknown.
    UnknownIsDone,
    /// Takes a broken connection for a refusal.
    UnknownIsRejected,
}

/// What becomes of an action.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply {
    pub(crate) event: Event,
    pub(crate) effect: Effect,
    /// Whether something went wrong.
    pub(crate) fault: bool,
}

/// What an action changes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    Nothing,
    Create(Manifest),
    Hint(u8),
    Prepare(Manifest),
    Send(Flight),
}

fn well(event: Event, effect: Effect) -> Reply {
    Reply { event, effect, fault: false }
}

fn badly(event: Event, effect: Effect) -> Reply {
    Reply { event, effect, fault: true }
}

/// Everything that can become of the pending action of a writer.
pub(crate) fn replies(world: &World, setup: &Setup, who: usize) -> Vec<Reply> {
    let Some(Doing::Running(machine)) = world.writers.get(who).map(|writer| writer.doing) else {
        return Vec::new();
    };
    let mut replies = match machine.action() {
        Action::Look(look) => looks(world, machine, look),
        Action::Prepare { position, version } => prepares(world, setup, who, position, version),
        Action::Create { version, .. } => creates(world, setup, who, version),
        Action::BackOff { .. } => vec![well(Event::Waited, Effect::Nothing)],
        Action::WriteHint { version } => hints(number(version)),
        action => panic!("no machine waits for {action:?}"),
    };
    replies.iter_mut().for_each(|reply| reply.event = bend(reply.event, world, setup, machine));
    replies
}

fn looks(world: &World, machine: Commit, look: Look) -> Vec<Reply> {
    let seen = world.store.see(look);
    let mut replies = vec![
        well(Event::Seen(seen), Effect::Nothing),
        badly(Event::Seen(Seen::Failed), Effect::Nothing),
    ];
    // A store that is behind itself: "exists", and then "not found".
    if matches!(machine, Commit::Classifying(_)) && seen != Seen::Slot(Slot::Absent) {
        replies.push(badly(Event::Seen(Seen::Slot(Slot::Absent)), Effect::Nothing));
    }
    replies
}

fn prepares(
    world: &World,
    setup: &Setup,
    who: usize,
    position: Position,
    version: Version,
) -> Vec<Reply> {
    let refused = badly(Event::Refused, Effect::Nothing);
    let Some(writer) = world.writers.get(who) else { return Vec::new() };
    let wanted = world.wanted(setup, who).unwrap_or_default();
    let head = world.blocks_at(position);
    if head & wanted == wanted {
        return vec![well(Event::AlreadyCommitted, Effect::Nothing), refused];
    }
    let inherited = if setup.shell == Shell::ForgetsHead { 0 } else { head };
    let fresh = Manifest {
        id: writer.id,
        version: number(version),
        parent: position.live.map(number),
        blocks: inherited | wanted,
    };
    let manifest = match writer.prepared {
        Some(old) if setup.shell == Shell::KeepsManifest => {
            Manifest { version: fresh.version, parent: fresh.parent, ..old }
        }
        _ => fresh,
    };
    vec![well(Event::Prepared, Effect::Prepare(manifest)), refused]
}

fn creates(world: &World, setup: &Setup, who: usize, version: Version) -> Vec<Reply> {
    let prepared = world.writers.get(who).and_then(|writer| writer.prepared);
    let manifest = prepared.expect("what is sent was prepared");
    assert_eq!(manifest.version, number(version), "the machine sends what it prepared");
    let create = Effect::Create(manifest);
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
        badly(Event::Sent(Sent::Unknown), Effect::Send(Flight::Create(manifest))),
        badly(Event::Sent(Sent::Rejected), Effect::Nothing),
    ]
}

fn hints(version: u8) -> Vec<Reply> {
    vec![
        well(Event::Hinted(true), Effect::Hint(version)),
        badly(Event::Hinted(false), Effect::Hint(version)),
        badly(Event::Hinted(false), Effect::Nothing),
        badly(Event::Hinted(false), Effect::Send(Flight::Hint(version))),
    ]
}

/// What a shell that is not right makes of what it was told.
fn bend(event: Event, world: &World, setup: &Setup, machine: Commit) -> Event {
    match (setup.shell, event) {
        (Shell::ExistsIsCreated, Event::Sent(Sent::Exists)) => Event::Sent(Sent::Created),
        (Shell::UnknownIsRejected, Event::Sent(Sent::Unknown)) => Event::Sent(Sent::Rejected),
        (Shell::TrustsHint, Event::Seen(Seen::Listed(_))) => {
            Event::Seen(Seen::Listed(Default::default()))
        }
        (Shell::TrustsHint, Event::Seen(Seen::Slot(_)))
            if matches!(machine, Commit::Locating(_)) && world.store.hint.is_some() =>
        {
            Event::Seen(Seen::Slot(Slot::Live { commit_id: None, parent: None }))
        }
        _ => event,
    }
}

impl World {
    /// Carries out what a reply says about the world.
    pub(crate) fn apply(&mut self, setup: &Setup, who: usize, effect: Effect) {
        let wanted = self.wanted(setup, who).unwrap_or_default();
        match effect {
            Effect::Nothing => {}
            Effect::Create(manifest) => {
                self.attempted |= wanted;
                self.store.create(manifest, setup.conditions);
            }
            Effect::Send(flight) => {
                self.attempted |= wanted;
                self.store.send(flight);
            }
            Effect::Hint(version) => self.store.hint = Some(version),
            Effect::Prepare(manifest) => self.writer(who).prepared = Some(manifest),
        }
    }
}
