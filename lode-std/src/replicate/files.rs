//! Data files on their way from one store to another.

use bytes::BytesMut;
use futures::TryStreamExt;
use lode_core::checksum::{Algorithm, Digest};
use lode_core::key::Key;
use lode_core::manifest::DataFile;

use super::{Progress, Watch};
use crate::history::Writer;
use crate::store::{Objects, PART, Parts};
use crate::{Checksums, Error};

/// Brings data files from one store to another.
pub(super) struct Carrier<'a> {
    pub(super) source: &'a Objects,
    pub(super) target: &'a Objects,
    pub(super) writer: &'a Writer,
    /// The algorithm of the files' digests.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) watch: &'a Watch<'a>,
}

impl Carrier<'_> {
    /// Sends a file to the key `to`, unless a run that was interrupted has done so already: whether
    /// it has travelled. What is there is read; if it is not the file, the file is sent over it.
    ///
    /// Costs one look, and one read and one create; of a large file one read, and one write for
    /// each 8 MiB.
    pub(super) async fn resume(&self, file: &DataFile, to: &Key) -> Result<bool, Error> {
        if self.target.metadata(to).await?.is_none() {
            self.send(file, to).await?;
            return Ok(true);
        }
        match self.check_there(file, to).await {
            Ok(()) => {
                (self.watch)(Progress::Done(file.size));
                Ok(false)
            }
            Err(Error::Corrupt { .. } | Error::Truncated { .. }) => {
                self.renew(file, to).await?;
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    /// Sends a file to the key `to`, which is not there yet.
    ///
    /// Costs one read and one create; of a large file one read, and one write for each 8 MiB.
    pub(super) async fn send(&self, file: &DataFile, to: &Key) -> Result<(), Error> {
        if file.size > PART as u64 {
            return self.send_parts(file, to).await;
        }
        let bytes = self.read(file).await?;
        if !self.writer.create(self.target, to, &bytes).await? {
            // A lost reply, or another run that does the same.
            self.check_there(file, to).await?;
        }
        (self.watch)(Progress::Done(file.size));
        Ok(())
    }

    /// Sends a file over what is there.
    async fn renew(&self, file: &DataFile, to: &Key) -> Result<(), Error> {
        if file.size > PART as u64 {
            return self.send_parts(file, to).await;
        }
        self.target.overwrite(to, self.read(file).await?).await?;
        (self.watch)(Progress::Done(file.size));
        Ok(())
    }

    /// The bytes of a small file.
    async fn read(&self, file: &DataFile) -> Result<bytes::Bytes, Error> {
        let bytes = self.source.read_exact(&file.key, file.size).await?;
        self.check(file, self.algorithm.map(|algorithm| algorithm.digest(&bytes)))?;
        Ok(bytes)
    }

    /// Sends a large file part by part. It appears when all of it has been verified.
    async fn send_parts(&self, file: &DataFile, to: &Key) -> Result<(), Error> {
        let mut parts = Parts::new(self.target.clone(), to.clone());
        let rest = match self.send_all_but_the_rest(file, &mut parts).await {
            Ok(rest) => rest,
            Err(error) => {
                parts.abort().await;
                return Err(error);
            }
        };
        let length = rest.len() as u64;
        parts.finish(rest.freeze()).await?;
        (self.watch)(Progress::Done(length));
        Ok(())
    }

    async fn send_all_but_the_rest(
        &self,
        file: &DataFile,
        parts: &mut Parts,
    ) -> Result<BytesMut, Error> {
        let mut bytes = self.source.stream(&file.key).await?;
        let mut hasher = self.algorithm.map(|algorithm| algorithm.begin());
        let (mut pending, mut size) = (BytesMut::new(), 0);
        while let Some(piece) = bytes.try_next().await? {
            size += piece.len() as u64;
            if size > file.size {
                break;
            }
            if let Some(hasher) = &mut hasher {
                hasher.update(&piece);
            }
            pending.extend_from_slice(&piece);
            while pending.len() > PART {
                parts.send(pending.split_to(PART).freeze()).await?;
                (self.watch)(Progress::Done(PART as u64));
            }
        }
        check_size(&file.key, file.size, size)?;
        self.check(file, hasher.map(|hasher| hasher.finish()))?;
        Ok(pending)
    }

    /// Checks that bytes with the digest `found` are those of a file.
    fn check(&self, file: &DataFile, found: Option<Digest>) -> Result<(), Error> {
        match file.digest.zip(found) {
            Some((expected, found)) => check_digest(&file.key, expected, found),
            None => Ok(()),
        }
    }

    /// Checks that what is in the target under the key `to` is the file. Where it has no digest,
    /// it is read on both sides.
    pub(super) async fn check_there(&self, file: &DataFile, to: &Key) -> Result<(), Error> {
        let (algorithm, expected) = match self.algorithm.zip(file.digest) {
            Some(known) => known,
            None => {
                let algorithm = Checksums::standard();
                let source = digest_of(self.source, &file.key, file.size, algorithm).await?;
                (algorithm, source)
            }
        };
        check_digest(to, expected, digest_of(self.target, to, file.size, algorithm).await?)
    }
}

/// The digest of an object, which must have this size.
pub(super) async fn digest_of(
    objects: &Objects,
    key: &Key,
    size: u64,
    algorithm: Algorithm,
) -> Result<Digest, Error> {
    let (mut bytes, mut hasher, mut found) = (objects.stream(key).await?, algorithm.begin(), 0);
    while let Some(piece) = bytes.try_next().await? {
        found += piece.len() as u64;
        if found > size {
            break;
        }
        hasher.update(&piece);
    }
    check_size(key, size, found)?;
    Ok(hasher.finish())
}

fn check_size(key: &Key, expected: u64, found: u64) -> Result<(), Error> {
    match expected == found {
        true => Ok(()),
        false => Err(Error::Truncated { key: key.clone(), expected, found }),
    }
}

fn check_digest(key: &Key, expected: Digest, found: Digest) -> Result<(), Error> {
    match expected == found {
        true => Ok(()),
        false => Err(Error::Corrupt { key: key.clone(), expected, found }),
    }
}
