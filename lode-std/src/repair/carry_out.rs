//! Writing what a repair has decided.

use bytes::Bytes;
use lode_core::Version;
use lode_core::key::Key;
use lode_core::manifest::{ManifestDigest, Purpose, Record, SlotManifest, Tombstone};
use lode_core::repair::{Grave, RepairPlan, Step, Was};
use lode_core::verify::{Link, LinkState};

use crate::Error;
use crate::history::{
    Found, Founding, Slots, Writer, WriterOptions, entry_keys, overwrite_entries,
};
use crate::store::Creation;
use crate::verify::Examined;

impl<S: Slots> Examined<S> {
    /// What to write.
    pub(super) fn plan(&self, drop_damaged: bool) -> RepairPlan {
        RepairPlan::new(&self.links, &self.damage, &self.unreadable, drop_damaged)
    }

    pub(super) async fn carry_out(&self, step: &Step, grace_period: u64) -> Result<(), Error> {
        match step {
            Step::Bury(grave) => self.bury(grave).await,
            Step::Descriptor => self.describe(grace_period).await,
            Step::Entry { object, from } => {
                let live = self.history.load_live(*from).await?;
                overwrite_entries(&self.history, &live.manifest, &[key(object)?]).await
            }
            Step::Hint { to } => self.history.write_hint(*to).await,
            Step::Record { version, head, gives_up } => {
                self.record(*version, *head, gives_up, grace_period).await
            }
            Step::PutAside { object } => {
                let key = key(object)?;
                self.keep(&key, &format!("tag-{}", key.name())).await?;
                self.history.objects.delete(&key).await
            }
            _ => Ok(()),
        }
    }

    /// Commits a record that gives up these versions.
    async fn record(
        &self,
        version: Version,
        head: Version,
        gives_up: &[Version],
        grace_period: u64,
    ) -> Result<(), Error> {
        let writer = Writer::new(WriterOptions::default(), grace_period, Founding::none())?;
        let versions: Vec<_> = self.links.iter().map(|link| link.version).collect();
        let (state, unreadable) = self.history.newest_state(&versions).await?;
        let created_at = writer.now();
        let head = self.links.iter().find(|link| link.version == head);
        let record = Record {
            id: self.history.id().clone(),
            version,
            parent: head.map(|head| head.version),
            parent_digest: head.map(|head| head.digest),
            commit_id: Some(writer.next_commit(state.epoch)),
            created_at,
            total_length: self.newest.as_ref().and_then(|live| live.manifest.total_length()),
            purpose: Purpose::Repair,
            state: state.repaired(gives_up.iter().copied(), unreadable, created_at),
        };
        let bytes = self.history.slots.encode_record(&record);
        let bytes = Bytes::from(bytes.map_err(|source| Error::Unwritable { source })?);
        let digest = ManifestDigest::Blake3(*blake3::hash(&bytes).as_bytes());
        let link = Link::of(&record, LinkState::Record, digest);
        self.history.claim(&writer, &link, bytes).await
    }

    /// Puts a tombstone in a slot. It is created only where the slot is empty, and where it is
    /// not, what lies there is kept first.
    async fn bury(&self, grave: &Grave) -> Result<(), Error> {
        let history = &self.history;
        let slot = history.slots.slot(grave.version);
        let live = match grave.was {
            Was::Live => history.load(grave.version).await?,
            _ => Found::Absent,
        };
        let mut tombstone = Tombstone {
            id: history.id().clone(),
            version: grave.version,
            parent: grave.parent,
            parent_digest: grave.parent_digest,
            commit_id: None,
            digest: grave.digest,
            total_length: self.newest.as_ref().and_then(|live| live.manifest.total_length()),
            created_at: None,
        };
        let mut entries = Vec::new();
        if let Found::Live(live) = live {
            tombstone.commit_id = live.manifest.commit_id();
            tombstone.created_at = live.manifest.created_at();
            entries = entry_keys(&history.slots, &live.manifest, grave.version);
        }
        if grave.was == Was::Absent {
            return self.create(&slot, history.tombstone_bytes(&tombstone)?).await;
        }
        self.keep(&slot, &grave.version.to_string()).await?;
        history.bury(&tombstone, &entries).await
    }

    async fn describe(&self, grace_period: u64) -> Result<(), Error> {
        let Some(newest) = &self.newest else { return Ok(()) };
        let key = self.history.slots.descriptor();
        let bytes = self.history.slots.describe(&newest.manifest, grace_period);
        let bytes = bytes.map_err(|source| Error::Unwritable { source })?;
        self.keep(&key, "descriptor").await?;
        self.history.objects.overwrite(&key, bytes.into()).await
    }

    /// Keeps a copy of an object, if it is there.
    async fn keep(&self, key: &Key, what: &str) -> Result<(), Error> {
        let Some(bytes) = self.history.objects.read(key).await? else { return Ok(()) };
        let hash = blake3::hash(&bytes);
        let hash = hash.as_bytes().first_chunk().copied().map_or(0, u64::from_be_bytes);
        let copy = self.history.slots.damaged(what, hash);
        // One that is there has the same bytes.
        self.create(&copy, bytes).await
    }

    /// Creates an object, unless it is there.
    async fn create(&self, key: &Key, bytes: Bytes) -> Result<(), Error> {
        match self.history.objects.create(key, bytes).await {
            Creation::Created | Creation::Exists => Ok(()),
            Creation::Rejected(error) | Creation::Unknown(error) => Err(error),
        }
    }
}

fn key(object: &str) -> Result<Key, Error> {
    Key::new(object).map_err(|source| Error::InvalidKey { source })
}
