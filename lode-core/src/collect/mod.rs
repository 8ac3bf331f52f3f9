//! Collecting: dropping old snapshots, and deleting what nothing refers to.
//!
//! Never implicit: it runs when somebody asks for it, beside any number of readers, writers and
//! other collectors. Like [`commit`](crate::commit) it consists of machines without I/O, and a
//! shell is the same loop around each.
//!
//! # A run
//!
//! ```text
//! Choose ──► Bury … ──► ReadClock ──► MarkSlots … ──► MarkTags ──► Sweep … ──► Done
//!                           ▲                                        │
//!                           └──────── the marks have grown old ──────┘
//! ```
//!
//! 1. **Choose** the versions to drop, by a [`Plan`]; never the head or its predecessor.
//! 2. **Bury** them: put a tombstone over each slot. It keeps the version, the commit id and the
//!    digests, so the chain holds and a writer still learns that its commit took place. A slot is
//!    never freed: a late create would fill it again.
//! 3. **Mark** what all live manifests refer to, *then* what all tags do.
//! 4. **Sweep**: delete the data objects that were older than the grace period *when marking
//!    began*, by the store's own clock, and are not marked.
//!
//! # What is assumed
//!
//! What [`commit`](crate::commit#what-is-assumed) assumes, and of that above all that late has an
//! end. With G for the grace period: a writer looks at its clock and sends a manifest only while
//! the objects that it adds are younger than G/2; a request that is not applied within G/2 of that
//! look is never applied. So what a manifest adds is younger than G when it takes its slot. A
//! writer's clock has to measure periods, not to show the right time: what it did not write itself
//! it dates by the store's clock.
//!
//! The name of a data object is used once. A handle whose object may have been swept stages the
//! same bytes again under another name, for a delete that was sent may hit whatever has the name.
//!
//! # Why nothing is lost that a live manifest refers to
//!
//! Let marking begin at the time T, and let the live manifest M refer to the object D.
//!
//! * *M added D and took its slot before T.* It was there to be listed. If it was live when it was
//!   read, D is marked. If not, M was not live any more.
//! * *M added D and took its slot after T.* Then D was younger than G at that moment, hence at T,
//!   and is not swept: the cut-off lies at T − G for as long as the sweep takes. (With a cut-off
//!   that moves with the sweep, D could grow old after M was missed.)
//! * *M inherited D from the head that it was built on*, as volumes do. Let H be the newest slot
//!   that was listed. If M is not after H, it was there to be read itself. Else all that M did not
//!   inherit from H was added by slots taken after T. If H was live when it was read, its blocks
//!   are marked. If it had a tombstone, another collector has buried it since it was listed; that
//!   one leaves the head alone, so there are newer slots, and those are listed and marked as well.
//!   If there are none, the tombstone is a repair's, and the head below it was there to be read.
//!
//! # Why a confirmed tag keeps its promise
//!
//! A tag is written, and *then* its slot is found to be live. Take any collector whose marks do
//! not have what the slot's manifest refers to. If the slot was taken after the slots were listed,
//! the argument above holds as it stands, for it does not need the manifest to stay live. Else the
//! collector has read a tombstone there. That was after the tag was confirmed, for a slot never
//! goes back; so the tag had been written when the tags were listed, which is later still; so what
//! it refers to is marked. This is why slots are marked before tags, and why tombstones are written
//! before both: were it the other way round, a tag could be written and confirmed in between.
//!
//! A tag that meets a tombstone is deleted again, and its caller is told
//! ([`TagOutcome::Collected`]). A lease is a tag with an end: after it, a collector passes it by.
//!
//! # What can go wrong, and why it does no harm
//!
//! | failure | consequence |
//! | --- | --- |
//! | the run ends anywhere | what is buried stays buried; the next run marks anew and sweeps the rest |
//! | a tombstone whose outcome is unknown | the run ends; the slot is whatever it is when the next marks it |
//! | a tombstone that lands late | the same bytes over a slot that was to be dropped; its data go with a later run |
//! | a delete that lands late, or twice | its name is not used again |
//! | a slot or tag that cannot be read | the run ends before anything is deleted |
//! | two collectors at once | each deletes only what no live manifest or tag refers to; equal tombstones |
//! | a tagger that ends before it has confirmed | a tag that pins what is left, and promises nothing |
//!
//! # What is not promised
//!
//! * A snapshot that is neither the head nor its predecessor, and has no tag, may be gone at any
//!   time: whoever reads it takes a tag or a lease.
//! * A tag whose outcome is not [`Confirmed`](TagOutcome::Confirmed) pins nothing for certain.
//! * The name of a tag that was deleted or withdrawn must not be used again within half the grace
//!   period: a delete that a client repeats, or the store applies late, would hit the new tag.
//!   Leases have random names.
//! * A writer that waits for longer than half the grace period between staging and committing must
//!   stage again.
//!
//! What is argued here is also tried: `lode-core/tests/explorer` walks every interleaving of these
//! machines with writers and with time, and shows that each step is needed: without it, or in
//! another order, a promise is broken.

mod machine;
#[cfg(feature = "alloc")]
mod marks;
#[cfg(feature = "alloc")]
mod plan;
#[cfg(feature = "alloc")]
pub mod tag;
mod tagging;

pub use self::machine::{Collect, CollectAction, CollectEvent, CollectOutcome, Newest, cut_off};
#[cfg(feature = "alloc")]
pub use self::marks::MarkSet;
#[cfg(feature = "alloc")]
pub use self::plan::{Candidate, Plan, Reason, Retention, Verdict};
#[cfg(feature = "alloc")]
pub use self::tag::Tag;
pub use self::tagging::{TagAction, TagEvent, TagOutcome, Tagging};
