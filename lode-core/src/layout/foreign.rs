//! Names that operating systems and other programs leave in folders that are not theirs.

/// Whole names, in lower case: file systems that fold case do not keep it.
const NAMES: [&str; 32] = [
    "$recycle.bin",
    "#recycle",
    "#snapshot",
    ".appledouble",
    ".apdisk",
    ".directory",
    ".documentrevisions-v100",
    ".dropbox",
    ".dropbox.cache",
    ".ds_store",
    ".fseventsd",
    ".git",
    ".gitignore",
    ".localized",
    ".snapshot",
    ".snapshots",
    ".spotlight-v100",
    ".stfolder",
    ".stversions",
    ".svn",
    ".sync",
    ".temporaryitems",
    ".trashes",
    ".volumeicon.icns",
    "@eadir",
    "@tmp",
    "desktop.ini",
    "ehthumbs.db",
    "lost+found",
    "recycler",
    "system volume information",
    "thumbs.db",
];
/// How names begin: of `AppleDouble` files, of lock files of offices and editors, of files that were
/// deleted while they were open, of what synchronising programs have not finished.
const STARTS: [&str; 9] =
    ["._", ".#", ".~", "~$", ".fuse_hidden", ".goutputstream-", ".nfs", ".syncthing.", ".trash-"];
/// How hidden names end: swap files of `vim`.
const SWAPS: [&str; 4] = [".swo", ".swp", ".swpx", ".swx"];

/// Whether operating systems, file managers or editors are known to leave files or folders of
/// this name anywhere. Nothing of Lode has such a name, and no new id or tag may have one.
///
/// ```
/// use lode_core::layout::is_foreign_name;
///
/// assert!(is_foreign_name(".DS_Store") && is_foreign_name("notes.txt~"));
/// assert!(!is_foreign_name("disk-image"));
/// ```
pub fn is_foreign_name(name: &str) -> bool {
    let starts = |start: &str| {
        name.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
    };
    let is_hidden = name.starts_with('.');
    let is_autosave = name.len() > 1 && name.starts_with('#') && name.ends_with('#');
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
        || STARTS.iter().any(|start| starts(start))
        || name.ends_with('~')
        || is_autosave
        || (is_hidden && SWAPS.iter().any(|end| name.ends_with(end)))
}

/// Whether a segment of this key has such a name.
pub(super) fn is_foreign(key: &str) -> bool {
    key.split('/').any(is_foreign_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_names_are_foreign_and_ours_are_not() {
        for name in [
            ".DS_Store",
            "Thumbs.db",
            "desktop.ini",
            "Desktop.ini",
            "lost+found",
            "._data",
            "data~",
            "#recycle",
            "@eaDir",
            ".data.gz.swp",
            ".nfs000000001234",
            ".Trash-1000",
            "#data#",
            "$RECYCLE.BIN",
            "System Volume Information",
            "~$table.xlsx",
            ".~lock.table.ods#",
        ] {
            assert!(is_foreign_name(name), "{name}");
        }
        for name in
            ["", "data", "blob.gz", "latest", "v1~2", "a#b", "#", "ä", "snapshots", ".hidden", ".x"]
        {
            assert!(!is_foreign_name(name), "{name}");
        }
        assert!(
            is_foreign("volumes/disk/data/#recycle/0-1.bin") && !is_foreign("volumes/disk/data")
        );
    }
}
