//! Running firmware in QEMU.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::command::Failure;

/// How long firmware may say nothing before it is taken for stuck.
const SILENCE: Duration = Duration::from_secs(120);

/// An emulator that runs.
pub(super) struct Emulator {
    child: Child,
    lines: Receiver<String>,
}

/// How it has ended.
pub(super) enum Ended {
    Well,
    Badly(ExitStatus),
    Killed,
}

impl Emulator {
    /// Starts firmware, with `dir` for its files.
    pub(super) fn start(firmware: &Path, dir: &Path) -> Result<Self, Failure> {
        let mut child = Command::new("qemu-system-arm")
            .args([
                "-cpu",
                "cortex-m3",
                "-machine",
                "lm3s6965evb",
                "-nographic",
                "-monitor",
                "none",
            ])
            .args(["-serial", "none", "-semihosting-config", "enable=on,target=native", "-kernel"])
            .arg(firmware)
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| Failure::io("qemu-system-arm", source))?;
        let (sender, lines) = channel();
        let said = child.stdout.take();
        std::thread::spawn(move || {
            let mut said = said.map(BufReader::new)?;
            let mut line = String::new();
            // A line that a kill has cut short does not count.
            while said.read_line(&mut line).ok()? > 0 && line.ends_with('\n') {
                sender.send(std::mem::take(&mut line)).ok()?;
            }
            Some(())
        });
        Ok(Self { child, lines })
    }

    /// Hands on what it says, line by line, until it ends; kills it when patience is at its end.
    #[allow(clippy::disallowed_methods, reason = "an emulator takes real time")]
    pub(super) fn wait(
        &mut self,
        patience: Option<Duration>,
        mut hear: impl FnMut(&str) -> Result<(), Failure>,
    ) -> Result<Ended, Failure> {
        let begun = Instant::now();
        loop {
            let left =
                patience.map_or(SILENCE, |patience| patience.saturating_sub(begun.elapsed()));
            match self.lines.recv_timeout(left) {
                Ok(line) => hear(&line)?,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.child.kill().map_err(|source| Failure::io("kill", source))?;
                    self.child.wait().map_err(|source| Failure::io("qemu-system-arm", source))?;
                    // What it said before counts.
                    self.lines.iter().try_for_each(|line| hear(&line))?;
                    return match patience {
                        Some(_) => Ok(Ended::Killed),
                        None => Err(Failure::Check("the firmware is stuck".to_string())),
                    };
                }
            }
        }
        let status = self.child.wait().map_err(|source| Failure::io("qemu-system-arm", source))?;
        Ok(if status.success() { Ended::Well } else { Ended::Badly(status) })
    }
}
