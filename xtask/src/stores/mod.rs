//! Real servers: started, tested against, and ended.

mod servers;

use std::path::Path;
use std::process::Output;

use self::servers::{SERVERS, Server, TIMELESS, install};
use crate::command::{self, Failure, Program, cargo, lode, released_lode};
use crate::memory::{self, Stream};
use crate::parallel::side_by_side;

/// How many commits each process of the race makes, to a volume and to a dataset each, unless it
/// is said.
const COMMITS: &str = "100";

/// `cargo xtask stores up|test [--commits N]|load|down`.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["up"] => up(),
        ["down"] => down(),
        [] | ["test"] => test_all(COMMITS),
        ["test", "--commits", commits] => test_all(commits),
        ["load"] => load(),
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

/// With an S3 server that does not look at the time: its location.
pub(crate) fn while_timeless(act: impl FnOnce(&str) -> Result<(), Failure>) -> Result<(), Failure> {
    install()?;
    while_up(&TIMELESS, || act(&(TIMELESS.location)()))
}

fn start(server: &Server) -> Result<(), Failure> {
    server.start()?;
    eprintln!("\n== {}: {}", server.name, (server.location)());
    Ok(())
}

/// Tests all of them, side by side: they spend most of the time waiting for each other's locks.
fn test_all(commits: &str) -> Result<(), Failure> {
    install()?;
    let lode = lode()?;
    side_by_side(&SERVERS, SERVERS.len(), |server| {
        while_up(server, || test(&lode, server, commits))
    })
}

/// Each server runs only while it is needed, so that none comes to the point where it tidies up.
fn while_up(server: &Server, act: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    let done = start(server).and_then(|()| act());
    // Also if something has failed.
    server.stop().and(done)
}

fn test(lode: &Path, server: &Server, commits: &str) -> Result<(), Failure> {
    let probe = Program::new(lode).args(["probe", &(server.location)()]);
    let probe = probe.args(["--contenders", &server.contenders.to_string()]).output()?;
    say(server, &probe);
    if probe.status.success() != server.keeps_conditions {
        let status = probe.status;
        return Err(Failure::Check(format!("lode probe, on {}: {status}", server.name)));
    }
    match server.keeps_conditions {
        true => test_promises(server, commits),
        false => test_refusal(server),
    }
}

/// Says at once what a program has said: those for other servers speak at the same time.
fn say(server: &Server, output: &Output) {
    let [said, complained] = [&output.stdout, &output.stderr].map(|s| String::from_utf8_lossy(s));
    eprintln!("\n== {}\n{}{}", server.name, complained, said);
}

/// How fast blocks are staged, and what a large stream takes, and leaves when it is killed.
fn load() -> Result<(), Failure> {
    install()?;
    let lode = &released_lode()?;
    let carries_load = |server: &&Server| server.carries_load;
    SERVERS.iter().filter(carries_load).try_for_each(|server| {
        while_up(server, || {
            let location = &(server.location)();
            let bench = cargo(["bench", "--package", "lode-benches", "--bench", "staging"]);
            bench.env("LODE_BENCH_STORE", location).run()?;
            memory::measure(lode, &Stream { location, size: 5 << 30, limit: 84 << 10 })?;
            memory::interrupt(lode, location)
        })
    })
}

fn tests(server: &Server, commits: &str) -> Program {
    command::test()
        .env("LODE_TEST_STORE", (server.location)())
        .env("LODE_TEST_CONTENDERS", server.contenders.to_string())
        .env("LODE_TEST_PROCESSES", server.contenders.to_string())
        .env("LODE_TEST_COMMITS", commits)
        .env("LODE_TEST_READER", server.reader.map(|query| query()).unwrap_or_default())
}

/// Everything that is promised of volumes and datasets, and of stores.
fn test_promises(server: &Server, commits: &str) -> Result<(), Failure> {
    if server.bears_contracts {
        test_contracts(server, commits)?;
        // Azurite tidies up after ten minutes, and answers nobody for as long as that takes.
        server.stop()?;
        start(server)?;
    }
    let mut skipped = vec!["a_server_that_ignores_conditions"];
    if !server.checks_credentials {
        skipped.push("wrong_credentials");
    }
    if server.reader.is_none() {
        skipped.push("a_bucket_that_may_only_be_read");
    }
    let stores = tests(server, commits).args(["--test", "stores", "--", "--include-ignored"]);
    let skips = skipped.iter().flat_map(|test| ["--skip", test]);
    check(server, stores.args(["--nocapture", "--test-threads", "1"]).args(skips))?;
    match server.carries_load {
        true => test_collector(server, commits),
        false => Ok(()),
    }
}

fn test_contracts(server: &Server, commits: &str) -> Result<(), Failure> {
    check(server, tests(server, commits).args(["--test", "volume", "--test", "dataset"]))
}

/// A minute of writers, readers and a collector. Writers who have to wait for each other's locks
/// need longer from what they stage to their commit.
fn test_collector(server: &Server, commits: &str) -> Result<(), Failure> {
    let load = tests(server, commits).args(["--test", "maintain", "load::"]);
    check(server, load.env("LODE_GC_SECONDS", "60").env("LODE_GC_GRACE", "20"))
}

fn test_refusal(server: &Server) -> Result<(), Failure> {
    let stores = tests(server, COMMITS).args(["--test", "stores", "--", "--ignored"]);
    check(server, stores.args(["a_server_that_ignores_conditions"]))
}

/// Runs tests, which must pass.
fn check(server: &Server, tests: Program) -> Result<(), Failure> {
    let output = tests.output()?;
    say(server, &output);
    let status = output.status;
    let failed = || Failure::Check(format!("the tests on {}: {status}", server.name));
    status.success().then_some(()).ok_or_else(failed)
}
