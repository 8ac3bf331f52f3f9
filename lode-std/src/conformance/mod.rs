//! What a store guarantees, found out by trying: the suite that every store of Lode's own tests
//! passes, for yours.
//!
//! ```
//! use lode_std::conformance::{Carries, Conformance};
//! use lode_std::store;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), lode_std::Error> {
//! let report = Conformance::new().run(store::open("memory:")?).await?;
//! assert_eq!(report.carries(), Carries::ConcurrentWriters);
//! for check in report.checks() {
//!     println!("{}: {:?}", check.name, check.outcome);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! It works in a folder of its own, with a random name, and removes that at the end. What it shows
//! is that a guarantee does not hold, or that it held this time: no test can show that a store
//! never breaks its word.

mod create;
mod directory;
mod list;
mod read;
mod report;
mod write;

use std::sync::Arc;

use futures::TryStreamExt;
use futures::future::BoxFuture;
use futures::stream::StreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutPayload};

pub use self::report::{Carries, Check, Need, Outcome, Report};
use crate::{Clock, Entropy, Error, SystemClock, SystemEntropy};

/// What is found out about a store, and how hard it is tried.
#[derive(Clone, Debug)]
#[must_use]
pub struct Conformance {
    contenders: usize,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// 64 contenders, the system's clock and randomness.
impl Default for Conformance {
    fn default() -> Self {
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        Self { contenders: 64, clock, entropy }
    }
}

impl Conformance {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many create the same object at the same time, in the test of that; at least two. Some
    /// servers make each of them wait for seconds if there are many.
    pub fn contenders(mut self, contenders: usize) -> Self {
        self.contenders = contenders.max(2);
        self
    }

    /// The clock that the store's is compared with.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where the name of the folder comes from.
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// Tries all there is to try. Costs some hundred requests, and some 11 MB of writes.
    ///
    /// # Errors
    ///
    /// [`Error::Entropy`], or if the folder cannot be removed at the end. That a check fails is no
    /// error: it is in the report.
    #[tracing::instrument(name = "lode.conformance", skip_all, err)]
    pub async fn run(&self, store: Arc<dyn ObjectStore>) -> Result<Report, Error> {
        let bits = self.entropy.bits().map_err(|source| Error::Entropy { source })?;
        let folder = Path::from(format!("lode-probe-{bits:016x}"));
        let trial = Trial { store, folder, contenders: self.contenders, clock: self.clock.clone() };
        let mut checks = Vec::new();
        for test in TESTS {
            let outcome = (test.run)(&trial).await;
            tracing::debug!(name = test.name, ?outcome);
            let Test { name, need, purpose, .. } = *test;
            checks.push(Check { name, need, purpose, outcome });
        }
        checks.extend(directory::checks(&trial).await);
        trial.clean_up().await?;
        Ok(Report::new(trial.store.to_string(), checks))
    }
}

/// One thing to try.
struct Test {
    name: &'static str,
    need: Need,
    purpose: &'static str,
    run: for<'a> fn(&'a Trial) -> BoxFuture<'a, Outcome>,
}

/// A row of [`TESTS`].
macro_rules! test {
    ($name:literal, $need:ident, $purpose:literal, $run:path) => {
        Test {
            name: $name,
            need: Need::$need,
            purpose: $purpose,
            run: |trial| Box::pin(async move { $run(trial).await.into() }),
        }
    };
}

/// In the order in which a reader of the report wants to know.
const TESTS: &[Test] = &[
    test!("create if absent", ConcurrentWriters, "a version is committed once", create::once),
    test!("one of many creators", ConcurrentWriters, "of rivals one wins", create::race),
    test!("read after write", Always, "what was written is there", read::after_write),
    test!("missing keys", Always, "what is not there is known", read::missing),
    test!("range reads", Always, "parts of blocks and files", read::ranges),
    test!("reads past the end", Nothing, "told from damage by a second request", read::past_end),
    test!("list after write", Always, "the newest version is found", list::after_write),
    test!("list from an offset", Always, "it is found without the old ones", list::from_offset),
    test!("order of lists", Nothing, "the maximum is taken, in any order", list::order),
    test!("keys as they are", Always, "partitions are found by their path", list::keys),
    test!("multipart uploads", Always, "files of any size in bounded memory", write::multipart),
    test!("abandoned uploads", Always, "what is not finished is not seen", write::abandoned),
    test!("deletes", Always, "what is collected can be collected again", write::deletes),
    test!("synced writes", Always, "what is acknowledged survives a power cut", write::synced),
    test!("clock", ConcurrentWriters, "staged blocks are known to be young", write::clock),
];

/// A store that is being tried.
pub(crate) struct Trial {
    store: Arc<dyn ObjectStore>,
    /// Nothing outside it is touched.
    folder: Path,
    contenders: usize,
    clock: Arc<dyn Clock>,
}

/// What was found, or what is wrong.
type Found = Result<Outcome, String>;

impl Trial {
    fn path(&self, name: &str) -> Result<Path, String> {
        Path::parse(format!("{}/{name}", self.folder)).map_err(|error| error.to_string())
    }

    async fn put(&self, name: &str, bytes: impl Into<PutPayload>) -> Result<(), String> {
        let put = self.store.put(&self.path(name)?, bytes.into()).await;
        put.map(drop).map_err(|error| format!("{name} could not be written: {error}"))
    }

    /// Whether it was created; `None` if the answer does not tell.
    async fn create(&self, name: &str, bytes: String) -> Result<Option<bool>, String> {
        let (path, mode) = (self.path(name)?, PutMode::Create.into());
        match self.store.put_opts(&path, bytes.into(), mode).await {
            Ok(_) => Ok(Some(true)),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(Some(false)),
            Err(object_store::Error::Precondition { .. }) => Ok(Some(false)),
            Err(object_store::Error::NotImplemented { .. }) => {
                Err("the store cannot create an object only if it is absent".to_string())
            }
            Err(error) => {
                tracing::debug!(%error, "an unclear answer to a create");
                Ok(None)
            }
        }
    }

    async fn get(&self, name: &str) -> Result<Vec<u8>, String> {
        let failed = |error| format!("{name} could not be read: {error}");
        let object = self.store.get(&self.path(name)?).await.map_err(failed)?;
        Ok(object.bytes().await.map_err(failed)?.to_vec())
    }

    /// Whether an object is there.
    async fn is_there(&self, name: &str) -> Result<bool, String> {
        match self.store.head(&self.path(name)?).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(format!("{name} could not be looked at: {error}")),
        }
    }

    /// The names in a folder, as they come, from behind `offset` on if there is one.
    async fn names(&self, folder: &str, offset: Option<&str>) -> Result<Vec<String>, String> {
        let path = self.path(folder)?;
        let list = match offset {
            Some(offset) => self.store.list_with_offset(Some(&path), &self.path(offset)?),
            None => self.store.list(Some(&path)),
        };
        let prefix = format!("{}/", self.folder);
        let names = list.map_ok(|meta| {
            let path = meta.location.to_string();
            path.strip_prefix(&prefix).map_or(path.clone(), str::to_string)
        });
        names.try_collect().await.map_err(|error| format!("{folder} could not be listed: {error}"))
    }

    async fn clean_up(&self) -> Result<(), Error> {
        let paths = self.store.list(Some(&self.folder)).map_ok(|meta| meta.location).boxed();
        let deleted = self.store.delete_stream(paths).try_for_each(async |_| Ok(())).await;
        match deleted {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => {
                let key = lode_core::key::Key::new(self.folder.to_string());
                let key = key.map_err(|source| Error::InvalidKey { source })?;
                Err(Error::store("delete", &key, source))
            }
        }
    }
}
