//! Mutants of the core: changes that some test must notice.

use crate::command::{Failure, cargo, install, make_folder, target};

/// A part of the core, and the tests that must notice what is changed there.
struct Part {
    /// A file or a folder of the core.
    name: &'static str,
    /// Test binaries, apart from the unit tests. Fewer of them can only leave more survivors.
    tests: &'static [&'static str],
}

const PARTS: &[Part] = &[
    Part { name: "range", tests: &[] },
    Part { name: "id", tests: &["json"] },
    Part { name: "key", tests: &["json"] },
    Part { name: "version", tests: &["json"] },
    Part { name: "layout", tests: &["json"] },
    Part { name: "manifest", tests: &["compact", "draft", "json", "manifest", "pages"] },
    Part { name: "collect", tests: &["collect", "explorer"] },
    Part { name: "commit", tests: &["commit", "explorer"] },
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
    let Part { name, tests } = part;
    let output = target().join("mutants").join(name);
    make_folder(&output)?;
    // Linking and the tests of one mutant keep one core busy each.
    let jobs = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4));
    let mutants = cargo(["mutants", "--package", "lode-core", "--features", "json"])
        .args(["--profile", "mutants", "--jobs", &jobs.to_string(), "--output"])
        .args([output])
        .args([format!("--file=lode-core/src/{name}.rs")])
        .args([format!("--file=lode-core/src/{name}/**")]);
    // Without the examples in the documentation, which are slow and find little.
    let tests = tests.iter().flat_map(|test| ["--test", test]);
    mutants.args(["--", "--lib"]).args(tests).run()
}
