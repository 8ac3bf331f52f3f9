//! A device's medium in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lode_core::store::{ErrorType, ListStore, Name, ReadStore, Store};

use super::{DeviceError, MAX_OBJECT};

/// A device's medium in memory. Clones share one, so that a test can look at it, or open it again
/// as if the device had started anew.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    objects: Arc<Mutex<BTreeMap<Name, Vec<u8>>>>,
}

impl Memory {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<Name, Vec<u8>>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ErrorType for Memory {
    type Error = DeviceError;
}

impl ReadStore for Memory {
    fn read(&mut self, name: &Name, offset: u64, buf: &mut [u8]) -> Result<usize, DeviceError> {
        let objects = self.objects();
        let bytes = objects.get(name).ok_or(DeviceError::NotFound { name: *name })?;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = bytes.get(offset..).unwrap_or_default();
        let count = rest.len().min(buf.len());
        for (to, from) in buf.iter_mut().zip(rest) {
            *to = *from;
        }
        Ok(count)
    }
}

impl Store for Memory {
    const MAX_OBJECT: usize = MAX_OBJECT;

    fn create(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), DeviceError> {
        let mut objects = self.objects();
        if objects.contains_key(name) {
            return Err(DeviceError::Taken { name: *name });
        }
        objects.insert(*name, parts.concat());
        Ok(())
    }

    fn replace(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), DeviceError> {
        self.objects().insert(*name, parts.concat());
        Ok(())
    }

    fn remove(&mut self, name: &Name) -> Result<(), DeviceError> {
        self.objects().remove(name);
        Ok(())
    }
}

impl ListStore for Memory {
    fn list(&mut self, visit: &mut dyn FnMut(&Name)) -> Result<(), DeviceError> {
        // Who is called may use the medium.
        let names: Vec<_> = self.objects().keys().copied().collect();
        names.iter().for_each(visit);
        Ok(())
    }
}
