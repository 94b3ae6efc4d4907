//! Python environments of pinned packages, made once for each list.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::packages::Package;
use crate::process::{run, succeeds};

pub(crate) const VENV: Package = Package {
    name: "python3-venv",
    is_here: || succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"])),
};

/// Installs what is missing; gives the folder of the programs. `holds` is told to who waits.
pub(crate) fn ensure(folder: &Path, requirements: &str, holds: &str) -> Result<PathBuf> {
    let programs = folder.join("bin");
    let installed = folder.join("installed-requirements.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == requirements) {
        return Ok(programs);
    }
    println!("Installing {holds} from PyPI into {}", folder.display());
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(folder))?;
    let list = folder.join("requirements.txt");
    fs::write(&list, requirements)?;
    run(Command::new(programs.join("pip"))
        .args(["install", "--quiet", "--requirement"])
        .arg(&list))
    .with_context(|| format!("cannot install {holds}"))?;
    fs::rename(&list, &installed)?;
    Ok(programs)
}
