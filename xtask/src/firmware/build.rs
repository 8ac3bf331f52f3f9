//! Building the firmware, with what there is for it.

use std::path::PathBuf;
use std::process::Command;

use crate::command::{Failure, Program, apt_install, cargo, target};

/// The target.
const TARGET: &str = "thumbv7m-none-eabi";
/// What Debian has for it: a compiler with its sources, a linker, and the emulator.
const PACKAGES: [&str; 4] = ["rustc-web", "rust-web-src", "gcc-arm-none-eabi", "qemu-system-arm"];
/// Debian's compiler.
const DEBIAN: &str = "/usr/bin/rustc";

/// The profile of the firmware, which is no member of the workspace: with the same one the compiler's
/// own libraries are made once.
const PROFILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "z"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
];

/// Builds all of it, and says where it is. The core is built for the target on its own as well.
pub(super) fn build() -> Result<PathBuf, Failure> {
    install()?;
    let built = target().join("firmware");
    for features in ["", "alloc"] {
        let core = cargo(["build", "--release", "--package", "lode-core", "--features", features]);
        let core = PROFILE.iter().fold(core, |core, (setting, value)| core.env(setting, value));
        for_target(core).args(["--target-dir"]).args([&built]).run()?;
    }
    let build = cargo(["build", "--release", "--locked"]);
    let build = build.args(["--manifest-path", "lode-core/examples/cortex-m/Cargo.toml"]);
    for_target(build).args(["--target-dir"]).args([&built]).run()?;
    Ok(built.join(TARGET).join("release"))
}

/// Whether the toolchain has the target.
fn has_target() -> bool {
    let installed = Command::new("rustup").args(["target", "list", "--installed"]).output();
    installed.is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout).lines().any(|line| line == TARGET)
    })
}

/// With the toolchain's own target, or else with Debian's compiler, which makes `core` first.
fn for_target(build: Program) -> Program {
    // Also where the environment leaves it out to save time: it makes the firmware smaller.
    let build = build.args(["--target", TARGET]).env("CARGO_PROFILE_RELEASE_LTO", "fat");
    let script = "-Clink-arg=-Tlink.x";
    match has_target() {
        true => build.env("RUSTFLAGS", script),
        false => build
            .args(["-Zbuild-std=core,alloc"])
            .env("RUSTC", DEBIAN)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", format!("-Clinker=arm-none-eabi-ld -Clinker-flavor=ld {script}")),
    }
}

/// The emulator, the tools that weigh, and a compiler if there is no target.
fn install() -> Result<(), Failure> {
    let works = |program: &str| Command::new(program).arg("--version").output().is_ok();
    let has_compiler = has_target() || std::path::Path::new(DEBIAN).exists();
    if has_compiler && works("qemu-system-arm") && works("arm-none-eabi-nm") {
        return Ok(());
    }
    let is_needed = |package: &&str| !(has_target() && package.contains("rust"));
    apt_install(PACKAGES.into_iter().filter(is_needed))
}
