//! `lode completions` and `lode man`: what shells and `man` know of the commands.

use clap::CommandFactory;
use serde_json::json;

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::failure::Failure;
use crate::output::Output;

pub(super) fn completions(args: &CompletionsArgs, out: &mut Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lode", &mut script);
    out.bytes(&script)
}

pub(super) fn man(args: &ManArgs, out: &mut Output) -> Result<(), Failure> {
    clap_mangen::generate_to(Cli::command(), &args.folder)
        .map_err(|error| Failure::file("write", &args.folder, error))?;
    out.note(format_args!("the pages are in {}", args.folder.display()));
    out.json(&json!({ "folder": args.folder.display().to_string() }))
}
