//! Real servers: started, tested against, and ended.

mod servers;

use std::path::Path;
use std::process::Command;

use self::servers::{SERVERS, Server, install};
use crate::command::{Failure, Program, cargo, lode};
use crate::memory::{self, Stream};

/// How many commits each process of the race makes, to a volume and to a dataset each, unless it
/// is said.
const COMMITS: &str = "100";

/// `cargo xtask stores up|test [--commits N]|load|down`.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["up"] => up(),
        ["down"] => down(),
        [] | ["test"] => each(|lode, server| test(lode, server, COMMITS)),
        ["test", "--commits", commits] => each(|lode, server| test(lode, server, commits)),
        ["load"] => each(load),
        _ => {
            let args = args.join(" ");
            let how = "It is up, test, test --commits N, load or down";
            Err(Failure::Check(format!("stores {args}? {how}")))
        }
    }
}

fn up() -> Result<(), Failure> {
    install()?;
    SERVERS.iter().try_for_each(start)
}

fn down() -> Result<(), Failure> {
    SERVERS.iter().try_for_each(Server::stop)
}

fn start(server: &Server) -> Result<(), Failure> {
    server.start()?;
    eprintln!("\n== {}: {}", server.name, (server.location)());
    Ok(())
}

/// Each server runs only while it is tested: none takes another's time, nor comes to the point
/// where it tidies up.
fn each(act: impl Fn(&Path, &Server) -> Result<(), Failure>) -> Result<(), Failure> {
    install()?;
    let lode = lode()?;
    for server in &SERVERS {
        let tested = start(server).and_then(|()| act(&lode, server));
        // Also if something has failed.
        server.stop().and(tested)?;
    }
    Ok(())
}

fn test(lode: &Path, server: &Server, commits: &str) -> Result<(), Failure> {
    let location = (server.location)();
    let status = Command::new(lode)
        .args(["probe", &location])
        .args(["--contenders", &server.contenders.to_string()])
        .status()
        .map_err(|source| Failure::io(lode.display(), source))?;
    if status.success() != server.keeps_conditions {
        return Err(Failure::Check(format!("lode probe, on {}: {status}", server.name)));
    }
    match server.keeps_conditions {
        true => test_contracts(server, commits),
        false => test_refusal(server),
    }
}

/// How fast blocks are staged, and what a large stream takes, and leaves when it is killed.
fn load(lode: &Path, server: &Server) -> Result<(), Failure> {
    if !server.carries_load {
        return Ok(());
    }
    let location = &(server.location)();
    let bench = cargo(["bench", "--package", "lode-benches", "--bench", "staging"]);
    bench.env("LODE_BENCH_STORE", location).run()?;
    memory::measure(lode, &Stream { location, size: 5 << 30, limit: 100 << 10 })?;
    memory::interrupt(lode, location)
}

/// The same packages and features as in the README's command, so that nothing is built twice.
fn tests(server: &Server, commits: &str) -> Program {
    cargo(["test", "--quiet", "--workspace", "--all-features"])
        .env("LODE_TEST_STORE", &(server.location)())
        .env("LODE_TEST_CONTENDERS", &server.contenders.to_string())
        .env("LODE_TEST_PROCESSES", &server.contenders.to_string())
        .env("LODE_TEST_COMMITS", commits)
        .env("LODE_TEST_READER", &server.reader.map(|query| query()).unwrap_or_default())
}

/// Everything that is promised of volumes and datasets, and of stores.
fn test_contracts(server: &Server, commits: &str) -> Result<(), Failure> {
    let contracts = ["--test", "volume", "--test", "dataset"];
    // These try every point of a sequence, thousands of requests, and say nothing of the store.
    tests(server, commits).args(contracts).args(["--", "--skip", "every_crash"]).run()?;
    // Azurite tidies up after ten minutes, and answers nobody for as long as that takes.
    server.stop()?;
    start(server)?;
    let mut skipped = vec!["a_server_that_ignores_conditions"];
    if !server.checks_credentials {
        skipped.push("wrong_credentials");
    }
    if server.reader.is_none() {
        skipped.push("a_bucket_that_may_only_be_read");
    }
    let stores = tests(server, commits).args(["--test", "stores", "--", "--include-ignored"]);
    let skips = skipped.iter().flat_map(|test| ["--skip", test]);
    stores.args(["--nocapture", "--test-threads", "1"]).args(skips).run()
}

fn test_refusal(server: &Server) -> Result<(), Failure> {
    let stores = tests(server, COMMITS).args(["--test", "stores", "--", "--ignored"]);
    stores.args(["a_server_that_ignores_conditions"]).run()
}
