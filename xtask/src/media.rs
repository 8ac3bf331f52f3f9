//! `cargo xtask media`: the command on media with limits of their own.
//!
//! On exFAT, which has no hard links and folds case: the conformance suite, `put` killed and
//! resumed, `write`, `gc` and `verify`. On a disk of 16 MiB, run full in each of `put`, `write`,
//! `sync` and `gc`, then freed: nothing is lost, and everything goes on. Needs root and a loop
//! device; where they are missing it says so and checks nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::command::{
    Failure, Program, apt_install, lode, make_folder, remove, succeed, target, text,
};

/// How often `put` is killed.
const KILLS: u64 = 8;
/// How many bytes are put on exFAT.
const UPLOAD: usize = 24 << 20;
/// The size of the disk that runs full.
const DISK: &str = "size=16m";
/// What is on it at first, of a volume and of each snapshot of a dataset.
const SMALL: usize = 1 << 20;
/// What does not fit any more.
const LARGE: usize = 6 << 20;

/// `cargo xtask media [--seed SEED]`.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let seed = match args {
        [] => fastrand::u64(..),
        [option, seed] if option == "--seed" => seed.parse().map_err(|_| usage())?,
        _ => return Err(usage()),
    };
    eprintln!("seed {seed}");
    let folder = target().join("media");
    remove(&folder)?;
    make_folder(&folder)?;
    let media = Media { lode: lode()?, folder, seed };
    match media.mount("tmpfs", &["-t", "tmpfs", "-o", DISK, "tmpfs"])? {
        Some(disk) => media.run_full(&disk)?,
        None => eprintln!("skipped: no file system can be mounted here"),
    }
    match media.exfat()? {
        Some(exfat) => media.carry(&exfat)?,
        None => eprintln!("skipped: there is no loop device with exFAT here"),
    }
    Ok(())
}

fn usage() -> Failure {
    Failure::Check("It is media [--seed S]".into())
}

struct Media {
    lode: PathBuf,
    folder: PathBuf,
    seed: u64,
}

/// A mounted file system, until it is dropped.
struct Mounted {
    path: PathBuf,
    device: Option<String>,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.path).status();
        if let Some(device) = &self.device {
            let _ = Command::new("losetup").args(["-d", device]).status();
        }
    }
}

impl Mounted {
    /// Where the store is.
    fn store(&self) -> Result<String, Failure> {
        let store = self.path.join("store");
        make_folder(&store)?;
        Ok(store.display().to_string())
    }

    /// Fills all that is free with somebody else's bytes, apart from so many.
    fn fill(&self, spare: usize) -> Result<(), Failure> {
        let (others, spared) = (self.path.join("others"), self.path.join("spared"));
        fs::write(&spared, vec![1; spare]).map_err(|source| Failure::io("spare room", source))?;
        let mut size = 0;
        for piece in [1 << 20, 4 << 10] {
            let zeros = vec![0; piece];
            let file = fs::OpenOptions::new().create(true).append(true).open(&others);
            let mut file = file.map_err(|source| Failure::io(others.display(), source))?;
            while io::Write::write_all(&mut file, &zeros).is_ok() {
                size += piece;
            }
        }
        fs::remove_file(&spared).map_err(|source| Failure::io(spared.display(), source))?;
        match size {
            0 => Err(Failure::Check("the disk was full before it was filled".into())),
            _ => Ok(()),
        }
    }

    fn free(&self) -> Result<(), Failure> {
        let others = self.path.join("others");
        fs::remove_file(&others).map_err(|source| Failure::io(others.display(), source))
    }
}

impl Media {
    fn mount(&self, name: &str, args: &[&str]) -> Result<Option<Mounted>, Failure> {
        let path = self.folder.join(name);
        make_folder(&path)?;
        let mounted = Program::new("mount").args(args).args([&path]).output()?;
        Ok(mounted.status.success().then_some(Mounted { path, device: None }))
    }

    fn exfat(&self) -> Result<Option<Mounted>, Failure> {
        if Command::new("mount.exfat-fuse").arg("-V").output().is_err() {
            apt_install(["exfat-fuse", "exfatprogs"])?;
        }
        let (image, path) = (self.folder.join("image"), self.folder.join("exfat"));
        make_folder(&path)?;
        Program::new("truncate").args(["--size", "256M"]).args([&image]).run()?;
        if !Program::new("mkfs.exfat").args([&image]).output()?.status.success() {
            return Ok(None);
        }
        let losetup = Program::new("losetup").args(["--find", "--show"]).args([&image]).output()?;
        if !losetup.status.success() {
            return Ok(None);
        }
        let device = text(&losetup.stdout).trim().to_string();
        let mounted = Program::new("mount.exfat-fuse").args([&device]).args([&path]).output()?;
        // Dropped, it gives the device back.
        let exfat = Mounted { path, device: Some(device) };
        Ok(mounted.status.success().then_some(exfat))
    }

    fn content(&self, number: u64, size: usize) -> Vec<u8> {
        let mut random = Rng::with_seed(self.seed ^ number);
        let mut content = vec![0; size];
        random.fill(&mut content);
        content
    }

    /// A file outside of what is mounted.
    fn file(&self, number: u64, size: usize) -> Result<PathBuf, Failure> {
        let file = self.folder.join(number.to_string());
        fs::write(&file, self.content(number, size))
            .map_err(|source| Failure::io(file.display(), source))?;
        Ok(file)
    }

    fn lode<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(&self.lode);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn succeeds<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Result<Vec<u8>, Failure> {
        succeed(&mut self.lode(args)).map(|output| output.stdout)
    }

    /// Runs a command that finds no room: what it says must name the reason.
    fn runs_full<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Result<(), Failure> {
        let mut command = self.lode(["--json"]);
        command.args(args);
        let output = command.output().map_err(|source| Failure::io("lode", source))?;
        let said = text(&output.stderr);
        match !output.status.success() && said.contains("\"out-of-space\"") {
            true => Ok(()),
            false => Err(Failure::Check(format!("{command:?}: {}: {said}", output.status))),
        }
    }

    /// What was put as this file is there.
    fn compare(&self, read: &[&str], number: u64, size: usize) -> Result<(), Failure> {
        match self.succeeds(read.iter().copied())? == self.content(number, size) {
            true => Ok(()),
            false => Err(Failure::Check(format!("seed {}: {read:?} has other bytes", self.seed))),
        }
    }

    fn carry(&self, exfat: &Mounted) -> Result<(), Failure> {
        let store = &*exfat.store()?;
        let said = self.succeeds(["probe", store, "--contenders", "16"])?;
        eprintln!("{}", text(&said).trim_end());
        let file = self.file(1, UPLOAD)?;
        self.put_and_kill(store, &file)?;
        self.compare(&["get", store, "volumes/v"], 1, UPLOAD)?;
        for number in 2..=4 {
            let file = self.file(number, SMALL)?.display().to_string();
            self.succeeds(["write", store, "datasets/d", &file])?;
        }
        // What was staged by those that were killed, and the first of the snapshots.
        let volume = self.collect(store, "volumes/v", &[])?;
        let dataset = self.collect(store, "datasets/d", &["--keep", "2"])?;
        self.succeeds(["verify", store, "--data"])?;
        self.compare(&["get", store, "volumes/v"], 1, UPLOAD)?;
        self.compare(&["read", store, "datasets/d", "--raw"], 4, SMALL)?;
        eprintln!(
            "exFAT: a put came to its end after {KILLS} kills, collections deleted {volume} and \
             {dataset} objects, nothing is lost"
        );
        Ok(())
    }

    /// Kills `put` at random moments, then lets it come to its end.
    #[allow(clippy::disallowed_methods, reason = "a process is killed, in real time")]
    fn put_and_kill(&self, store: &str, file: &Path) -> Result<(), Failure> {
        let mut random = Rng::with_seed(!self.seed);
        let (name, block) = (file.display().to_string(), "256KiB");
        let put = ["put", store, "volumes/v", &name, "--block", block];
        let begin = Instant::now();
        for _ in 0..KILLS {
            let mut child = self.lode(put).spawn().map_err(|e| Failure::io("lode put", e))?;
            std::thread::sleep(Duration::from_millis(random.u64(5..80)));
            // It may have come to its end.
            child.kill().map_err(|source| Failure::io("kill", source))?;
            child.wait().map_err(|source| Failure::io("lode put", source))?;
        }
        self.succeeds(put)?;
        eprintln!("put {} MiB in {} ms", UPLOAD >> 20, begin.elapsed().as_millis());
        Ok(())
    }

    /// Collects, and says how many objects were deleted.
    fn collect(&self, store: &str, what: &str, rules: &[&str]) -> Result<u64, Failure> {
        let args = ["--json", "gc", store, what, "--now"].into_iter();
        let said = self.succeeds(args.chain(rules.iter().copied()))?;
        let said = text(&said);
        let last = said.lines().last().unwrap_or_default();
        let report: serde_json::Value = serde_json::from_str(last)
            .map_err(|error| Failure::Check(format!("gc --json: {error}: {said}")))?;
        let deleted = report.pointer("/deleted/objects").and_then(serde_json::Value::as_u64);
        deleted.ok_or_else(|| Failure::Check(format!("gc --json does not say it: {last}")))
    }

    fn run_full(&self, disk: &Mounted) -> Result<(), Failure> {
        let store = &*disk.store()?;
        let (small, large) = (self.file(1, SMALL)?, self.file(2, LARGE)?);
        let (small, large) = (&*small.display().to_string(), &*large.display().to_string());
        let start = (SMALL.to_string(), (SMALL + LARGE).to_string());
        let first = ["put", store, "volumes/v", small, "--length", &start.1, "--block", "64KiB"];
        let put = ["put", store, "volumes/v", large, "--at", &start.0, "--block", "64KiB"];
        let write = ["write", store, "datasets/d", large];
        self.succeeds(first)?;
        for number in 3..=5 {
            let file = self.file(number, SMALL)?.display().to_string();
            self.succeeds(["write", store, "datasets/d", &file])?;
        }
        let source = self.folder.join("source");
        make_folder(&source)?;
        let source = &*source.display().to_string();
        self.succeeds(["put", source, "volumes/w", large, "--block", "64KiB"])?;
        let sync = ["sync", source, "volumes/w", store];
        let check = || -> Result<(), Failure> {
            self.succeeds(["verify", store, "--data"])?;
            let range = format!("0..{SMALL}");
            self.compare(&["get", store, "volumes/v", "--range", &range], 1, SMALL)?;
            self.compare(&["read", store, "datasets/d", "--raw"], 5, SMALL)
        };

        for (name, command) in [("put", &put[..]), ("write", &write), ("sync", &sync)] {
            disk.fill(SMALL + SMALL / 2)?;
            self.runs_full(command.iter().copied())?;
            check()?;
            disk.free()?;
            check()?;
            eprintln!("full in {name}: nothing is lost");
        }
        // Not a byte is free, and what frees some has to write.
        disk.fill(0)?;
        let deleted = self.collect(store, "datasets/d", &["--keep", "1"])?;
        check()?;
        disk.free()?;
        check()?;
        eprintln!("full in gc: {deleted} objects are deleted all the same, and nothing is lost");

        self.succeeds(put)?;
        let range = format!("{}..{}", start.0, start.1);
        self.compare(&["get", store, "volumes/v", "--range", &range], 2, LARGE)?;
        self.collect(store, "volumes/v", &[])?;
        self.succeeds(["verify", store, "--data"])?;
        // Each of them fits when the others have gone.
        let emptied = Path::new(store);
        remove(&emptied.join("volumes"))?;
        self.succeeds(sync)?;
        self.compare(&["get", store, "volumes/w"], 2, LARGE)?;
        remove(&emptied.join("volumes"))?;
        self.succeeds(write)?;
        self.compare(&["read", store, "datasets/d", "--raw"], 2, LARGE)?;
        self.succeeds(["verify", store, "--data"])?;
        eprintln!("with room, put, sync and write go on");
        Ok(())
    }
}
