//! `lode`: volumes and datasets on the command line.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`args`] | the command line, and what its arguments mean |
//! | [`commands`] | one module for each command |
//! | [`transfer`] | moving bytes between files and volumes or datasets |
//! | [`picture`], [`units`] | coverage, sizes and ranges as people see them |
//! | [`stores`] | how stores are reached |
//! | [`output`], [`progress`], [`failure`] | what is said: answers, progress, errors |

mod args;
mod commands;
mod failure;
mod output;
mod picture;
mod progress;
mod stores;
mod transfer;
mod units;

use std::process::ExitCode;

use crate::args::Cli;
use crate::failure::Failure;
use crate::output::{Output, report};

/// The command line asks for something that cannot be.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::from_process() {
        Ok(cli) => cli,
        Err(error) => return answer(&error),
    };
    let json = cli.json;
    match run(cli) {
        // Who has closed the output has seen enough.
        Ok(()) | Err(Failure::Closed) => ExitCode::SUCCESS,
        Err(failure) => {
            report(&failure, json);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    cli.reach.set();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::Io { what: "start".to_string(), source })?;
    let mut out = Output::new(cli.json);
    let done = runtime.block_on(commands::run(cli.command, &mut out));
    // A read of the standard input may still be waiting, and nothing waits for it.
    runtime.shutdown_background();
    done.and_then(|()| out.flush())
}

/// Help was asked for, or the command line is wrong.
fn answer(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|argument| argument == "--json");
    if error.use_stderr() && json {
        let text = error.render().to_string();
        // What follows the first paragraph is how the command is used, for people.
        let message = text.split("\n\n").next().unwrap_or(&text);
        let message = message.strip_prefix("error: ").unwrap_or(message).trim_end();
        report(&Failure::refused("usage", message), true);
    } else {
        // Nobody can be told that the output is gone.
        let _ = error.print();
    }
    match error.use_stderr() {
        true => ExitCode::from(USAGE),
        false => ExitCode::SUCCESS,
    }
}
