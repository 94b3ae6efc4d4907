//! Debian packages: which are missing, and how they get here.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{is_on_path, output, run, succeeds};

/// A package, and how to tell that it (or the same from elsewhere) is here.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) is_here: fn() -> bool,
}

/// What the product itself needs.
pub(crate) const RUNTIME: &[Package] = &[
    Package {
        name: "postgresql",
        is_here: has_postgres,
    },
    Package {
        name: "espeak-ng",
        is_here: || is_on_path("espeak-ng"),
    },
    Package {
        name: "ffmpeg",
        is_here: || is_on_path("ffmpeg"),
    },
];

/// Installs what is missing: as root, by sudo when that asks no password, else the command is left to the user.
pub(crate) fn ensure(packages: &[Package]) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .filter(|package| !(package.is_here)())
        .map(|package| package.name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !is_on_path("apt-get") {
        bail!(
            "missing on this machine: {names} (names of the Debian packages). Install them and try again"
        );
    }
    let Some(prefix) = root_prefix()? else {
        bail!(
            "missing on this machine: {names}. Install them with\n\n  sudo apt-get install -y {names}\n\nand try again"
        );
    };
    println!("Installing {names}");
    let install = ["install", "-y", "--no-install-recommends"];
    if run(apt_get(prefix).args(install).args(&missing)).is_ok() {
        return Ok(());
    }
    // The list of packages is missing on a fresh machine, and out of date on an old one.
    run(apt_get(prefix).arg("update")).context("cannot fetch the list of packages")?;
    run(apt_get(prefix).args(install).args(&missing))
}

/// The words before a command that makes root run it; none when there is no way without a password.
fn root_prefix() -> Result<Option<&'static [&'static str]>> {
    if output(Command::new("id").arg("-u"))? == "0" {
        return Ok(Some(&[]));
    }
    Ok(succeeds(Command::new("sudo").args(["-n", "true"])).then_some(&["sudo", "-n"]))
}

fn apt_get(prefix: &[&str]) -> Command {
    let words: Vec<&str> = prefix
        .iter()
        .copied()
        // No server starts because its package was installed: what needs one starts its own.
        .chain(["env", "SYSTEMD_OFFLINE=1"])
        .chain(["DEBIAN_FRONTEND=noninteractive", "apt-get"])
        .collect();
    let mut command = Command::new(words.first().copied().unwrap_or("env"));
    command
        .args(words.iter().skip(1))
        .args(["--quiet", "-o", "DPkg::Lock::Timeout=120"]);
    command
}

/// Debian keeps the server's programs off the PATH, a folder for each version.
fn has_postgres() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let debian = versions.map(|entry| entry.path().join("bin/initdb"));
    debian.into_iter().any(|path| Path::is_file(&path)) || is_on_path("initdb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_done_when_nothing_is_missing() {
        ensure(&[Package {
            name: "no-such-package",
            is_here: || true,
        }])
        .unwrap();
    }

    #[test]
    fn apt_is_asked_through_the_prefix() {
        let command = apt_get(&["sudo", "-n"]);
        assert_eq!(command.get_program(), "sudo");
        assert!(command.get_args().any(|word| word == "apt-get"));
        assert_eq!(apt_get(&[]).get_program(), "env");
    }
}
