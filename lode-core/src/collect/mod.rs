//! Collecting: dropping old snapshots, and deleting what nothing refers to.
//!
//! Never implicit: it runs when somebody asks for it, beside any number of readers, writers and
//! other collectors. Like [`commit`](crate::commit) it consists of machines without I/O, and a
//! shell is the same loop around each.
//!
//! # A run
//!
//! ```text
//! Choose ──► MarkSlots ──► Record ──► MarkTags ──► Sweep … ──► Bury … ──► Done
//!                ▲            │
//!                └────────────┘ another commit has the slot
//! ```
//!
//! 1. **Choose** the versions to drop, by a [`Plan`]; never the head or its predecessor.
//! 2. **Mark** what all snapshots refer to that stay, up to the newest slot.
//! 3. **Record**: commit a maintenance record in the next slot. It opens the next epoch, drops the
//!    versions, and raises the floor. This commit is the moment at which they are dropped. If
//!    another commit has the slot, mark what has come since, and try the one after it; if the
//!    reply is lost, settle it like any commit.
//! 4. **Mark** what all tags refer to that have not ended.
//! 5. **Sweep**: delete the data objects that are not marked and whose epoch is below the record's
//!    floor.
//! 6. **Bury** the dropped snapshots: put a tombstone over each slot. It keeps the version, the
//!    commit id and the digests, so the chain holds and a writer still learns that its commit took
//!    place. A slot is never freed: a late create would fill it again.
//!
//! # Epochs and floors
//!
//! Every snapshot and record carries a [`CollectionState`](crate::manifest::CollectionState): an *epoch*, a *floor* and the set of
//! *dropped* versions, copied from the newest slot that it was built on. An epoch is a counter. A
//! writer that stages a data object or page puts an epoch into the object's name: that of the newest
//! slot it has read.
//!
//! **The rule for writers**, checked by the rebase on every attempt, without I/O: a snapshot adds
//! only objects whose epoch is at least the floor of the slot that it is built on. Beside them it
//! refers to what its head refers to. What was staged in an older epoch is expired, and is staged
//! again under another name.
//!
//! Floors and epochs never go down from slot to slot, and a floor is never above the epoch of its
//! record. So a writer that has read a record, or a slot above it, stages in an epoch that is at least
//! the record's floor.
//!
//! A collection raises the floor to the epoch that it opens, or, if somebody seems to be staging, to
//! the oldest epoch in which young objects wait that nothing refers to: a courtesy, which saves
//! writers the work of staging again. Any floor between the old one and the new epoch is safe.
//!
//! # What is assumed
//!
//! The assumptions of [`commit`](crate::commit#what-is-assumed), and one more: a manifest or a tag
//! never changes. A slot holds one manifest for ever, or its tombstone.
//!
//! *Not* assumed is anything about time. Requests may be applied at any later moment, or never, or
//! twice: a create, a delete, a tombstone, a tag. Clocks may stand still, jump or disagree. A process
//! may be suspended for a week between any two of its instructions. A list need not be one moment:
//! what it misses is left to a later run.
//!
//! # Why nothing is lost that a live manifest refers to
//!
//! Let the snapshot in slot n add the object D, staged in epoch e, and let some collection delete D.
//! Its record has a floor above e, in slot r.
//!
//! * *r < n.* Floors do not go down, so the floor of slot n − 1 is above e. But the snapshot was built
//!   on slot n − 1, for its create is applied only while n is the first free slot, and the rule
//!   for writers says that this floor is at most e. So it cannot be.
//! * *r > n.* The collection has read slot n before its record was committed in r, as it marks all
//!   slots up to r − 1. So D is marked unless the snapshot was dropped, by this record or one
//!   before it, in which case it is not live. A create that is delayed for a week either lands before
//!   the record, and is read, or finds its slot taken.
//!
//! *What a snapshot inherits* from its head, as volumes do, some snapshot before it has added, in a
//! slot below n. Let D be inherited by a live snapshot in slot m, and let a collection with the record
//! r delete it. If m < r, slot m was read, and D is marked. If m > r, follow the parents of m down to
//! the first one below r, the head that the record names: D was inherited from it, or added above r;
//! and it is marked, for the head is never dropped. What was added above r has an epoch at or above
//! the floor.
//!
//! A delete that arrives late hits a name below a floor, which nothing can ever refer to anew. Names
//! are drawn at random for each handle, so that two never meet.
//!
//! # Why a confirmed tag keeps its promise
//!
//! A tag is written, and *then* the head is found, and its dropped set does not have the version. Let
//! a collection with the record r drop the version. Slot r was free when the head was found, for the
//! dropped set only grows; so the record was committed after the tag was written, and the collection
//! reads the tags after its record. So what the tag refers to is marked, and it is by every later
//! collection, for those read the tags later still. A collection with an earlier record has read the
//! snapshot itself, or its epoch is at or above the floor.
//!
//! A tag that finds its version dropped is deleted again, and its caller is told
//! ([`TagOutcome::Collected`]). A lease is a tag with an end: after it, by the clock of whoever
//! collects, it pins nothing.
//!
//! # Repairs
//!
//! A newest slot that cannot be read is not overwritten. A repair commits a record after it, which
//! names the snapshot that is the head again, and drops the damaged version. Its state continues that
//! of the newest slot below that can be read. The state of what cannot be read is not known: each
//! such slot may have opened an epoch and raised the floor to it (a tombstone counts as one, as it
//! has no state). So the record opens an epoch above all that there can have been, and raises the
//! floor to it: all that was staged before is staged again
//! ([`CollectionState::repaired`](crate::manifest::CollectionState::repaired)).
//!
//! A collection that had read the slot before it was damaged may commit its record first, and names a
//! head that cannot be read. That is repaired in the same way, by another record; as its newest slot
//! can be read, the floor stays.
//!
//! If the damaged slot held a record, the snapshots that only that one has dropped look live again,
//! though what they refer to may be gone, and tags on them promise nothing. The head is not one of
//! them, for no collection drops it, so all that is committed from then on is whole.
//!
//! # What can go wrong, and why it does no harm
//!
//! | failure | consequence |
//! | --- | --- |
//! | the run ends before its record | nothing has happened |
//! | the run ends after its record | what is dropped stays dropped; the next run sweeps the rest |
//! | a record whose outcome is unknown | the run ends; the next finds it, or its slot is taken by another |
//! | a tombstone or delete that lands late, or twice | the same bytes over a snapshot that was dropped; a name that is not used again |
//! | a slot or tag that cannot be read | the run ends before anything is deleted |
//! | two collectors at once | their records are in one order; each deletes only what its own argument covers |
//! | a tagger that ends before it has confirmed | a tag that pins what is left, and promises nothing |
//! | a clock that is wrong | objects are staged again that could have been spared, or garbage waits for a later run |
//!
//! # What is not promised
//!
//! * A snapshot that is neither the head nor its predecessor, and has no tag, may be gone at any
//!   time: whoever reads it takes a tag or a lease.
//! * A tag whose outcome is not [`Confirmed`](TagOutcome::Confirmed) pins nothing for certain.
//! * The name of a tag is used once: a delete that a client repeats, or the store applies late, would
//!   hit the new tag. Leases have random names.
//! * Writers of the Go implementation know no floor. What they stage has no epoch in its name, and is
//!   deleted only if it is also older than the grace period.
//!
//! What is argued here is also tried: `lode-core/tests/explorer` walks every interleaving of these
//! machines with writers, repairs and each other, and shows that each step is needed: without it,
//! or in another order, a promise is broken.

mod machine;
#[cfg(feature = "alloc")]
mod marks;
#[cfg(feature = "alloc")]
mod plan;
#[cfg(feature = "alloc")]
pub mod tag;
mod tagging;

pub use self::machine::{Collect, CollectAction, CollectEvent, CollectOutcome, Fate};
#[cfg(feature = "alloc")]
pub use self::marks::MarkSet;
#[cfg(feature = "alloc")]
pub use self::plan::{Candidate, Plan, Reason, Retention, Verdict};
#[cfg(feature = "alloc")]
pub use self::tag::Tag;
pub use self::tagging::{TagAction, TagEvent, TagOutcome, Tagging};
