//! Mutants of the core: changes that some test must notice.

use crate::command::{Failure, cargo, install, target};

/// What is changed: files or folders of the core.
const PARTS: [&str; 8] =
    ["collect", "commit", "id", "key", "layout", "manifest", "range", "version"];

/// `cargo xtask mutants [PART]`, of one part or, which takes hours, of all.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let parts: Vec<_> = match args {
        [] => PARTS.to_vec(),
        [part] => PARTS.into_iter().filter(|known| known == part).collect(),
        _ => Vec::new(),
    };
    if parts.is_empty() {
        return Err(Failure::Check(format!("mutants of one of {}, or of all", PARTS.join(", "))));
    }
    install("mutants")?;
    let files = parts.iter().flat_map(|part| {
        [format!("--file=lode-core/src/{part}.rs"), format!("--file=lode-core/src/{part}/**")]
    });
    let mutants = cargo(["mutants", "--package", "lode-core", "--features", "json", "--output"]);
    // Without the examples in the documentation, which are slow and find little.
    mutants.args([target()]).args(files).args(["--", "--lib", "--tests"]).run()
}
