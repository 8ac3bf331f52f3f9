//! That a copy of a volume which is killed again and again comes to its end, and sends nothing
//! twice that has arrived.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::Value;

use crate::command::{Failure, Program, lode, make_folder, remove, target};

/// How many times it is killed.
const KILLS: u64 = 10;
/// The size of a block, as `lode put` has it.
const BLOCK: u64 = 4 << 20;
/// How much is written where, by turns with gaps of the same size.
const STRETCH: u64 = 8 * BLOCK;
const VOLUME: &str = "volumes/sparse";

/// `cargo xtask replicate [--size SIZE] [--seed SEED]`: as many bytes are committed, and as many
/// are gaps.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let (size, seed) = parse(args)?;
    eprintln!("cargo xtask replicate --size {}MiB --seed {seed}", size >> 20);
    let dir = target().join("replicate");
    remove(&dir)?;
    let [source, copy] = ["source", "copy"].map(|name| dir.join(name));
    make_folder(&source)?;
    make_folder(&copy)?;
    let proof = Proof { lode: lode()?, source, copy, size };
    proof.write(&dir.join("stretch"), seed)?;
    let killed = proof.sync_and_kill(seed)?;
    proof.check(killed)?;
    remove(&dir)
}

fn parse(args: &[String]) -> Result<(u64, u64), Failure> {
    let (mut size, mut seed) = (256 << 20, RandomState::new().hash_one(()));
    for pair in args.chunks(2) {
        let wrong = || Failure::Check(format!("{pair:?}? It is --size 10GiB, --seed NUMBER"));
        match pair {
            [option, value] if option == "--size" => size = bytes(value).ok_or_else(wrong)?,
            [option, value] if option == "--seed" => seed = value.parse().map_err(|_| wrong())?,
            _ => return Err(wrong()),
        }
    }
    match size >= STRETCH && size % STRETCH == 0 {
        true => Ok((size, seed)),
        false => Err(Failure::Check(format!("the size is a multiple of {} MiB", STRETCH >> 20))),
    }
}

/// Reads `10GiB`, `256MiB`.
fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = match text.strip_suffix("GiB") {
        Some(number) => (number, 1 << 30),
        None => (text.strip_suffix("MiB")?, 1 << 20),
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

struct Proof {
    lode: PathBuf,
    source: PathBuf,
    copy: PathBuf,
    /// How many bytes are committed.
    size: u64,
}

impl Proof {
    /// Writes the volume: a stretch of random bytes, a gap, and so on.
    fn write(&self, file: &Path, seed: u64) -> Result<(), Failure> {
        let mut random = Rng::with_seed(seed);
        let mut content = vec![0; STRETCH as usize];
        let length = (2 * self.size).to_string();
        for number in 0..self.size / STRETCH {
            random.fill(&mut content);
            fs::write(file, &content).map_err(|source| Failure::io(file.display(), source))?;
            let at = (2 * number * STRETCH).to_string();
            let put = Program::new(&self.lode).args([Path::new("put"), &self.source]);
            let put = put.args([VOLUME, "--at", &at, "--length", &length]).args([file]);
            let put = put.output()?;
            if !put.status.success() {
                return Err(Failure::Status { program: "lode put".into(), status: put.status });
            }
        }
        fs::remove_file(file).map_err(|source| Failure::io(file.display(), source))
    }

    fn sync(&self) -> Result<Child, Failure> {
        Command::new(&self.lode)
            .arg("sync")
            .arg(&self.source)
            .arg(VOLUME)
            .arg(&self.copy)
            // One block at a time, so that a kill costs no more than one.
            .args(["--in-flight", "1", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| Failure::io("lode sync", source))
    }

    /// Kills it whenever a random part of what was missing has arrived, and at last lets it end.
    #[allow(clippy::disallowed_methods, reason = "a copy is looked at, in real time")]
    fn sync_and_kill(&self, seed: u64) -> Result<Killed, Failure> {
        let mut random = Rng::with_seed(!seed);
        let begin = Instant::now();
        let mut killed = Killed::default();
        for kill in 1..=KILLS {
            let there = self.arrived()?.distinct();
            // So that something is left for those that follow, and for the end.
            let most = self.size.saturating_sub(there) / (KILLS + 2 - kill);
            let wanted = there + random.u64(..most.max(1));
            let mut child = self.sync()?;
            while self.arrived()?.distinct() <= wanted {
                let ended = child.try_wait().map_err(|source| Failure::io("lode sync", source))?;
                if let Some(status) = ended {
                    return Err(Failure::Check(format!("{status} before kill {kill}")));
                }
                // Looking all the time would slow it down.
                std::thread::sleep(Duration::from_millis(2));
            }
            child.kill().map_err(|source| Failure::io("lode sync", source))?;
            child.wait().map_err(|source| Failure::io("lode sync", source))?;
            let arrived = self.arrived()?;
            killed.arrived = arrived.distinct();
            killed.left_last = killed.arrived - self.committed()?;
            killed.left += killed.left_last;
            eprintln!(
                "kill {kill}: {} MiB have arrived, {} MiB of them are not committed; {} bytes lie \
                 there in part",
                killed.arrived >> 20,
                killed.left_last >> 20,
                arrived.torn
            );
        }
        let mut said = Vec::new();
        let mut child = self.sync()?;
        if let Some(out) = &mut child.stdout {
            out.read_to_end(&mut said).map_err(|source| Failure::io("its output", source))?;
        }
        let status = child.wait().map_err(|source| Failure::io("lode sync", source))?;
        io::stderr().write_all(&said).map_err(|source| Failure::io("stderr", source))?;
        eprintln!("{} s, with the kills", begin.elapsed().as_secs());
        if !status.success() {
            return Err(Failure::Status { program: "lode sync".into(), status });
        }
        let said = parse_json("lode sync", &said)?;
        let got = [number(&said, "sent/bytes")?, number(&said, "adopted")?];
        let expected = [self.size - killed.arrived, killed.left_last];
        match got == expected {
            true => Ok(killed),
            false => Err(Failure::Check(format!(
                "it sent and took over {got:?} bytes, but {expected:?} were missing and left"
            ))),
        }
    }

    /// Finds the blocks that have reached the copy, committed or not.
    fn arrived(&self) -> Result<Arrived, Failure> {
        let folder = self.copy.join(VOLUME).join("data");
        let mut arrived = Arrived::default();
        let entries = match fs::read_dir(&folder) {
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(arrived),
            entries => entries.map_err(|source| Failure::io(folder.display(), source))?,
        };
        for entry in entries {
            let entry = entry.map_err(|source| Failure::io(folder.display(), source))?;
            // A file gets its name when all of it is there, so one may go between two looks.
            let Ok(metadata) = entry.metadata() else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            // START-LENGTH-NAME.bin
            match name.strip_suffix(".bin").and_then(|name| name.rsplit_once('-')) {
                Some((range, _)) => {
                    arrived.bytes += metadata.len();
                    arrived.ranges.insert(range.into(), metadata.len());
                }
                None => arrived.torn += metadata.len(),
            }
        }
        Ok(arrived)
    }

    /// How many bytes of the copy are committed.
    fn committed(&self) -> Result<u64, Failure> {
        if !self.copy.join(VOLUME).join("snapshots").exists() {
            return Ok(0);
        }
        let gaps = Program::new(&self.lode).args([Path::new("gaps"), &self.copy]);
        let said = gaps.args([VOLUME, "--json"]).output()?;
        Ok((2 * self.size)
            .saturating_sub(number(&parse_json("lode gaps", &said.stdout)?, "missing")?))
    }

    /// All of it is there, it holds, and there are no more copies of a block than one for each run
    /// that found it uncommitted, but for a block for each kill, whole or cut off.
    fn check(&self, Killed { left, .. }: Killed) -> Result<(), Failure> {
        let Arrived { bytes, ranges, torn } = self.arrived()?;
        let twice = bytes.checked_sub(self.size);
        let Some(twice) = twice.filter(|twice| twice + torn <= left + KILLS * BLOCK) else {
            let sent = format!("{bytes} bytes lie there of {}, and {torn} in part", self.size);
            return Err(Failure::Check(sent));
        };
        let verify = Program::new(&self.lode).args([Path::new("verify"), &self.copy]);
        verify.args([VOLUME, "--data"]).run()?;
        let [ours, theirs] = [&self.source, &self.copy].map(|store| self.shown(store));
        if ours? != theirs? {
            return Err(Failure::Check("the copy has other blocks than its source".into()));
        }
        eprintln!(
            "{} MiB in {} blocks after {KILLS} kills: {twice} bytes lie there twice, since they were \
             staged again from where a kill had left them, and {torn} bytes in part",
            self.size >> 20,
            ranges.len()
        );
        Ok(())
    }

    /// The blocks of a store's volume: their ranges and checksums.
    fn shown(&self, store: &Path) -> Result<Vec<[Value; 3]>, Failure> {
        let blocks = (self.size / BLOCK).to_string();
        let show = Program::new(&self.lode).args([Path::new("show"), store]);
        let shown = show.args([VOLUME, "--json", "--blocks", &blocks]).output()?;
        let shown = parse_json("lode show", &shown.stdout)?;
        let blocks = shown.get("blocks").and_then(|blocks| blocks.as_array());
        let field = |block: &Value, name| block.get(name).cloned().unwrap_or_default();
        let blocks = blocks.into_iter().flatten();
        Ok(blocks.map(|block| ["start", "end", "digest"].map(|name| field(block, name))).collect())
    }
}

/// The blocks that have reached the copy.
#[derive(Default)]
struct Arrived {
    /// In whole blocks.
    bytes: u64,
    /// The ranges of these blocks, and how long each is.
    ranges: BTreeMap<String, u64>,
    /// In files that have not got their names yet.
    torn: u64,
}

impl Arrived {
    /// How many bytes of the volume these are.
    fn distinct(&self) -> u64 {
        self.ranges.values().sum()
    }
}

/// Bytes that the kills have left in the copy.
#[derive(Clone, Copy, Default)]
struct Killed {
    /// How many bytes had arrived at the last one, committed or not.
    arrived: u64,
    /// How many of them were not committed.
    left_last: u64,
    /// The same, of all kills together: as many bytes may lie there twice.
    left: u64,
}

fn parse_json(program: &str, said: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(said).map_err(|source| Failure::Check(format!("{program}: {source}")))
}

/// A number that a command has said.
fn number(said: &Value, field: &str) -> Result<u64, Failure> {
    let wrong = || Failure::Check(format!("no {field} in {said}"));
    said.pointer(&format!("/{field}")).and_then(Value::as_u64).ok_or_else(wrong)
}
