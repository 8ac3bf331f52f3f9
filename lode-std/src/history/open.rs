//! Opening a history for writing: the shell of [`lode_core::commit::Open`].

use bytes::Bytes;
use lode_core::commit::{Open, OpenAction, OpenEvent, OpenOutcome};
use lode_core::key::Key;
use lode_core::manifest::ManifestError;

use super::WriterOptions;
use crate::Error;
use crate::store::{Creation, Objects};

/// What is opened: a volume or a dataset, as the caller asks for it.
#[allow(async_fn_in_trait, reason = "it stays within the crate")]
pub(crate) trait Subject: Sync {
    type Descriptor: Send;

    fn descriptor_key(&self) -> Key;
    fn decode(&self, bytes: &[u8]) -> Result<Self::Descriptor, ManifestError>;
    fn encode(&self, descriptor: &Self::Descriptor) -> Result<Vec<u8>, ManifestError>;

    /// Compares what is there with what is asked for.
    fn compare(&self, found: &Self::Descriptor) -> Result<(), Error>;

    /// A descriptor of what is there, or of what is asked for if nothing is.
    fn make(
        &self,
        objects: &Objects,
    ) -> impl Future<Output = Result<Self::Descriptor, Error>> + Send;

    /// There is none, and none was asked for.
    fn not_found(&self) -> Error;
}

/// A history that is being opened.
pub(crate) struct Opening<'a, S: Subject> {
    subject: &'a S,
    objects: &'a Objects,
    /// The descriptor and its bytes, once they are known.
    found: Option<(S::Descriptor, Bytes)>,
    error: Option<Error>,
}

impl<'a, S: Subject> Opening<'a, S> {
    /// The descriptor, if there is one. Costs one request.
    pub(crate) async fn read_only(
        subject: &'a S,
        objects: &'a Objects,
    ) -> Result<Option<S::Descriptor>, Error> {
        let opening = Self { subject, objects, found: None, error: None };
        Ok(opening.read_descriptor().await?.map(|(descriptor, _)| descriptor))
    }

    /// The descriptor, which is created if it is not there; and the store has been seen to keep
    /// its word on create-if-absent.
    pub(crate) async fn for_writing(
        subject: &'a S,
        objects: &'a Objects,
        options: &WriterOptions,
    ) -> Result<S::Descriptor, Error> {
        let mut opening = Self { subject, objects, found: None, error: None };
        let (mut machine, mut action) = Open::start(options.retry.resends);
        loop {
            let event = match action {
                OpenAction::Read => opening.read().await,
                OpenAction::Create => opening.create().await,
                OpenAction::Check => opening.check().await,
                OpenAction::Done(outcome) => return opening.finish(outcome, options),
                _ => OpenEvent::Refused,
            };
            (machine, action) = machine.on(event);
        }
    }

    fn finish(self, outcome: OpenOutcome, options: &WriterOptions) -> Result<S::Descriptor, Error> {
        let found = self.found.map(|(descriptor, _)| descriptor);
        match (outcome, found) {
            (OpenOutcome::Ready, Some(found)) => Ok(found),
            (OpenOutcome::ConditionsIgnored, Some(found)) if options.single_writer => Ok(found),
            (OpenOutcome::ConditionsIgnored, _) => {
                Err(Error::ConditionalWritesIgnored { store: self.objects.to_string() })
            }
            _ => Err(self.error.unwrap_or_else(|| self.subject.not_found())),
        }
    }

    async fn read(&mut self) -> OpenEvent {
        let result = match self.read_descriptor().await {
            Ok(None) => return OpenEvent::Absent,
            Ok(Some((found, bytes))) => self.subject.compare(&found).map(|()| (found, bytes)),
            Err(error @ Error::Store { .. }) => return self.keep(error, OpenEvent::Unknown),
            Err(error) => Err(error),
        };
        match result {
            Ok(found) => {
                self.found = Some(found);
                OpenEvent::Found
            }
            Err(error) => self.keep(error, OpenEvent::Refused),
        }
    }

    async fn create(&mut self) -> OpenEvent {
        let made = match self.subject.make(self.objects).await {
            Ok(made) => made,
            Err(error) => return self.keep(error, OpenEvent::Refused),
        };
        if let Err(error) = self.subject.compare(&made) {
            return self.keep(error, OpenEvent::Refused);
        }
        let bytes = match self.subject.encode(&made) {
            Ok(bytes) => Bytes::from(bytes),
            Err(source) => return self.keep(Error::Unwritable { source }, OpenEvent::Refused),
        };
        self.found = Some((made, bytes));
        self.check().await
    }

    /// Creates the descriptor with the bytes that are known.
    async fn check(&mut self) -> OpenEvent {
        let bytes = self.found.as_ref().map(|(_, bytes)| bytes.clone()).unwrap_or_default();
        match self.objects.create(&self.subject.descriptor_key(), bytes).await {
            Creation::Created => OpenEvent::Created,
            Creation::Exists => OpenEvent::Exists,
            Creation::Rejected(error) => self.keep(error, OpenEvent::Refused),
            Creation::Unknown(error) => self.keep(error, OpenEvent::Unknown),
        }
    }

    async fn read_descriptor(&self) -> Result<Option<(S::Descriptor, Bytes)>, Error> {
        let key = self.subject.descriptor_key();
        let Some(bytes) = self.objects.read(&key).await? else { return Ok(None) };
        match self.subject.decode(&bytes) {
            Ok(found) => Ok(Some((found, bytes))),
            Err(source) => Err(Error::ManifestInvalid { key, source }),
        }
    }

    fn keep(&mut self, error: Error, event: OpenEvent) -> OpenEvent {
        self.error = Some(error);
        event
    }
}
