//! The schema of the release to come beneath the running system: as a deploy puts it there, before the programs follow.

use std::ffi::{OsStr, OsString};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Names the program of that release.
const NEWER: &str = "KISKADEE_TEST_NEWER";

pub(crate) fn program() -> Option<OsString> {
    std::env::var_os(NEWER)
}

/// Puts its first phase on the database.
pub(crate) fn expand(program: &OsStr, database_url: &str) -> Result<()> {
    let output = Command::new(program)
        .args(["migrate", "--phase", "expand"])
        .env("KISKADEE_DATABASE_URL", database_url)
        .output()
        .with_context(|| format!("{NEWER}: cannot run {}", program.display()))?;
    ensure!(
        output.status.success(),
        "{NEWER}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
