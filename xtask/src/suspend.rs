//! `cargo xtask suspend`: writer processes are stopped at random points for several grace periods
//! while others commit and collect, with clocks set back and ahead. What was acknowledged must be
//! there, and nothing may be gone that a live manifest refers to.
//!
//! Each round, on a directory and on an S3 server, for a volume and a dataset:
//!
//! ```text
//! writer      start ─── SIGSTOP (anywhere) ············ SIGCONT ─── exit
//! others               commit, collect, a grace period, commit, collect
//! ```

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::Value;

use crate::command::{Failure, apt_install, lode, make_folder, remove, succeed, target, text};
use crate::parallel::side_by_side;
use crate::stores;

/// How many rounds each lane makes, unless it is said.
const ROUNDS: u64 = 40;
/// How many rounds are made with the same volume or dataset: each collection reads all of it.
const ROUNDS_EACH: u64 = 10;
/// How many things are written in a round.
const WRITES: u64 = 3;
/// What a collection takes for about to be committed, in seconds.
const GRACE: u64 = 1;
/// How many bytes each round writes.
const SIZE: usize = 5000;
/// By how many seconds a clock is wrong.
const SHIFTS: [i64; 5] = [0, -3 * 86_400, 3 * 86_400, -60, 60];

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let (mut rounds, mut seed) = (ROUNDS, fastrand::u64(..));
    for pair in args.chunks(2) {
        let [option, value] = pair else { return Err(usage()) };
        let value = value.parse().map_err(|_| usage())?;
        match option.as_str() {
            "--rounds" => rounds = value,
            "--seed" => seed = value,
            _ => return Err(usage()),
        }
    }
    if Command::new("faketime").arg("--version").output().is_err() {
        apt_install(["faketime"])?;
    }
    eprintln!("seed {seed}, {rounds} rounds each");
    let lode = lode()?;
    let folder = target().join("suspend");
    remove(&folder)?;
    let directory = folder.join("store");
    make_folder(&directory)?;
    let directory = directory.display().to_string();
    stores::while_timeless(|s3| {
        let lanes = [("volumes/v", &*directory), ("datasets/d", &directory)]
            .into_iter()
            .chain([("volumes/v", s3), ("datasets/d", s3)]);
        let lanes: Vec<_> = (0_u64..)
            .zip(lanes)
            .map(|(number, (subject, store))| Lane {
                lode: &lode,
                store,
                subject,
                folder: folder.join(format!("lane-{number}")),
                rounds,
                seed: seed.wrapping_add(number),
            })
            .collect();
        side_by_side(&lanes, lanes.len(), Lane::run)
    })
}

fn usage() -> Failure {
    Failure::Check("It is suspend [--rounds N] [--seed S]".into())
}

/// Volumes or datasets that are written to while their writers are stopped.
struct Lane<'a> {
    lode: &'a Path,
    store: &'a str,
    /// The beginning of their names.
    subject: &'a str,
    /// For the files that are written.
    folder: PathBuf,
    rounds: u64,
    seed: u64,
}

/// What has been acknowledged: of each write its number, and where it is.
type Acknowledged = BTreeMap<u64, Place>;

#[derive(Clone, Debug)]
enum Place {
    Offset(u64),
    Version(String),
}

impl Lane<'_> {
    #[allow(clippy::disallowed_methods, reason = "processes are stopped and rest, in real time")]
    fn run(&self) -> Result<(), Failure> {
        make_folder(&self.folder)?;
        let mut random = Rng::with_seed(self.seed);
        let mut acknowledged = Acknowledged::new();
        let begun = Instant::now();
        self.write(0, 0)?.wait(&mut acknowledged)?;
        let usual = begun.elapsed();
        let (mut stopped, mut refused) = (0, 0);
        for round in 1..=self.rounds {
            let shift = |random: &mut Rng| random.choice(SHIFTS).unwrap_or_default();
            let subject = self.subject_of(round * WRITES);
            let mut writer = self.write(round * WRITES, shift(&mut random))?;
            sleep(usual.mul_f64(random.f64()));
            let is_stopped = writer.signal("STOP")?;
            stopped += u64::from(is_stopped);
            for step in 1..WRITES {
                let other = self.write(round * WRITES + step, shift(&mut random))?;
                refused += u64::from(!other.wait(&mut acknowledged)?);
                self.collect(&subject, shift(&mut random), &mut random)?;
                sleep(Duration::from_millis(random.u64(1000..2000) * GRACE));
            }
            self.collect(&subject, shift(&mut random), &mut random)?;
            writer.signal("CONT")?;
            refused += u64::from(!writer.wait(&mut acknowledged)?);
            self.verify(&subject, round)?;
        }
        for (number, place) in &acknowledged {
            self.compare(*number, place)?;
        }
        eprintln!(
            "{} on {}: {} acknowledged writes are there, {refused} were refused; {stopped} of {} \
             writers were stopped in the middle; nothing is damaged",
            self.subject,
            self.store.split('?').next().unwrap_or_default(),
            acknowledged.len(),
            self.rounds
        );
        Ok(())
    }

    /// The volume or dataset that the write of this number goes to.
    fn subject_of(&self, number: u64) -> String {
        format!("{}-{}", self.subject, number / WRITES / ROUNDS_EACH)
    }

    fn is_volume(&self) -> bool {
        self.subject.starts_with("volumes/")
    }

    /// The command with a clock that is wrong by so many seconds.
    fn command(&self, shift: i64) -> Command {
        let mut command = match shift {
            0 => Command::new(self.lode),
            shift => {
                let mut command = Command::new("faketime");
                command.args(["-f", &format!("{shift:+}s")]).arg(self.lode);
                command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
                command
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn content(&self, number: u64) -> Vec<u8> {
        let mut random = Rng::with_seed(self.seed ^ number);
        std::iter::repeat_with(|| random.u8(..)).take(SIZE).collect()
    }

    /// Starts to write what has this number.
    fn write(&self, number: u64, shift: i64) -> Result<Writer, Failure> {
        let file = self.folder.join(number.to_string());
        std::fs::write(&file, self.content(number))
            .map_err(|source| Failure::io(file.display(), source))?;
        let mut command = self.command(shift);
        let subject = self.subject_of(number);
        let offset = number * SIZE as u64;
        match self.is_volume() {
            true => {
                let length = (self.rounds + 1) * WRITES * SIZE as u64;
                command.args(["put", self.store, &subject]).arg(&file);
                command.args(["--at", &offset.to_string(), "--length", &length.to_string()]);
            }
            false => _ = command.args(["--json", "write", self.store, &subject]).arg(&file),
        }
        // `faketime` has the command for a child, which must be stopped with it.
        let process = command
            .process_group(0)
            .spawn()
            .map_err(|source| Failure::io(self.lode.display(), source))?;
        let offset = self.is_volume().then_some(offset);
        Ok(Writer { process, number, offset })
    }

    /// Collects what nothing refers to. Nothing is dropped, so that all that was acknowledged must
    /// be there in the end.
    fn collect(&self, subject: &str, shift: i64, random: &mut Rng) -> Result<(), Failure> {
        let mut command = self.command(shift);
        command.args(["gc", self.store, subject]);
        match random.bool() {
            true => command.arg("--now"),
            false => command.args(["--grace", &format!("{GRACE}s")]),
        };
        succeed(&mut command).map(drop)
    }

    fn verify(&self, subject: &str, round: u64) -> Result<(), Failure> {
        let mut command = self.command(0);
        command.args(["verify", self.store, subject, "--data"]);
        succeed(&mut command).map(drop).map_err(|failure| {
            Failure::Check(format!("seed {}, round {round}: {failure}", self.seed))
        })
    }

    /// What was acknowledged is there.
    fn compare(&self, number: u64, place: &Place) -> Result<(), Failure> {
        let mut command = self.command(0);
        let subject = self.subject_of(number);
        match place {
            Place::Offset(offset) => {
                let range = format!("{offset}..{}", offset + SIZE as u64);
                command.args(["get", self.store, &subject, "--range", &range]);
            }
            Place::Version(version) => {
                let target = [self.store, &subject, "--raw", "--snapshot", version];
                command.arg("read").args(target);
            }
        }
        let output = succeed(&mut command)?;
        if output.stdout == self.content(number) {
            return Ok(());
        }
        let what = format!("seed {}: write {number} at {place:?} has other bytes", self.seed);
        Err(Failure::Check(what))
    }
}

/// A process that writes.
struct Writer {
    process: std::process::Child,
    number: u64,
    /// Where in a volume.
    offset: Option<u64>,
}

impl Writer {
    /// Sends a signal: whether there was a process to take it.
    fn signal(&mut self, signal: &str) -> Result<bool, Failure> {
        let has_ended = self.process.try_wait().map_err(|source| Failure::io("wait", source))?;
        if has_ended.is_some() {
            return Ok(false);
        }
        let group = format!("-{}", self.process.id());
        let status = Command::new("kill").args(["-s", signal, "--", &group]).status();
        Ok(status.map_err(|source| Failure::io("kill", source))?.success())
    }

    /// Waits for its end: whether what it wrote was acknowledged.
    fn wait(self, acknowledged: &mut Acknowledged) -> Result<bool, Failure> {
        let output =
            self.process.wait_with_output().map_err(|source| Failure::io("lode", source))?;
        if !output.status.success() {
            eprintln!("write {}: {}", self.number, text(&output.stderr));
            return Ok(false);
        }
        let place = match self.offset {
            Some(offset) => Place::Offset(offset),
            None => Place::Version(version(&output)?),
        };
        acknowledged.insert(self.number, place);
        Ok(true)
    }
}

/// The version that a write has said it made.
fn version(output: &Output) -> Result<String, Failure> {
    let said: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    let version = said.as_ref().and_then(|said| said.get("version")).and_then(Value::as_str);
    version
        .map(str::to_string)
        .ok_or_else(|| Failure::Check(format!("there is no version in {}", text(&output.stdout))))
}
