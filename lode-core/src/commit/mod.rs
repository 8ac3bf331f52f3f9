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
//!         Action::Look(look)   => …read the hint, or look at a slot…,
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
//! The machine is made of smaller ones, which a device uses by themselves, so that it carries no
//! code for what it never does: [`Claim`] tries for one slot, and [`Probe`] finds the head on a
//! device.
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
//!                 │ look what                   ┌──────▼──────┴─┐               │
//!                 │ came after                  │  Classifying  ├───────────────┘
//!            ┌────┴───────┐     another's       └──────┬────────┘
//!            │ BackingOff │◄───────────────────────────┘
//!            └────────────┘
//! ```
//!
//! 1. **Locate** the head, unless one is cached: [`Resolve`]. A stale head costs only a conflict.
//! 2. **Prepare** the manifest of the version after the newest slot, on top of the newest
//!    snapshot. What cannot be prepared (an overlap, say) is [refused](Outcome::Refused); what is in
//!    the head already has [happened before](Outcome::AlreadyCommitted).
//! 3. **Create** the slot. This is the point at which the commit takes place. *Created*: done.
//!    *Exists*: read the slot and compare commit ids, for the reply to our own create may have
//!    been lost, or a client may have repeated it. Ours: done. Another's: a conflict, and nothing
//!    of ours can ever land in that slot. *Unknown*: send the same bytes again, until the answer
//!    is definite or the patience of the [`Rules`] is at its end; then the outcome is
//!    [`Unknown`](Outcome::Unknown), for a request that was sent may still be applied.
//! 4. **Hint** at the new version. Failing at that fails no commit.
//!
//! After a conflict, with [`Rules::retries`] left: back off, look what came after the slot that
//! was lost, and prepare again on top of the newest.
//!
//! A slot can also hold a *record*: a maintenance commit, made in the same way, which changes no
//! data. The head is then the snapshot below it that it names.
//!
//! Opening a history for writing is a machine of its own: [`Open`]. Commits of several tasks that
//! wait for each other may go out as one: `group` says which. To the protocol that is one commit,
//! with one id.
//!
//! # What is assumed
//!
//! Of the store, and of nothing else:
//!
//! * **Create-if-absent is atomic.** Of all requests to create one key, at most one is ever
//!   applied, as a whole; what it has written is durable, and seen by every read and list that
//!   begins after its reply. [`Open`] tries whether conditions are kept at all.
//! * **Requests may be lost, late or repeated**, by the client, on the way or in the store, and
//!   their replies may be lost or untrue in one direction: a failure may be reported for what was
//!   applied. Success is never reported for what was not.
//!
//! Nothing is assumed about time: a request may be applied at any later moment, and a process may be
//! suspended at any instruction, for any length of time.
//!
//! No writer knows of another; any of them may end at any point and be begun anew.
//!
//! # Why it is right
//!
//! *Linearization.* A commit takes place when the store applies a create of its slot, at one
//! moment and for everybody. Nothing before that is visible, as no manifest refers to it; nothing
//! after it is needed, as the hint only saves looking.
//!
//! *Acknowledged means in the history.* `Committed` is said after the store has said "created", or
//! after our commit id was read in the slot. A slot is never freed, and what overwrites it, a
//! tombstone, keeps the commit id; so the commit stays where it is, and every later head has it
//! below itself.
//!
//! *The head is found by looking.* Versions are dense and slots are never freed, so "slot N is taken"
//! is monotone, in N and in time. Whoever has seen slot N taken and slot N + 1 free knows that N was
//! the newest at some moment of the search, and so has all that was acknowledged before it began.
//! A tombstone where the search ends says that the search was slow: only a slot that has newer ones
//! is buried, so it goes on upwards.
//! Nothing is listed, except in histories in which the Go implementation has written: its versions
//! are times.
//!
//! *Linear and dense.* The manifest of version N + 1 is made on a head after which slot N was the
//! newest that was known. Its create is applied only while N + 1 is empty; as slot N + 1 was never
//! taken, no slot above it was either, by induction. So N still is the newest, whenever the create
//! lands, and each manifest is the child of the one before it. That also makes any head good
//! enough, however old: an old one only meets a slot that is taken.
//!
//! *One commit, one version.* The id is fixed before the first attempt. A writer goes on to another
//! slot only after it has read another's id in this one; then its own create can never be applied
//! there, whatever is still on its way. While an outcome is unknown it sends the same bytes to the
//! same slot, or nothing.
//!
//! *No more and no less than was committed.* A volume's manifest has all blocks of the head that it
//! is the child of, and the new ones; so nothing is lost, and nothing is in the head that nobody
//! sent. `Conflict`, `Failed` and `Refused` are said only when no create of this commit can be
//! applied any more.
//!
//! *What a manifest refers to exists.* Data are durable before the create is sent. What keeps them
//! there is argued in [`collect`](crate::collect).
//!
//! # What can go wrong, and why it does no harm
//!
//! | failure | consequence |
//! | --- | --- |
//! | a writer ends before its create | data that nothing refers to; a collector takes them |
//! | a writer ends after its create | it is committed; who begins anew finds its blocks in the head (a dataset's writer has a snapshot more, unless it kept the [`Unknown`](Outcome::Unknown)) |
//! | the reply is lost, or a client repeats the create | "exists", and our own id in the slot: committed |
//! | a create lands after it was given up | into its own slot, if that is still empty: `Unknown` said so. Else it does nothing |
//! | "exists", then "not found" | a store behind itself: the same bytes again |
//! | the store refuses after an uncertain answer | still `Unknown`: the request before may land |
//! | the hint is missing, old, wrong, or lands late | some looks more; a Go writer's at another branch is [`Forked`](Outcome::Forked) |
//! | a slot that was lost has a tombstone by the time it is read | it keeps the id, so whose it was is known |
//! | the process is suspended between two requests | its create finds the slot taken, or lands as if it had been quick |
//! | a manifest is damaged | [`Damaged`](Outcome::Damaged): nothing is built on what cannot be read |
//!
//! # What is not promised
//!
//! * **Progress.** A writer that always loses retries until its [`Rules`] say to stop. Each lost
//!   slot is somebody's commit, though.
//! * **An answer.** A store that never answers definitely leaves `Unknown`. It can be settled at
//!   any later time, with [`Commit::resolve`].
//! * **Order** between writers that do not wait for each other.
//! * **Anything on a store that ignores conditions**, beyond a single writer; nor where somebody
//!   deletes or overwrites slots by other means.
//! * **Writers of the Go implementation at the same time.** It believes the hint.
//!
//! What is argued here is also tried: `lode-core/tests/explorer` walks every interleaving of up to
//! three writers, every outcome of every request, and a crash at every point, and shows that the
//! planted mistakes are found. `LODE_PROVE=1` makes its worlds larger. `lode-core/tests/probe.rs`
//! searches every small history from every hint, while it grows and is collected.

mod claim;
mod climb;
#[cfg(feature = "alloc")]
mod group;
mod head;
mod machine;
mod open;
mod outcome;
mod probe;

pub use self::claim::{Claim, ClaimAction, ClaimEvent, Claimed, Holder};
#[cfg(feature = "alloc")]
pub use self::group::{Waiting, group};
pub use self::head::{
    Density, Listed, Look, Position, Resolution, Resolve, ResolveStep, Seen, Slot,
};
pub use self::machine::{
    Action, BackingOff, Claiming, Commit, Event, Locating, Preparing, Rules, Sent,
};
pub use self::open::{Open, OpenAction, OpenEvent, OpenOutcome};
pub use self::outcome::Outcome;
pub use self::probe::{Probe, Probed};
