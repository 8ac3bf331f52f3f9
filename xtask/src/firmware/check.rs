//! Whether what was acknowledged is on the medium: read by other code than the device's.

use std::collections::BTreeMap;
use std::path::Path;

use lode_core::manifest::{BlockName, BlockTable, SlotContent, compact};
use lode_core::range::ByteRange;
use lode_core::store::{Name, ObjectKind};

use super::flash;
use crate::command::Failure;

/// The objects of a medium, by their names.
pub(super) type Objects = BTreeMap<String, Vec<u8>>;

/// What a logger has said was committed.
#[derive(Default)]
pub(super) struct Acknowledged {
    /// By volume: the version and the range of each commit.
    commits: BTreeMap<String, Vec<(u64, ByteRange)>>,
    starts: usize,
}

impl Acknowledged {
    /// Takes note of a line.
    pub(super) fn take(&mut self, line: &str) -> Result<(), Failure> {
        let words: Vec<_> = line.split_whitespace().collect();
        let number = |word: &str| word.parse().ok();
        match words.as_slice() {
            ["start"] => self.starts += 1,
            ["acknowledged", volume, version, offset, length] => {
                let range = number(offset).zip(number(length));
                let range =
                    range.and_then(|(offset, length)| ByteRange::with_length(offset, length));
                let commit = number(version).zip(range);
                let commit = commit.ok_or_else(|| Failure::Check(format!("it said: {line}")))?;
                self.commits.entry((*volume).to_string()).or_default().push(commit);
            }
            _ => eprint!("{line}"),
        }
        Ok(())
    }

    pub(super) fn count(&self) -> usize {
        self.commits.values().map(Vec::len).sum()
    }

    /// How many times the device has started, by power or by a reset.
    pub(super) fn starts(&self) -> usize {
        self.starts
    }
}

/// Checks the files that the logger has left in a directory.
pub(super) fn check_files(dir: &Path, acknowledged: &Acknowledged) -> Result<(), Failure> {
    let mut objects = Objects::new();
    let io = |source| Failure::io(dir.display(), source);
    for entry in std::fs::read_dir(dir).map_err(io)? {
        let entry = entry.map_err(io)?;
        let bytes = std::fs::read(entry.path()).map_err(io)?;
        objects.insert(entry.file_name().to_string_lossy().into_owned(), bytes);
    }
    acknowledged.commits.iter().try_for_each(|(volume, commits)| check(volume, commits, &objects))
}

/// Checks the images of its flash that the logger has left, one for each volume.
pub(super) fn check_images(
    dir: &Path,
    count: usize,
    acknowledged: &Acknowledged,
) -> Result<(), Failure> {
    for number in 0..count {
        let volume = format!("log-{number}");
        let path = dir.join(format!("{volume}.nor"));
        let image = std::fs::read(&path).map_err(|source| Failure::io(path.display(), source))?;
        let commits = acknowledged.commits.get(&volume).map(Vec::as_slice).unwrap_or_default();
        check(&volume, commits, &flash::objects(image)?)?;
    }
    Ok(())
}

/// The newest manifest has every block that was acknowledged, and each has the right bytes.
fn check(volume: &str, commits: &[(u64, ByteRange)], objects: &Objects) -> Result<(), Failure> {
    let wrong = |what: String| Failure::Check(format!("{volume}: {what}"));
    let newest = objects.iter().filter_map(|(name, bytes)| match Name::parse(name.as_bytes()) {
        Some((ObjectKind::Manifest, version)) => Some((version, bytes)),
        _ => None,
    });
    let Some((version, bytes)) = newest.max_by_key(|(version, _)| *version) else {
        return if commits.is_empty() { Ok(()) } else { Err(wrong("no manifest".to_string())) };
    };
    let manifest = match compact::decode(bytes) {
        Ok(SlotContent::Live(manifest)) => manifest,
        other => return Err(wrong(format!("version {version}: {other:?}"))),
    };
    if manifest.id.as_str() != volume || manifest.version.get() != version {
        return Err(wrong(format!("version {version} is {} {}", manifest.id, manifest.version)));
    }
    let blocks = manifest.blocks.inline().ok_or_else(|| wrong("there are pages".to_string()))?;
    for (acknowledged, range) in commits {
        let covers = blocks.touched(*range).any(|block| block.range == *range);
        if *acknowledged > version || !covers {
            return Err(wrong(format!("{range} of version {acknowledged} is not in {version}")));
        }
    }
    check_bytes(blocks, objects).map_err(wrong)
}

fn check_bytes(blocks: &BlockTable, objects: &Objects) -> Result<(), String> {
    for block in blocks {
        let BlockName::Written { suffix, .. } = block.name else {
            return Err(format!("{:?} is no name of a device", block.name));
        };
        let name = Name::new(ObjectKind::Block, suffix).ok_or("a number above 2^35")?;
        let bytes = objects.get(name.as_str()).ok_or_else(|| format!("{name} is not there"))?;
        let (start, end) = (block.range.start(), block.range.end());
        if !(start..end).map(sample).eq(bytes.iter().copied()) {
            return Err(format!("{name} has other bytes than were measured at {start}"));
        }
    }
    Ok(())
}

/// What the logger measures at an offset.
fn sample(offset: u64) -> u8 {
    (offset.wrapping_mul(2_654_435_761) >> 7).to_le_bytes()[0]
}
