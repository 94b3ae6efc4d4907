//! `cargo xtask test`: all tests of the workspace, with a database, a browser and a fuzzer at hand.

use std::process::{Command, ExitCode, ExitStatus};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::build;
use crate::manifest;
use crate::process::cargo;
use crate::test_database::TestDatabase;
use crate::test_tools;

pub(crate) fn run(filter: Option<&str>, packages: &[String]) -> Result<ExitCode> {
    let started = Instant::now();
    build::set_up_for_tests()?;
    let tools = test_tools::ensure()?;
    let set_up = started.elapsed();
    let database = TestDatabase::start()?;
    let status = command(filter, packages)
        .env("PATH", test_tools::path_with(&tools.programs)?)
        .env("NODE_PATH", &tools.node_modules)
        .env("KISKADEE_TEST_DATABASE_URL", &database.url)
        .env("KISKADEE_BIN", build::kiskadee())
        .env("KISKADEE_COMPONENTS", build::components())
        .env("KISKADEE_MANIFEST", manifest::path())
        .status()
        .context("cannot run cargo test")?;
    drop(database);
    let total = started.elapsed().as_secs();
    println!(
        "\n{} in {total} s, of which set-up {} s",
        verdict(status),
        set_up.as_secs()
    );
    Ok(exit_code(status))
}

fn command(filter: Option<&str>, packages: &[String]) -> Command {
    let mut command = cargo();
    // Not the examples, which are run by hand and which clippy reads: each would be linked for nothing.
    command.args(["test", "--locked", "--release", "--no-fail-fast", "--tests"]);
    if packages.is_empty() {
        command.arg("--workspace");
    }
    for package in packages {
        command.args(["--package", package]);
    }
    command.args(filter);
    command
}

fn verdict(status: ExitStatus) -> &'static str {
    if status.success() {
        "All tests passed"
    } else {
        "SOME TESTS FAILED (see above)"
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
