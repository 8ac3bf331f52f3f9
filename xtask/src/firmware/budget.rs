//! What a volume weighs on a device.

use std::path::Path;

use super::emulate::{Emulator, Ended};
use super::fresh;
use crate::command::{Failure, Program};

/// What may be used, in bytes, and what it is called.
struct Budget {
    what: &'static str,
    /// Where it is to come to.
    aim: u64,
    /// Where it stands; it must not get worse by more than a twentieth.
    held: u64,
}

const CORE: Budget = Budget { what: "code of a volume", aim: 4096, held: 10_128 };
const FLASH: Budget =
    Budget { what: "code of a volume and lode-flash", aim: 12 << 10, held: 22_764 };
const RAM_8: Budget = Budget { what: "memory of a volume with 8 runs", aim: 900, held: 900 };
const RAM_24: Budget = Budget { what: "memory of a volume with 24 runs", aim: 1536, held: 1536 };
const STACK: Budget = Budget { what: "deepest stack of a volume", aim: 512, held: 488 };

/// What must not be in a volume's firmware that prints nothing: formatting, panics, a heap.
const UNWANTED: [&str; 3] = ["core::fmt", "core::panicking", "__rust_alloc"];
/// In that over `lode-flash`: the crate that it is built on asserts, and so may panic.
const UNWANTED_ON_FLASH: [&str; 1] = ["__rust_alloc"];

impl Budget {
    /// Prints what is used, and fails if that has got worse.
    fn hold(&self, used: u64) -> Result<(), Failure> {
        let Self { what, aim, held } = self;
        let verdict = if used > *aim { "too much" } else { "well" };
        eprintln!("{what}: {used} bytes, the aim is {aim}: {verdict}");
        match used * 20 > held * 21 {
            true => Err(Failure::Check(format!("{what}: {used} bytes, and it was {held}"))),
            false => Ok(()),
        }
    }
}

/// Weighs all of it.
pub(super) fn weigh(firmware: &Path) -> Result<(), Failure> {
    let [base, core, flash] =
        ["size-base", "size-core", "size-flash"].map(|name| text(&firmware.join(name)));
    let (base, core, flash) = (base?, core?, flash?);
    let used = [
        CORE.hold(core.saturating_sub(base)),
        FLASH.hold(flash.saturating_sub(base)),
        weigh_memory(firmware),
        weigh_stack(&firmware.join("stack")),
    ];
    refuse(&UNWANTED, &firmware.join("size-core"))?;
    refuse(&UNWANTED_ON_FLASH, &firmware.join("size-flash"))?;
    used.into_iter().collect()
}

fn said(program: Program) -> Result<String, Failure> {
    let output = program.output()?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(Failure::Check(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

/// How much code and constants there are.
fn text(firmware: &Path) -> Result<u64, Failure> {
    let said = said(Program::new("arm-none-eabi-size").args([firmware]))?;
    let text = said.lines().nth(1).and_then(|line| line.split_whitespace().next()?.parse().ok());
    text.ok_or_else(|| Failure::Check(format!("arm-none-eabi-size said: {said}")))
}

/// The volumes in the firmware's memory, without the store that is in each.
fn weigh_memory(firmware: &Path) -> Result<(), Failure> {
    let store = variable(&firmware.join("size-base"), "STORE")?;
    let core = firmware.join("size-core");
    RAM_8.hold(variable(&core, "VOLUME")?.saturating_sub(store))?;
    RAM_24.hold(variable(&core, "LARGER")?.saturating_sub(store))
}

/// How many bytes a variable of the firmware has.
fn variable(firmware: &Path, name: &str) -> Result<u64, Failure> {
    let nm = Program::new("arm-none-eabi-nm").args(["--print-size", "--radix=d", "-C"]);
    let said = said(nm.args([firmware]))?;
    let line = said.lines().find(|line| line.ends_with(&format!("::{name}")));
    let size = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    size.ok_or_else(|| Failure::Check(format!("{name} is not in {}", firmware.display())))
}

/// As the firmware measures it: below the caller, and with the store, whose own is measured as well.
fn weigh_stack(firmware: &Path) -> Result<(), Failure> {
    let mut lines = Vec::new();
    let mut emulator = Emulator::start(firmware, &fresh("stack")?)?;
    let ended = emulator.wait(None, |line| {
        lines.push(line.to_string());
        Ok(())
    })?;
    if !matches!(ended, Ended::Well) {
        return Err(Failure::Check(format!("the stack could not be measured: {lines:?}")));
    }
    let mut deepest = 0;
    for line in &lines {
        eprint!("{line}");
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["stack", "store", _] => {}
            ["stack", _, depth] => deepest = deepest.max(depth.parse().unwrap_or(u64::MAX)),
            _ => {}
        }
    }
    STACK.hold(deepest)
}

/// Nothing of what a device cannot afford has been linked.
fn refuse(symbols: &[&str], firmware: &Path) -> Result<(), Failure> {
    let linked = said(Program::new("arm-none-eabi-nm").args(["-C"]).args([firmware]))?;
    let unwanted = |line: &&str| symbols.iter().any(|symbol| line.contains(symbol));
    match linked.lines().find(unwanted) {
        Some(symbol) => Err(Failure::Check(format!("{}: {symbol}", firmware.display()))),
        None => Ok(()),
    }
}
