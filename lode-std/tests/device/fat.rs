//! A device's medium on a FAT file system, as cards have it.
//!
//! It needs a kernel that knows FAT, a loop device and the right to mount; elsewhere it says what is
//! missing, and is skipped.

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

use lode_std::device::Directory;
use tempfile::TempDir;

use crate::contract::keeps_its_word;
use crate::engine::log;

/// How many bytes the card has.
const CARD: u64 = 4 << 20;

/// A card that is in its slot.
struct Card {
    folder: TempDir,
}

impl Card {
    /// A new one with an empty file system; or why there can be none.
    fn format() -> Result<Self, String> {
        let card = Self { folder: tempfile::tempdir().map_err(|error| error.to_string())? };
        let image = File::create(card.image()).and_then(|image| image.set_len(CARD));
        image.map_err(|error| error.to_string())?;
        std::fs::create_dir(card.slot()).map_err(|error| error.to_string())?;
        run(Command::new("mkfs.vfat").arg(card.image()))?;
        card.insert()?;
        Ok(card)
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("card.img")
    }

    fn slot(&self) -> PathBuf {
        self.folder.path().join("slot")
    }

    fn insert(&self) -> Result<(), String> {
        let mount = ["-t", "vfat", "-o", "loop"];
        run(Command::new("mount").args(mount).args([self.image(), self.slot()]))
    }

    fn take_out(&self) -> Result<(), String> {
        run(Command::new("umount").arg(self.slot()))
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        // It may never have been in.
        let _ = self.take_out();
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

#[test]
fn a_card_carries_a_volume() {
    let card = match Card::format() {
        Ok(card) => card,
        Err(why) => return println!("skipped, as FAT cannot be mounted here: {why}"),
    };
    keeps_its_word(Directory::open(card.slot()).unwrap());
    for entry in std::fs::read_dir(card.slot()).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    // Before each commit it is taken out and put in again.
    log(|| {
        card.take_out().unwrap();
        card.insert().unwrap();
        Directory::open(card.slot()).unwrap()
    });
}
