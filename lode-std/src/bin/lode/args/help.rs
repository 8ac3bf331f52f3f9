//! The arguments of the commands that tell of the others.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// The arguments of `lode completions`.
#[derive(Args, Debug)]
#[command(after_help = "\
Put it where your shell looks for completions:

Examples:
  lode completions bash > ~/.local/share/bash-completion/completions/lode
  lode completions zsh > ~/.zfunc/_lode
  lode completions fish > ~/.config/fish/completions/lode.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: Shell,
}

/// The arguments of `lode man`.
#[derive(Args, Debug)]
#[command(after_help = "Example: lode man /usr/local/share/man/man1")]
pub(crate) struct ManArgs {
    /// The folder, which must exist.
    pub(crate) folder: PathBuf,
}
