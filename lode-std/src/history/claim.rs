//! Filling one slot with bytes that are fixed: the shell of [`lode_core::commit::Claim`].

use bytes::Bytes;
use lode_core::Version;
use lode_core::commit::{Claim, ClaimAction, ClaimEvent, Claimed, Holder, Sent};
use lode_core::verify::{Link, LinkState};

use super::{History, Slots, Writer};
use crate::Error;

impl<S: Slots> History<S> {
    /// Creates a slot with these bytes, which are those of `link`. A slot that is taken is ours if
    /// it holds them, whoever has written it, or the tombstone of them; else it is an
    /// [`Error::Conflict`].
    pub(crate) async fn claim(
        &self,
        writer: &Writer,
        link: &Link,
        bytes: Bytes,
    ) -> Result<(), Error> {
        // The hint names snapshots only.
        let mut claim = Claim::start(match link.state {
            LinkState::Live => writer.rules(&self.slots),
            _ => writer.rules_for_record(&self.slots),
        });
        let version = link.version;
        let (mut failure, begin) = (None, writer.now());
        loop {
            let event = match claim.action() {
                // What was sent before decides, and that is not known.
                ClaimAction::Create { again: true } if !writer.options.is_patient(begin) => {
                    ClaimEvent::Sent(Sent::Rejected)
                }
                ClaimAction::Create { .. } => {
                    ClaimEvent::Sent(self.send(version, &bytes, &mut failure).await)
                }
                ClaimAction::Look => self.look_who_has(link, &mut failure).await,
                ClaimAction::BackOff { attempt } => {
                    writer.options.back_off(attempt).await;
                    ClaimEvent::Waited
                }
                ClaimAction::WriteHint => {
                    let hinted = self.write_hint(version).await;
                    ClaimEvent::Hinted(hinted.inspect_err(|error| warn(version, error)).is_ok())
                }
            };
            match claim.on(event) {
                None => {}
                Some(Claimed::Committed { .. }) => return Ok(()),
                Some(Claimed::Lost) => return Err(Error::Conflict { version }),
                Some(Claimed::Damaged | Claimed::Failed | Claimed::Unknown) => {
                    let id = self.id().clone();
                    return Err(failure.unwrap_or(Error::SnapshotNotFound { id, version }));
                }
            }
        }
    }

    async fn send(&self, version: Version, bytes: &Bytes, failure: &mut Option<Error>) -> Sent {
        let slot = self.slots.slot(version);
        let (sent, error) = self.objects.create(&slot, bytes.clone()).await.split();
        *failure = error.or(failure.take());
        sent
    }

    async fn look_who_has(&self, link: &Link, failure: &mut Option<Error>) -> ClaimEvent {
        match self.load_relied(link.version).await.map(|found| found.link()) {
            Ok(None) => ClaimEvent::Held(Holder::Nobody),
            Ok(Some(found)) if found.digest == link.digest => ClaimEvent::Held(Holder::Us),
            Ok(Some(_)) => ClaimEvent::Held(Holder::Another),
            Err(error) => {
                let is_damaged =
                    matches!(error, Error::ManifestInvalid { .. } | Error::Mismatch { .. });
                *failure = Some(error);
                if is_damaged { ClaimEvent::Held(Holder::Damage) } else { ClaimEvent::Unreadable }
            }
        }
    }
}

fn warn(version: Version, error: &Error) {
    tracing::warn!(%version, %error, "the slot is filled, but the hint was not written");
}
