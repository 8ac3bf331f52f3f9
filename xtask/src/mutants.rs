//! Mutants of the core: changes that some test must notice.

use crate::command::{Failure, cargo, install, make_folder, target};

/// A part of the core, and the tests that must notice what is changed there.
struct Part {
    name: &'static str,
    /// Which files, in the core's `src`.
    files: &'static [&'static str],
    /// Which tests: `LIB`, or a test binary. Fewer of them can only leave more survivors.
    tests: &'static [&'static str],
}

/// The unit tests.
const LIB: &str = "lib";

const PARTS: &[Part] = &[
    Part { name: "range", files: &["range/**"], tests: &[LIB] },
    Part { name: "id", files: &["id.rs"], tests: &[LIB, "json"] },
    Part { name: "key", files: &["key.rs"], tests: &[LIB, "json"] },
    Part { name: "version", files: &["version.rs"], tests: &[LIB, "json"] },
    Part { name: "layout", files: &["layout/**"], tests: &[LIB, "json"] },
    Part {
        name: "manifest",
        files: &["manifest/*.rs"],
        tests: &[LIB, "compact", "draft", "json", "manifest", "pages"],
    },
    Part {
        name: "table",
        files: &["manifest/table/**"],
        tests: &[LIB, "compact", "manifest", "table"],
    },
    Part {
        name: "compact",
        files: &["manifest/compact/**"],
        tests: &["compact", "manifest", "pages"],
    },
    Part { name: "pages", files: &["manifest/pages/**"], tests: &[LIB, "pages", "table"] },
    Part { name: "json", files: &["manifest/json/**"], tests: &[LIB, "json", "manifest"] },
    Part { name: "collect", files: &["collect/**"], tests: &["collect", "explorer"] },
    Part { name: "commit", files: &["commit/**"], tests: &[LIB, "commit", "group", "explorer"] },
];

/// `cargo xtask mutants [PART]`, of one part or, which takes hours, of all.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let asked = |part: &&Part| args.is_empty() || args == [part.name];
    let mut parts = PARTS.iter().filter(asked).peekable();
    if parts.peek().is_none() {
        let known: Vec<_> = PARTS.iter().map(|part| part.name).collect();
        return Err(Failure::Check(format!("mutants of one of {}, or of all", known.join(", "))));
    }
    install("mutants")?;
    parts.try_for_each(test)
}

fn test(part: &Part) -> Result<(), Failure> {
    let Part { name, files, tests } = part;
    let output = target().join("mutants").join(name);
    make_folder(&output)?;
    // Linking and the tests of one mutant keep one core busy each.
    let jobs = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4));
    let mutants = cargo(["mutants", "--package", "lode-core", "--features", "json"])
        .args(["--profile", "mutants", "--jobs", &jobs.to_string(), "--output"])
        .args([output])
        .args(files.iter().map(|files| format!("--file=lode-core/src/{files}")));
    // Without the examples in the documentation, which are slow and find little. What is not said
    // to cargo itself is built all the same.
    let tests = tests.iter().map(|test| match *test {
        LIB => "--cargo-arg=--lib".to_owned(),
        test => format!("--cargo-arg=--test={test}"),
    });
    mutants.args(tests).run()
}
