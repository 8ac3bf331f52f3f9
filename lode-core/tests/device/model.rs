//! Random operations, against a map of bytes.

use std::collections::BTreeMap;

use fastrand::Rng;
use lode_core::{ErrorKind, VolumeError};

use crate::medium::{Fault, Medium};
use crate::{Device, mounted, range};

const RUNS: usize = 5;

/// What the volume has to hold.
#[derive(Clone, Default)]
struct Model {
    committed: BTreeMap<u64, u8>,
    /// By offset.
    staged: BTreeMap<u64, Vec<u8>>,
    version: u64,
}

impl Model {
    fn commit(&mut self) {
        for (offset, bytes) in std::mem::take(&mut self.staged) {
            self.committed.extend((offset..).zip(bytes));
        }
        self.version += 1;
    }

    fn check(&self, volume: &mut Device<RUNS>, random: &mut Rng, seed: u64) {
        assert_eq!(volume.head().map_or(0, |head| head.get()), self.version, "seed {seed}");
        assert_eq!(volume.covered(), self.committed.len() as u64, "seed {seed}");
        let start = random.u64(..200);
        let mut bytes = vec![0; 1 + random.usize(..60)];
        let wanted = range(start, start + bytes.len() as u64);
        let missing = (wanted.start()..wanted.end()).find(|at| !self.committed.contains_key(at));
        match (volume.read_at(start, &mut bytes), missing) {
            (Ok(()), None) => {
                let expected = self.committed.range(wanted.start()..wanted.end());
                assert!(expected.map(|(_, byte)| byte).eq(&bytes), "seed {seed}");
            }
            (Err(VolumeError::RangeMissing { gap }), Some(at)) => {
                assert_eq!(gap.start(), at, "seed {seed}");
            }
            (result, _) => panic!("seed {seed}: {result:?}"),
        }
    }

    fn runs(&self) -> usize {
        let mut all = self.committed.clone();
        for (offset, bytes) in &self.staged {
            all.extend((*offset..).zip(bytes.iter().copied()));
        }
        all.keys().filter(|at| **at == 0 || !all.contains_key(&(**at - 1))).count()
    }

    fn stage(&mut self, volume: &mut Device<RUNS>, random: &mut Rng, seed: u64) {
        let (offset, length) = (random.u64(..50) * 4, 4 * (1 + random.u64(..3)));
        let bytes: Vec<u8> = (0..length).map(|at| (offset + at) as u8 ^ 0x5a).collect();
        let result = volume.stage(offset, &bytes);
        let free = |at: &u64| !self.committed.contains_key(at);
        let overlaps = self
            .staged
            .iter()
            .any(|(start, it)| *start < offset + length && offset < start + it.len() as u64);
        if self.staged.get(&offset) == Some(&bytes) {
            return assert_eq!(result, Ok(()), "seed {seed}");
        }
        if overlaps {
            let overlap = matches!(result, Err(VolumeError::Overlap { .. }));
            return assert!(overlap, "seed {seed}: {result:?}");
        }
        if !(offset..offset + length).all(|at| free(&at)) {
            // The very same block, or another.
            let overlap = matches!(result, Ok(()) | Err(VolumeError::Overlap { .. }));
            return assert!(overlap, "seed {seed}: {result:?}");
        }
        self.staged.insert(offset, bytes);
        if self.staged.len() > RUNS || self.runs() > RUNS {
            self.staged.remove(&offset);
            return assert_eq!(result, Err(VolumeError::Full { runs: RUNS }), "seed {seed}");
        }
        assert_eq!(result, Ok(()), "seed {seed}");
    }
}

#[test]
fn random_operations() {
    for seed in 0..2000 {
        let mut random = Rng::with_seed(seed);
        let medium = Medium::default();
        let mut volume = mounted::<RUNS>(&medium);
        let mut model = Model::default();
        for _ in 0..60 {
            match random.u64(..10) {
                0..=5 => model.stage(&mut volume, &mut random, seed),
                6 | 7 => match volume.commit(&[], &mut [0; 1024]) {
                    Ok(_) if model.staged.is_empty() => {}
                    Ok(_) => model.commit(),
                    Err(error) => assert_eq!(
                        (error, model.version),
                        (VolumeError::NothingStaged, 0),
                        "seed {seed}"
                    ),
                },
                8 => {
                    volume.prune(1 + random.u64(..3)).unwrap();
                }
                _ => {
                    volume = mounted(&medium);
                    model.staged.clear();
                }
            }
            model.check(&mut volume, &mut random, seed);
        }
    }
}

#[test]
fn random_operations_with_cuts() {
    for seed in 0..2000 {
        let mut random = Rng::with_seed(seed);
        let medium = Medium::default();
        let mut volume = mounted::<RUNS>(&medium);
        let mut model = Model::default();
        for _ in 0..12 {
            for _ in 0..=random.u64(..RUNS as u64 - 1) {
                model.stage(&mut volume, &mut random, seed);
            }
            let faults = [
                Fault::CutBefore,
                Fault::CutAfter,
                Fault::CutWithin,
                Fault::ReplyLost,
                Fault::Full,
            ];
            let fault = faults[random.usize(..5)];
            medium.plan(random.usize(..40), fault);
            let committed = volume.commit(&[("seed", "any")], &mut [0; 1024]);
            let pruned = volume.prune(2);
            medium.power_up();
            if committed.is_ok() && !model.staged.is_empty() {
                model.commit();
            }
            if committed.is_err() || pruned.is_err() {
                volume = mounted(&medium);
                let head = volume.head().map_or(0, |head| head.get());
                if head > model.version {
                    model.commit();
                }
                model.staged.clear();
            }
            if let Err(error) = committed {
                assert_ne!(error.kind(), ErrorKind::Corrupt, "seed {seed}");
            }
            model.check(&mut volume, &mut random, seed);
        }
    }
}
