//! `pg_dump` and `pg_restore`: the machine's, which must be no older than the server.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use percent_encoding::percent_decode_str;
use reqwest::Url;
use tokio::process::{Child, Command};

/// A dump that restores in one transaction, compressed.
pub(super) fn dump(url: &str, snapshot: &str) -> Result<Child> {
    let mut command = program("pg_dump", url)?;
    command
        .args(["--format=custom", "--no-owner", "--no-password"])
        .arg(format!("--snapshot={snapshot}"))
        .stdout(Stdio::piped());
    command.spawn().context("cannot run pg_dump")
}

/// Restores a dump from a file; after an error nothing has changed.
pub(super) async fn restore(url: &str, file: &Path) -> Result<()> {
    let mut command = program("pg_restore", url)?;
    command
        .args(["--no-owner", "--no-password", "--exit-on-error"])
        .arg("--single-transaction")
        .arg(file);
    let restoring = command.spawn().context("cannot run pg_restore")?;
    ended(restoring, "pg_restore").await
}

/// Waits for the end of a program, and says why it failed.
pub(super) async fn ended(program: Child, name: &str) -> Result<()> {
    let output = program.wait_with_output().await?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    bail!("{name} failed: {}", said.trim())
}

/// A program at a database. The password goes by the environment, for arguments are seen by everybody on the machine.
fn program(name: &str, url: &str) -> Result<Command> {
    let mut address: Url = url.parse().context("the database's address is no URL")?;
    let mut command = Command::new(find(name)?);
    if let Some(password) = address.password() {
        let password = percent_decode_str(password).decode_utf8()?;
        command.env("PGPASSWORD", &*password);
    }
    // Refused only where there is no host, and then there was no password.
    let _ = address.set_password(None);
    command
        .arg(format!("--dbname={address}"))
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    Ok(command)
}

/// Debian keeps the programs of each version in a folder of its own; the newest knows all older servers.
fn find(name: &str) -> Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter();
    let mut found: Vec<(u32, PathBuf)> = versions
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin").join(name)))
        })
        .filter(|(_, path)| path.is_file())
        .collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(name));
    let newest = found.pop().map(|(_, path)| path);
    let found = newest.or_else(|| on_path.into_iter().find(|path| path.is_file()));
    found.with_context(|| format!("no {name} on this machine: apt-get install postgresql-client"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_among_the_arguments() {
        let command = program("pg_dump", "postgres://me:s%23cret@host:5432/db").unwrap();
        let command = command.as_std();
        let arguments: Vec<_> = command.get_args().collect();
        assert_eq!(arguments, ["--dbname=postgres://me@host:5432/db"]);
        let password = command.get_envs().find(|(name, _)| *name == "PGPASSWORD");
        assert_eq!(password.unwrap().1.unwrap(), "s#cret");
    }
}
