//! A medium in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use lode_core::ErrorKind;
use lode_core::store::{self, ErrorType, Name, ReadStore, Store};

/// What lies on a medium; clones share it, as a device does with itself after a reset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Medium(Rc<RefCell<State>>);

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    /// How many bytes all objects may have together, names included.
    capacity: Option<usize>,
    calls: usize,
    fault: Option<(usize, Fault)>,
    /// After a cut nothing works until the power is back.
    dead: bool,
}

/// What happens at one call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// The power is cut before it.
    CutBefore,
    /// The power is cut behind it.
    CutAfter,
    /// The power is cut in the middle; a hint is torn.
    CutWithin,
    /// It fails, once, and has done nothing.
    Fails,
    /// It is reported to have failed, once, and has done what it should.
    ReplyLost,
    /// The medium is full, once.
    Full,
    /// From then on nothing is there.
    Gone,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Failure(pub(crate) ErrorKind);

impl store::Error for Failure {
    fn kind(&self) -> ErrorKind {
        self.0
    }
}

impl Medium {
    /// The fault happens at the `call`th call from now on, counted from 0.
    pub(crate) fn plan(&self, call: usize, fault: Fault) {
        let mut state = self.0.borrow_mut();
        state.calls = 0;
        state.fault = Some((call, fault));
    }

    /// The power is back, and nothing is planned. Whether the fault had happened.
    pub(crate) fn power_up(&self) -> bool {
        let mut state = self.0.borrow_mut();
        state.dead = false;
        let happened = state.fault.is_some_and(|(call, _)| state.calls > call);
        state.fault = None;
        happened
    }

    pub(crate) fn limit(&self, capacity: Option<usize>) {
        self.0.borrow_mut().capacity = capacity;
    }

    pub(crate) fn calls(&self) -> usize {
        self.0.borrow().calls
    }

    /// A medium with the same objects, for a test to do what it likes to.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::default();
        copy.0.borrow_mut().objects = self.objects();
        copy
    }

    pub(crate) fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.0.borrow().objects.clone()
    }

    pub(crate) fn names(&self, letter: char) -> Vec<String> {
        let state = self.0.borrow();
        state.objects.keys().filter(|name| name.starts_with(letter)).cloned().collect()
    }

    pub(crate) fn get(&self, name: &str) -> Vec<u8> {
        self.0.borrow().objects[name].clone()
    }

    pub(crate) fn put(&self, name: &str, bytes: Option<Vec<u8>>) {
        let objects = &mut self.0.borrow_mut().objects;
        match bytes {
            Some(bytes) => objects.insert(name.to_owned(), bytes),
            None => objects.remove(name),
        };
    }

    fn write(&self, name: &Name, parts: &[&[u8]], over: bool) -> Result<(), Failure> {
        let bytes = parts.concat();
        self.0.borrow_mut().call(|state, torn| {
            let name = name.to_string();
            if state.objects.contains_key(&name) && !over {
                return Err(Failure(ErrorKind::Conflict));
            }
            if torn {
                if over {
                    let torn = [&bytes[..bytes.len() / 2], &b"?????"[..]].concat();
                    state.objects.insert(name, torn);
                }
                return Ok(());
            }
            let others = state.objects.iter().filter(|(other, _)| **other != name);
            let used: usize = others.map(|(name, bytes)| name.len() + bytes.len()).sum();
            if state.capacity.is_some_and(|most| used + name.len() + bytes.len() > most) {
                return Err(Failure(ErrorKind::OutOfSpace));
            }
            state.objects.insert(name, bytes);
            Ok(())
        })
    }
}

impl State {
    fn call<T>(
        &mut self,
        work: impl FnOnce(&mut Self, bool) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        const FAILED: Failure = Failure(ErrorKind::Store);
        if self.dead {
            return Err(FAILED);
        }
        let fault = self.fault.filter(|(call, _)| *call == self.calls).map(|(_, fault)| fault);
        self.calls += 1;
        match fault {
            None => work(self, false),
            Some(Fault::Fails) => Err(FAILED),
            Some(Fault::Full) => Err(Failure(ErrorKind::OutOfSpace)),
            Some(Fault::Gone) => {
                self.objects.clear();
                work(self, false)
            }
            Some(Fault::ReplyLost) => work(self, false).and(Err(FAILED)),
            Some(cut) => {
                if cut != Fault::CutBefore {
                    let _ = work(self, cut == Fault::CutWithin);
                }
                self.dead = true;
                Err(FAILED)
            }
        }
    }
}

impl ErrorType for Medium {
    type Error = Failure;
}

impl ReadStore for Medium {
    fn read(&mut self, name: &Name, offset: u64, buf: &mut [u8]) -> Result<usize, Failure> {
        self.0.borrow_mut().call(|state, _| {
            let object = state.objects.get(name.as_str()).ok_or(Failure(ErrorKind::NotFound))?;
            let rest = object.get(offset as usize..).unwrap_or_default();
            let count = rest.len().min(buf.len());
            buf[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        })
    }
}

impl Store for Medium {
    const MAX_OBJECT: usize = 8192;

    fn create(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), Failure> {
        self.write(name, parts, false)
    }

    fn replace(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), Failure> {
        self.write(name, parts, true)
    }

    fn remove(&mut self, name: &Name) -> Result<(), Failure> {
        self.0.borrow_mut().call(|state, torn| {
            if !torn {
                state.objects.remove(name.as_str());
            }
            Ok(())
        })
    }
}
