//! What only the tests need: a browser with its driver, and a fuzzer of HTTP interfaces from `PyPI`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::packages::{self, Package};
use crate::process::{is_on_path, run, succeeds, target};

/// Pinned versions of what is installed from `PyPI`.
const REQUIREMENTS: &str = include_str!("../test-requirements.txt");

const PACKAGES: &[Package] = &[
    Package {
        name: "chromium",
        is_here: || is_on_path("chromium"),
    },
    Package {
        name: "chromium-driver",
        is_here: || is_on_path("chromedriver"),
    },
    Package {
        name: "python3-venv",
        is_here: has_venv,
    },
];

/// Returns the folder of the Python programs.
pub(crate) fn ensure() -> Result<PathBuf> {
    packages::ensure(PACKAGES)?;
    let venv = target().join("test-tools/venv");
    let programs = venv.join("bin");
    let installed = venv.join("installed-requirements.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == REQUIREMENTS) {
        return Ok(programs);
    }
    println!(
        "Installing the test tools from PyPI into {}",
        venv.display()
    );
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&venv))?;
    let list = venv.join("requirements.txt");
    fs::write(&list, REQUIREMENTS)?;
    run(Command::new(programs.join("pip"))
        .args(["install", "--quiet", "--requirement"])
        .arg(&list))
    .context("cannot install the test tools")?;
    fs::rename(&list, &installed)?;
    Ok(programs)
}

fn has_venv() -> bool {
    succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"]))
}
