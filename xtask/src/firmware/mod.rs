//! The firmware in `lode-core/examples/cortex-m`: built, run in an emulator, killed and weighed.

mod budget;
mod build;
mod check;
mod emulate;
mod flash;

use std::path::{Path, PathBuf};
use std::time::Duration;

use self::build::build;
use self::check::{Acknowledged, check_files, check_images};
use self::emulate::{Emulator, Ended};
use crate::command::{Failure, cargo, make_folder, remove, target};
use crate::parallel::{processors, side_by_side};

/// How many commits a logger makes.
const COMMITS: usize = 1000;
/// How many volumes the logger on flash makes of them.
const IMAGES: usize = 10;
/// How many times the emulator is killed.
const ROUNDS: u32 = 150;
/// Names the seed; another one each time, unless it is set.
const SEED: &str = "LODE_TEST_SEED";
/// How long a round lasts at the most before the kill.
const LONGEST: u64 = 400;

/// `cargo xtask firmware build|cuts|run|size|kill`; all of them without an argument.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    if args == ["cuts"] {
        return cuts();
    }
    let firmware = build()?;
    match args {
        [] => {
            budget::weigh(&firmware)?;
            let checks: [fn(&Path) -> _; 4] = [kill, log_to_flash, |_| cuts(), log_to_files];
            side_by_side(&checks, processors(), |check| check(&firmware))
        }
        [verb] if verb == "build" => Ok(()),
        [verb] if verb == "run" => log_to_files(&firmware).and_then(|()| log_to_flash(&firmware)),
        [verb] if verb == "size" => budget::weigh(&firmware),
        [verb] if verb == "kill" => kill(&firmware),
        _ => Err(Failure::Check("firmware build, cuts, run, size or kill".to_string())),
    }
}

/// An empty directory that a logger works in.
fn fresh(name: &str) -> Result<PathBuf, Failure> {
    let dir = target().join("firmware-media").join(name);
    remove(&dir)?;
    make_folder(&dir)?;
    Ok(dir)
}

/// The logger on files, to its end; it resets itself on the way.
fn log_to_files(firmware: &Path) -> Result<(), Failure> {
    let dir = fresh("files")?;
    let acknowledged = to_the_end(&firmware.join("log-files"), &dir)?;
    check_files(&dir, &acknowledged)?;
    report("files", &acknowledged)
}

/// The logger on flash, likewise.
fn log_to_flash(firmware: &Path) -> Result<(), Failure> {
    let dir = fresh("flash")?;
    let acknowledged = to_the_end(&firmware.join("log-flash"), &dir)?;
    check_images(&dir, IMAGES, &acknowledged)?;
    report("flash", &acknowledged)
}

fn to_the_end(logger: &Path, dir: &Path) -> Result<Acknowledged, Failure> {
    let mut acknowledged = Acknowledged::default();
    let mut emulator = Emulator::start(logger, dir)?;
    match emulator.wait(None, |line| acknowledged.take(line))? {
        Ended::Well => Ok(acknowledged),
        Ended::Badly(status) => Err(Failure::Status { program: "the logger".to_string(), status }),
        Ended::Killed => Err(Failure::Check("the logger was killed".to_string())),
    }
}

fn report(store: &str, acknowledged: &Acknowledged) -> Result<(), Failure> {
    // A commit that a reset has cut off after it took place is not acknowledged.
    let count = acknowledged.count();
    if !(COMMITS * 4 / 5..=COMMITS).contains(&count) {
        return Err(Failure::Check(format!("{count} of {COMMITS} commits were acknowledged")));
    }
    eprintln!(
        "logger on {store}: {COMMITS} commits, {count} acknowledged, {} resets in the midst of \
         them, all there, byte by byte",
        acknowledged.starts() - 1
    );
    Ok(())
}

/// What the moments of the kills follow from.
fn seed() -> u64 {
    let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    seed.unwrap_or_else(|| u64::from(std::process::id()))
}

/// A volume on flash, with the power cut at every byte of its work; the ordinary test leaves out
/// most of them.
fn cuts() -> Result<(), Failure> {
    let test =
        cargo(["test", "--quiet", "--release", "--package", "lode-flash", "--test", "volume"]);
    test.args(["--", "--nocapture"]).env("LODE_TEST_STRIDE", "1").run()
}

/// The logger on files, killed again and again; it begins anew when it has come to its end.
fn kill(firmware: &Path) -> Result<(), Failure> {
    let logger = firmware.join("log-files");
    let (mut dir, mut acknowledged) = (fresh("kill")?, Acknowledged::default());
    let mut random = seed();
    eprintln!("{SEED}={random}");
    let (mut total, mut kills) = (0, 0);
    while kills < ROUNDS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let patience = Duration::from_millis(30 + (random >> 33) % LONGEST);
        let mut emulator = Emulator::start(&logger, &dir)?;
        let ended = emulator.wait(Some(patience), |line| acknowledged.take(line))?;
        check_files(&dir, &acknowledged)?;
        match ended {
            Ended::Killed => kills += 1,
            Ended::Well => {
                total += acknowledged.count();
                dir = fresh("kill")?;
                acknowledged = Acknowledged::default();
            }
            Ended::Badly(status) => {
                return Err(Failure::Status { program: "the logger".to_string(), status });
            }
        }
    }
    total += acknowledged.count();
    eprintln!("{kills} kills of the emulator: {total} commits acknowledged, all there each time");
    Ok(())
}
