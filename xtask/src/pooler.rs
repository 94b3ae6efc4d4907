//! `cargo xtask test pooler`: the contract of the API and the tests of the queue, with every edge, worker and queue behind `PgBouncer` in
//! transaction mode.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

use crate::build;
use crate::packages::{self, Package};
use crate::process::{is_on_path, run as run_command, target};
use crate::test_programs::{self, TestProgram};

const ROOTS: &[Package] = &[Package {
    name: "mmdebstrap",
    is_here: || is_on_path("mmdebstrap"),
}];
const PROGRAMS: [&str; 2] = ["kiskadee-tests api", "kiskadee-queue queue"];
/// 1.21 is the first that follows prepared statements; Debian 12 has 1.18.
const SUITE: &str = "trixie";
const MIRROR: &str = "http://deb.debian.org/debian";

/// Once with a pooler that follows prepared statements, and once with one that loses them.
pub(crate) fn run() -> Result<ExitCode> {
    build::set_up_for_tests()?;
    let pooler = program()?;
    let mut passed = true;
    for statements in ["200", "0"] {
        println!("\nBehind PgBouncer with max_prepared_statements = {statements}");
        let more = [
            ("KISKADEE_TEST_POOLER", pooler.clone().into()),
            ("KISKADEE_TEST_POOLER_STATEMENTS", statements.into()),
        ];
        // Of the queue's tests many look into the database by statements that they prepare.
        let wanted = if statements == "0" {
            &PROGRAMS[..1]
        } else {
            &PROGRAMS[..]
        };
        let programs = test_programs::build(&[])?;
        let programs: Vec<TestProgram> = programs
            .into_iter()
            .filter(|program| wanted.contains(&program.name()))
            .collect();
        ensure!(
            programs.len() == wanted.len(),
            "the tests are called otherwise"
        );
        passed &= crate::test::run_programs(programs, None, &more)?;
    }
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What `KISKADEE_TEST_PGBOUNCER` names, else that of Debian 13 with the libraries that it was built with.
fn program() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("KISKADEE_TEST_PGBOUNCER") {
        return Ok(named.into());
    }
    let tools = target().join("fleet-tools");
    let root = tools.join("pgbouncer-trixie");
    if !root.is_dir() {
        unpack(&root)?;
    }
    let script = tools.join("pgbouncer");
    let root = root.display();
    let text = format!(
        "#!/bin/sh\nexec '{root}/usr/lib64/ld-linux-x86-64.so.2' --library-path '{root}/usr/lib/x86_64-linux-gnu' '{root}/usr/sbin/pgbouncer' \"$@\"\n"
    );
    fs::write(&script, text)?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    Ok(script)
}

/// As a folder that gets its name when it is whole.
fn unpack(root: &Path) -> Result<()> {
    packages::ensure(ROOTS)?;
    let unfinished = root.with_extension("unfinished");
    if unfinished.is_dir() {
        fs::remove_dir_all(&unfinished)?;
    }
    fs::create_dir_all(&unfinished)?;
    run_command(
        Command::new("mmdebstrap")
            .args(["--quiet", "--variant=extract", "--include=pgbouncer", SUITE])
            .arg(&unfinished)
            .arg(MIRROR),
    )
    .context("cannot unpack a newer PgBouncer")?;
    Ok(fs::rename(&unfinished, root)?)
}
