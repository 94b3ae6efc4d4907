//! `cargo xtask test`: all tests of the workspace, with a database, a browser and a fuzzer at hand.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use crate::build;
use crate::fleet;
use crate::manifest;
use crate::test_database::TestDatabase;
use crate::test_programs::{self, TestProgram, Variable};
use crate::test_tools;

pub(crate) fn run(filter: Option<&str>, packages: &[String]) -> Result<ExitCode> {
    let started = Instant::now();
    build::set_up_for_tests()?;
    let whole = filter.is_none() && packages.is_empty();
    let fleet = whole.then(fleet::Tests::ensure).transpose()?;
    let programs = test_programs::build(packages)?;
    let set_up = started.elapsed();
    let mut passed = run_programs(programs, filter, &[])?;
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

/// Runs these with all that tests need, and with more variables.
pub(crate) fn run_programs(
    programs: Vec<TestProgram>,
    filter: Option<&str>,
    more: &[Variable],
) -> Result<bool> {
    let tools = test_tools::ensure()?;
    let database = TestDatabase::start()?;
    let mut environment = vec![
        ("PATH", test_tools::path_with(&tools.programs)?),
        ("NODE_PATH", tools.node_modules.into()),
        ("KISKADEE_TEST_DATABASE_URL", (&database.url).into()),
        ("KISKADEE_BIN", build::kiskadee().into()),
        ("KISKADEE_COMPONENTS", build::components().into()),
        ("KISKADEE_MANIFEST", manifest::path().into()),
    ];
    environment.extend_from_slice(more);
    test_programs::run(programs, filter, &environment)
}

fn verdict(passed: bool) -> &'static str {
    if passed {
        "All tests passed"
    } else {
        "SOME TESTS FAILED (see above)"
    }
}
