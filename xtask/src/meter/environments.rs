//! The two Python environments of the meters, installed once from pinned packages whose SHA-256 pip checks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{output, run};

/// Torch with its libraries is ten times as large as all of the rest, so it lies apart.
pub(super) struct Environment {
    name: &'static str,
    holds: &'static str,
    requirements: &'static str,
}

impl Environment {
    pub(super) const WORDS: Self = Self {
        name: "words",
        holds: "Whisper base (140 MB) and what runs it",
        requirements: include_str!("../../../tests/meters/requirements/words.txt"),
    };
    pub(super) const MOS: Self = Self {
        name: "mos",
        holds: "DistillMOS and torch (on Linux 3 GB to download, 6 GB of disk)",
        requirements: include_str!("../../../tests/meters/requirements/mos.txt"),
    };

    /// Installs what is missing, and gives the path of its Python.
    pub(super) fn ensure(&self, cache: &Path) -> Result<PathBuf> {
        let folder = cache.join(self.name);
        let python = folder.join("bin/python");
        let installed = folder.join("installed-requirements.txt");
        if fs::read_to_string(&installed).is_ok_and(|text| text == self.requirements) {
            return Ok(python);
        }
        check_python()?;
        println!("Installing {} into {}", self.holds, folder.display());
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder))
        .context("cannot make a Python environment (Debian: apt-get install python3-venv)")?;
        let list = folder.join("requirements.txt");
        fs::write(&list, self.requirements)?;
        // The list is whole: pip adds nothing of its own.
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--no-deps"])
            .args([
                "--require-hashes",
                "--only-binary",
                ":all:",
                "--requirement",
            ])
            .arg(&list))
        .with_context(|| {
            format!(
                "cannot install {} from PyPI: is there a network?",
                self.holds
            )
        })?;
        fs::rename(&list, &installed)?;
        Ok(python)
    }
}

/// Torch 2.8 has wheels up to 3.13, and the lists are made for 3.11 and later.
fn check_python() -> Result<()> {
    let version =
        output(Command::new("python3").args(["-c", "import sys; print(*sys.version_info[:2])"]))
            .context("the meters need python3 (Debian: apt-get install python3 python3-venv)")?;
    if !["3 11", "3 12", "3 13"].contains(&version.as_str()) {
        bail!(
            "the meters need Python 3.11 to 3.13, and python3 is {}",
            version.replace(' ', ".")
        );
    }
    Ok(())
}
