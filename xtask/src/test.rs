//! `cargo xtask test`: all tests of the workspace, with a database, a browser and a fuzzer at hand.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use crate::build;
use crate::fleet;
use crate::manifest;
use crate::test_database::TestDatabase;
use crate::test_programs;
use crate::test_tools;

pub(crate) fn run(filter: Option<&str>, packages: &[String]) -> Result<ExitCode> {
    let started = Instant::now();
    build::set_up_for_tests()?;
    let tools = test_tools::ensure()?;
    let whole = filter.is_none() && packages.is_empty();
    let fleet = whole.then(fleet::Tests::ensure).transpose()?;
    let programs = test_programs::build(packages)?;
    let set_up = started.elapsed();
    let database = TestDatabase::start()?;
    let environment = [
        ("PATH", test_tools::path_with(&tools.programs)?),
        ("NODE_PATH", tools.node_modules.into()),
        ("KISKADEE_TEST_DATABASE_URL", (&database.url).into()),
        ("KISKADEE_BIN", build::kiskadee().into()),
        ("KISKADEE_COMPONENTS", build::components().into()),
        ("KISKADEE_MANIFEST", manifest::path().into()),
    ];
    let mut passed = test_programs::run(programs, filter, &environment)?;
    drop(database);
    if let Some(fleet) = fleet {
        passed &= fleet.run_quick()?;
    }
    let total = started.elapsed().as_secs();
    println!(
        "\n{} in {total} s, of which set-up {} s",
        verdict(passed),
        set_up.as_secs()
    );
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn verdict(passed: bool) -> &'static str {
    if passed {
        "All tests passed"
    } else {
        "SOME TESTS FAILED (see above)"
    }
}
