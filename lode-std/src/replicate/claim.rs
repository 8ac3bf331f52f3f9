//! Filling a slot of a copy: the shell of [`lode_core::commit::Claim`].

use bytes::Bytes;
use lode_core::Version;
use lode_core::commit::{Claim, ClaimAction, ClaimEvent, Claimed, Holder, Sent};
use lode_core::verify::{Link, LinkState};

use super::mirror::Copy;
use crate::Error;
use crate::history::{Slots, StagedObject};

impl Copy<'_> {
    /// Creates a slot with these bytes, which are those of `link`. A slot that is taken is ours if
    /// it holds them, whoever has written it, or the tombstone of them.
    pub(super) async fn claim(
        &self,
        link: &Link,
        bytes: Bytes,
        staged: &[StagedObject],
    ) -> Result<(), Error> {
        let (version, slots) = (link.version, &self.target.slots);
        let mut claim = Claim::start(self.writer.rules(slots.trusts_hint()));
        let mut failure = None;
        loop {
            let event = match claim.action() {
                ClaimAction::Create { .. } => {
                    ClaimEvent::Sent(self.create(version, &bytes, staged, &mut failure).await)
                }
                ClaimAction::Look => self.look(link, &mut failure).await,
                ClaimAction::BackOff { attempt } => {
                    self.writer.options.back_off(attempt).await;
                    ClaimEvent::Waited
                }
                ClaimAction::WriteHint => {
                    let hinted = self.target.write_hint(version).await;
                    ClaimEvent::Hinted(hinted.inspect_err(|error| warn(version, error)).is_ok())
                }
            };
            match claim.on(event) {
                None => {}
                Some(Claimed::Committed { .. }) => return Ok(()),
                Some(Claimed::Lost { .. }) => {
                    return Err(Error::HistoryDiverged { id: self.target.id().clone(), version });
                }
                Some(Claimed::Damaged | Claimed::Failed | Claimed::Unknown) => {
                    let id = self.target.id().clone();
                    return Err(failure.unwrap_or(Error::SnapshotNotFound { id, version }));
                }
            }
        }
    }

    /// Sends the bytes, after making sure that what they refer to is there and young enough.
    async fn create(
        &self,
        version: Version,
        bytes: &Bytes,
        staged: &[StagedObject],
        failure: &mut Option<Error>,
    ) -> Sent {
        let objects = &self.target.objects;
        if let Err(error) = self.writer.check_staged(objects, staged).await {
            *failure = Some(error);
            return Sent::Rejected;
        }
        let slot = self.target.slots.slot(version);
        let (sent, error) = objects.create(&slot, bytes.clone()).await.split();
        *failure = error.or(failure.take());
        sent
    }

    async fn look(&self, link: &Link, failure: &mut Option<Error>) -> ClaimEvent {
        match self.target.load(link.version).await.map(|found| found.link()) {
            Ok(None) => ClaimEvent::Held(Holder::Nobody),
            Ok(Some(found)) if found.digest == link.digest => ClaimEvent::Held(Holder::Us),
            Ok(Some(found)) => {
                ClaimEvent::Held(Holder::Another { live: found.state == LinkState::Live })
            }
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
    tracing::warn!(%version, %error, "copied, but the hint was not written");
}
