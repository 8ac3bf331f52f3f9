//! Opening a history for writing: the shell of [`lode_core::commit::Open`].

use std::fmt;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use lode_core::commit::{Open, OpenAction, OpenEvent, OpenOutcome};
use lode_core::key::Key;
use lode_core::manifest::ManifestError;

use super::WriterOptions;
use crate::Error;
use crate::store::{Creation, Objects};
use crate::sync::Mutex;

/// What is opened: a volume or a dataset, as the caller asks for it.
#[allow(async_fn_in_trait, reason = "it stays within the crate")]
pub(crate) trait Subject: Sync {
    type Descriptor: Send;

    fn descriptor_key(&self) -> Key;
    fn decode(&self, bytes: &[u8]) -> Result<Self::Descriptor, ManifestError>;
    fn encode(&self, descriptor: &Self::Descriptor) -> Result<Vec<u8>, ManifestError>;

    /// Compares what is there with what is asked for.
    fn compare(&self, found: &Self::Descriptor) -> Result<(), Error>;

    /// Whether a descriptor that is found later is, but for its bytes, the one that was made.
    fn agreement(&self, made: &Self::Descriptor) -> Agreement;

    /// A descriptor of what is there, or of what is asked for if nothing is.
    fn make(
        &self,
        objects: &Objects,
    ) -> impl Future<Output = Result<Self::Descriptor, Error>> + Send;

    /// There is none, and none was asked for.
    fn not_found(&self) -> Error;
}

/// Whether the bytes of a descriptor are what is expected.
pub(crate) type Agreement = Box<dyn Fn(&[u8]) -> Result<(), Error> + Send + Sync>;

/// A history that is open for writing.
pub(crate) struct Opened<D> {
    pub(crate) descriptor: D,
    /// What the first commit has to do.
    pub(crate) founding: Founding,
}

/// A history that is being opened.
pub(crate) struct Opening<'a, S: Subject> {
    subject: &'a S,
    objects: &'a Objects,
}

impl<'a, S: Subject> Opening<'a, S> {
    /// The descriptor, if there is one. Costs one request.
    pub(crate) async fn read_only(
        subject: &'a S,
        objects: &'a Objects,
    ) -> Result<Option<S::Descriptor>, Error> {
        let Some(bytes) = objects.read(&subject.descriptor_key()).await? else { return Ok(None) };
        Self { subject, objects }.decode(&bytes).map(Some)
    }

    /// The descriptor, if there is one, of a store that was seen to keep its word on
    /// create-if-absent. If there is none it is only made, and nothing is written: see [`Founding`].
    pub(crate) async fn for_writing(
        subject: &'a S,
        objects: &'a Objects,
        options: &WriterOptions,
    ) -> Result<Opened<S::Descriptor>, Error> {
        let opening = Self { subject, objects };
        let agree = |bytes: &[u8]| subject.compare(&opening.decode(bytes)?);
        let session = Session::new(objects, options, subject.descriptor_key(), &agree);
        match session.run(Open::start(options.retry.resends)).await? {
            Some(bytes) => {
                let descriptor = opening.decode(&bytes)?;
                Ok(Opened { descriptor, founding: Founding::none() })
            }
            None => opening.make().await,
        }
    }

    async fn make(&self) -> Result<Opened<S::Descriptor>, Error> {
        let descriptor = self.subject.make(self.objects).await?;
        self.subject.compare(&descriptor)?;
        let bytes = self.subject.encode(&descriptor);
        let bytes = Bytes::from(bytes.map_err(|source| Error::Unwritable { source })?);
        let agreement = self.subject.agreement(&descriptor);
        let pending = Pending { key: self.subject.descriptor_key(), bytes, agreement };
        Ok(Opened { descriptor, founding: Founding::of(pending) })
    }

    fn decode(&self, bytes: &[u8]) -> Result<S::Descriptor, Error> {
        let key = self.subject.descriptor_key();
        self.subject.decode(bytes).map_err(|source| Error::ManifestInvalid { key, source })
    }
}

/// The descriptor that a handle has yet to create.
///
/// It is created just before the first slot, not when the history is opened: whatever fails before
/// that, an encoding say, leaves nothing behind that would say for ever what the history is like.
#[derive(Debug)]
pub(crate) struct Founding {
    pending: Mutex<Option<Arc<Pending>>>,
}

pub(super) struct Pending {
    key: Key,
    bytes: Bytes,
    agreement: Agreement,
}

impl Founding {
    /// The descriptor is there.
    pub(crate) fn none() -> Self {
        Self { pending: Mutex::new(None) }
    }

    fn of(pending: Pending) -> Self {
        Self { pending: Mutex::new(Some(Arc::new(pending))) }
    }

    /// What is still to be created.
    pub(super) fn pending(&self) -> Option<Arc<Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Creates the descriptor, and looks whether the store keeps its word on create-if-absent. One
    /// that others have created meanwhile must be the same. Costs two requests, or three then.
    pub(super) async fn carry_out(
        &self,
        pending: Arc<Pending>,
        objects: &Objects,
        options: &WriterOptions,
    ) -> Result<(), Error> {
        let session = Session::new(objects, options, pending.key.clone(), &*pending.agreement);
        let session = Session { bytes: pending.bytes.clone(), ..session };
        session.run(Open::create(options.retry.resends)).await?;
        *self.pending.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Carries out what the machine asks for.
struct Session<'a, A: ?Sized> {
    objects: &'a Objects,
    options: &'a WriterOptions,
    key: Key,
    /// Of the descriptor, once they are known.
    bytes: Bytes,
    agree: &'a A,
    error: Option<Error>,
}

impl<'a, A: Fn(&[u8]) -> Result<(), Error> + Sync + ?Sized> Session<'a, A> {
    fn new(objects: &'a Objects, options: &'a WriterOptions, key: Key, agree: &'a A) -> Self {
        Self { objects, options, key, bytes: Bytes::new(), agree, error: None }
    }

    /// The bytes of the descriptor; `None` if there is none.
    async fn run(
        mut self,
        (mut machine, mut action): (Open, OpenAction),
    ) -> Result<Option<Bytes>, Error> {
        let (begin, mut resends) = (self.options.clock.now(), 0);
        loop {
            let event = match action {
                OpenAction::Read => self.read().await,
                OpenAction::Create | OpenAction::Check => self.create().await,
                OpenAction::Done(outcome) => return self.finish(outcome),
                _ => OpenEvent::Refused,
            };
            let event = match event {
                OpenEvent::Unknown if !self.options.is_patient(begin) => OpenEvent::Refused,
                event => event,
            };
            (machine, action) = machine.on(event);
            if event == OpenEvent::Unknown && !matches!(action, OpenAction::Done(_)) {
                resends += 1;
                self.options.back_off(resends).await;
            }
        }
    }

    fn finish(self, outcome: OpenOutcome) -> Result<Option<Bytes>, Error> {
        let store = || self.objects.to_string();
        match outcome {
            OpenOutcome::Ready => Ok(Some(self.bytes)),
            OpenOutcome::Absent => Ok(None),
            OpenOutcome::ConditionsIgnored if self.options.single_writer => Ok(Some(self.bytes)),
            OpenOutcome::ConditionsIgnored => {
                Err(Error::ConditionalWritesIgnored { store: store() })
            }
            // Without a reason: it was said to exist, and then not to, each time.
            _ => Err(self.error.unwrap_or(Error::ConditionalWritesIgnored { store: store() })),
        }
    }

    /// How often a read is repeated is the store's affair.
    async fn read(&mut self) -> OpenEvent {
        let bytes = match self.objects.read(&self.key).await {
            Ok(None) => return OpenEvent::Absent,
            Ok(Some(bytes)) => bytes,
            Err(error) => return self.keep(error, OpenEvent::Refused),
        };
        match (self.agree)(&bytes) {
            Ok(()) => {
                self.bytes = bytes;
                OpenEvent::Found
            }
            Err(error) => self.keep(error, OpenEvent::Refused),
        }
    }

    /// Creates the descriptor with the bytes that are known.
    async fn create(&mut self) -> OpenEvent {
        match self.objects.create(&self.key, self.bytes.clone()).await {
            Creation::Created => OpenEvent::Created,
            Creation::Exists => OpenEvent::Exists,
            Creation::Rejected(error) => self.keep(error, OpenEvent::Refused),
            Creation::Unknown(error) => self.keep(error, OpenEvent::Unknown),
        }
    }

    fn keep(&mut self, error: Error, event: OpenEvent) -> OpenEvent {
        self.error = Some(error);
        event
    }
}
