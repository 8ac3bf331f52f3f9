//! The commit protocol, as machines without I/O.
//!
//! A machine owns no store, no clock and no randomness. It hands out one action at a time, and is
//! told by an event what became of it; it allocates nothing and can be copied, compared and
//! hashed, so every path through it can be walked exhaustively. A shell is a loop:
//!
//! ```text
//! let (mut machine, mut action) = Commit::start(commit_id, rules, head);
//! loop {
//!     let event = match action {
//!         Action::Look(look)   => …read the hint, list, or read a slot…,
//!         Action::Prepare { .. } => …make the manifest of this version…,
//!         Action::Create { .. } => …create its slot, if it is absent…,
//!         Action::BackOff { .. } => …wait…,
//!         Action::WriteHint { .. } => …overwrite the hint…,
//!         Action::Done(outcome) => break outcome,
//!     };
//!     (machine, action) = machine.on(event);
//! }
//! ```
//!
//! An event that does not answer the action asked for is ignored, and the action is asked for
//! again.
//!
//! # The protocol
//!
//! Each version is a *slot*: one key, written once by create-if-absent and never freed again.
//!
//! ```text
//!            ┌──────────┐ head   ┌───────────┐       ┌──────────┐ created  ┌─────────┐
//!  start ───►│ Locating ├───────►│ Preparing ├──────►│ Creating ├─────────►│ Hinting ├──► Done
//!            └──────────┘        └───────────┘       └─┬──────▲─┘          └────▲────┘
//!                 ▲                             exists │      │ send again      │ ours
//!                 │ list what                   ┌──────▼──────┴─┐               │
//!                 │ came after                  │  Classifying  ├───────────────┘
//!            ┌────┴───────┐     another's       └──────┬────────┘
//!            │ BackingOff │◄───────────────────────────┘
//!            └────────────┘
//! ```
//!
//! 1. **Locate** the head, unless one is cached: [`Resolve`]. A stale head costs only a conflict.
//! 2. **Prepare** the manifest of the version after the newest slot, on top of the newest live
//!    one. What cannot be prepared (an overlap, say) is [refused](Outcome::Refused); what is in
//!    the head already has [happened before](Outcome::AlreadyCommitted).
//! 3. **Create** the slot. This is the point at which the commit takes place. *Created*: done.
//!    *Exists*: read the slot and compare commit ids, for the reply to our own create may have
//!    been lost, or a client may have repeated it. Ours: done. Another's: a conflict, and nothing
//!    of ours can ever land in that slot. *Unknown*: send the same bytes again, until the answer
//!    is definite or the patience of the [`Rules`] is at its end; then the outcome is
//!    [`Unknown`](Outcome::Unknown), for a request that was sent may still be applied.
//! 4. **Hint** at the new version. Failing at that fails no commit.
//!
//! After a conflict, with [`Rules::retries`] left: back off, list what came after the slot that
//! was lost, and prepare again on top of the newest.
//!
//! Opening a history for writing is a machine of its own: [`Open`].

mod head;
mod machine;
mod open;
mod outcome;

pub use self::head::{Listed, Look, Position, Resolution, Resolve, ResolveStep, Seen, Slot};
pub use self::machine::{
    Action, BackingOff, Classifying, Commit, Creating, Event, Hinting, Locating, Preparing, Rules,
    Sent,
};
pub use self::open::{Open, OpenAction, OpenEvent, OpenOutcome};
pub use self::outcome::Outcome;
