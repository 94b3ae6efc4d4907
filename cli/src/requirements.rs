//! The other programs that `up` needs on this machine, and what to say where they are missing.

use std::path::Path;

use anyhow::{Result, bail};

use crate::postgres;

struct Missing {
    /// For people.
    what: &'static str,
    /// Debian's package.
    package: &'static str,
}

/// Fails where `up` cannot work. What only a part of it needs is returned, in words.
pub(crate) fn check(postgres_bin: Option<&Path>) -> Result<Option<String>> {
    let has_postgres = postgres_bin.is_some() || postgres::is_installed();
    let needed = [(has_postgres, "Postgres 15 or newer", "postgresql")];
    let useful = [
        (
            is_on_path("espeak-ng"),
            "espeak-ng (for languages beside English and Portuguese)",
            "espeak-ng",
        ),
        (
            is_on_path("ffmpeg"),
            "ffmpeg (for any audio but wav)",
            "ffmpeg",
        ),
    ];
    let needed = missing(&needed);
    let useful = missing(&useful);
    if needed.is_empty() {
        return Ok((!useful.is_empty()).then(|| advice(&useful)));
    }
    let all: Vec<Missing> = needed.into_iter().chain(useful).collect();
    bail!("{}", advice(&all))
}

fn missing(programs: &[(bool, &'static str, &'static str)]) -> Vec<Missing> {
    let absent = programs.iter().filter(|(is_here, ..)| !is_here);
    absent
        .map(|&(_, what, package)| Missing { what, package })
        .collect()
}

fn advice(missing: &[Missing]) -> String {
    let what: Vec<&str> = missing.iter().map(|one| one.what).collect();
    let packages: Vec<&str> = missing.iter().map(|one| one.package).collect();
    let (what, packages) = (what.join(", "), packages.join(" "));
    if !is_on_path("apt-get") {
        return format!("missing on this machine: {what} (Debian's packages: {packages})");
    }
    let sudo = if nix::unistd::geteuid().is_root() {
        ""
    } else {
        "sudo "
    };
    // A fresh machine has no list of packages.
    format!(
        "missing on this machine: {what}. Install with\n\n  {sudo}apt-get update\n  \
         {sudo}apt-get install -y --no-install-recommends {packages}\n"
    )
}

pub(crate) fn is_on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_missing_is_named_at_once() {
        let told = advice(&missing(&[
            (true, "here", "here"),
            (false, "Postgres 15 or newer", "postgresql"),
            (false, "espeak-ng", "espeak-ng"),
        ]));
        assert!(told.contains("Postgres 15 or newer, espeak-ng."), "{told}");
        assert!(told.contains(" postgresql espeak-ng\n"), "{told}");
        assert!(!told.contains("here"), "{told}");
    }
}
