//! The device engine on a host's stores, and what it leaves read by the host.

use lode_core::device::Settings;
use lode_core::store::Store;
use lode_core::time::NoClock;
use lode_core::{ErrorKind, Volume};
use lode_std::blocking::Runtime;
use lode_std::device::{Directory, Memory, Remote};
use lode_std::replicate::Replication;
use lode_std::{VolumeReader, meta, store};

use crate::support::scripted::Scripted;
use crate::support::{fresh, pattern};

const SETTINGS: Settings = Settings { id: "logger-7", length: 4096, device: 7 };
/// Offset and length of each commit; with gaps, out of order, and next to each other.
const COMMITS: [(u64, usize); 6] =
    [(0, 100), (1000, 30), (100, 100), (2000, 1), (1030, 30), (500, 64)];

fn bytes_of((offset, length): (u64, usize)) -> Vec<u8> {
    pattern(offset, length)
}

/// Logs all commits, the device being started anew before each, and prunes on the way.
pub(crate) fn log<S: Store>(open: impl Fn() -> S) {
    for (number, commit) in COMMITS.into_iter().enumerate() {
        let mut volume = Volume::<_, _, 8>::new(open(), NoClock);
        volume.mount(SETTINGS).unwrap();
        assert_eq!(volume.head().map_or(0, |head| head.get()), number as u64);
        volume.stage(commit.0, &bytes_of(commit)).unwrap();
        volume.commit(&[("by", "logger")], &mut [0; 1024]).unwrap();
        volume.prune(2).unwrap();
    }
    let mut volume = Volume::<_, _, 8>::new(open(), NoClock);
    volume.mount(SETTINGS).unwrap();
    for commit in COMMITS {
        let mut found = vec![0; commit.1];
        volume.read_at(commit.0, &mut found).unwrap();
        assert_eq!(found, bytes_of(commit));
    }
    let error = volume.read_at(3000, &mut [0; 9]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RangeMissing);
}

#[test]
fn it_runs_on_each_store() {
    let memory = Memory::new();
    log(|| memory.clone());
    let directory = tempfile::tempdir().unwrap();
    log(|| Directory::open(directory.path()).unwrap());
    let (runtime, remote) = (Runtime::new().unwrap(), fresh());
    log(|| Remote::new(runtime.clone(), remote.clone()));
}

#[test]
fn a_host_reads_what_it_has_written_and_brings_it_elsewhere() {
    let directory = tempfile::tempdir().unwrap();
    log(|| Directory::open(directory.path()).unwrap());
    let runtime = Runtime::new().unwrap();
    let medium = store::open(directory.path().to_str().unwrap()).unwrap();
    runtime.wait(async {
        let reader = VolumeReader::of_device(medium).await.unwrap();
        assert_eq!((reader.id().as_str(), reader.total_length()), ("logger-7", Some(4096)));
        let versions: Vec<_> = reader.versions().await.unwrap().iter().map(|v| v.get()).collect();
        assert_eq!(versions, [5, 6], "what has not been pruned");
        let source = reader.latest().await.unwrap().unwrap();
        assert_eq!(source.metadata(), &meta! { "by" => "logger" });

        let cloud = Scripted::new();
        let target = lode_std::Volume::existing("logger-7");
        let target = target.open_like(&source, cloud.store()).await.unwrap();
        let report = Replication::new(&source, &target).run().await.unwrap();
        let committed: usize = COMMITS.iter().map(|(_, length)| length).sum();
        assert_eq!((report.sent, report.verified), (committed as u64, committed as u64));
        let there = report.head.unwrap();
        for commit in COMMITS {
            let range = commit.0..commit.0 + commit.1 as u64;
            assert_eq!(there.read_at(range).await.unwrap(), bytes_of(commit));
        }
    });
}
