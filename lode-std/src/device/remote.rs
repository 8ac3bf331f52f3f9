//! A device's medium on any object store.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use lode_core::key::Key;
use lode_core::store::{ErrorType, ListStore, Name, ReadStore, Store};
use object_store::ObjectStore;

use super::{DeviceError, MAX_OBJECT};
use crate::Error;
use crate::blocking::Runtime;
use crate::store::{Creation, Objects};

/// A device's medium on any object store, so that the device engine runs against S3.
///
/// Each call is one request, and waits for it; a read that begins behind the end of an object is
/// two. It may not be called within an async runtime, as all of [`blocking`](crate::blocking).
#[derive(Clone, Debug)]
pub struct Remote {
    objects: Objects,
    runtime: Runtime,
}

impl Remote {
    /// The medium whose objects lie right in `store`. Costs nothing yet.
    pub fn new(runtime: Runtime, store: Arc<dyn ObjectStore>) -> Self {
        Self { objects: Objects::new(store), runtime }
    }
}

impl ErrorType for Remote {
    type Error = DeviceError;
}

impl ReadStore for Remote {
    fn read(&mut self, name: &Name, offset: u64, buf: &mut [u8]) -> Result<usize, DeviceError> {
        let length = buf.len() as u64;
        let key = Key::from(*name);
        match self.runtime.wait(self.objects.read_up_to(&key, offset, length)) {
            Ok(bytes) => {
                for (to, from) in buf.iter_mut().zip(&bytes) {
                    *to = *from;
                }
                Ok(bytes.len())
            }
            Err(Error::Missing { .. }) => Err(DeviceError::NotFound { name: *name }),
            Err(source) => Err(DeviceError::Store { source: Box::new(source) }),
        }
    }
}

impl Store for Remote {
    const MAX_OBJECT: usize = MAX_OBJECT;

    fn create(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), DeviceError> {
        let bytes = Bytes::from(parts.concat());
        match self.runtime.wait(self.objects.create(&Key::from(*name), bytes)) {
            Creation::Created => Ok(()),
            Creation::Exists => Err(DeviceError::Taken { name: *name }),
            Creation::Rejected(source) => Err(DeviceError::Store { source: Box::new(source) }),
            Creation::Unknown(source) => {
                Err(DeviceError::Unknown { name: *name, source: Box::new(source) })
            }
        }
    }

    fn replace(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), DeviceError> {
        let bytes = Bytes::from(parts.concat());
        let written = self.runtime.wait(self.objects.overwrite(&Key::from(*name), bytes));
        written.map_err(|source| DeviceError::Unknown { name: *name, source: Box::new(source) })
    }

    fn remove(&mut self, name: &Name) -> Result<(), DeviceError> {
        let removed = self.runtime.wait(self.objects.delete(&Key::from(*name)));
        removed.map_err(|source| DeviceError::Unknown { name: *name, source: Box::new(source) })
    }
}

impl ListStore for Remote {
    fn list(&mut self, visit: &mut dyn FnMut(&Name)) -> Result<(), DeviceError> {
        let list = self.runtime.wait(self.objects.list_top().try_collect::<Vec<_>>());
        let list = list.map_err(|source| DeviceError::Store { source: Box::new(source) })?;
        let names = list.iter().filter_map(|meta| {
            let (kind, number) = Name::parse(meta.location.as_ref().as_bytes())?;
            Name::new(kind, number)
        });
        names.for_each(|name| visit(&name));
        Ok(())
    }
}
