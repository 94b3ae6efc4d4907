//! What only the tests need: a browser with its driver; a pooler of Postgres; a reader of Japanese; from `PyPI` a fuzzer of HTTP interfaces, a
//! client of other makers, a fetcher of what pages play, and node; and with that the same client for JavaScript.

use std::env::{join_paths, split_paths, var_os};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::packages::{self, Package};
use crate::process::{is_on_path, run, succeeds, target};
use crate::python;

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
    python::VENV,
    // Debian puts it where only root looks.
    Package {
        name: "pgbouncer",
        is_here: || is_on_path("pgbouncer") || Path::new("/usr/sbin/pgbouncer").is_file(),
    },
    // Reads kanji.
    Package {
        name: "mecab",
        is_here: || is_on_path("mecab"),
    },
    Package {
        name: "mecab-ipadic-utf8",
        is_here: reads_japanese,
    },
];

/// What is installed from npm, with its lock.
const NODE_PACKAGES: [(&str, &str); 2] = [
    (
        "package.json",
        include_str!("../../tests/clients/package.json"),
    ),
    (
        "package-lock.json",
        include_str!("../../tests/clients/package-lock.json"),
    ),
];

/// Where the tools are.
pub(crate) struct TestTools {
    /// Of the programs from `PyPI`, node among them.
    pub(crate) programs: PathBuf,
    /// Where node finds its packages.
    pub(crate) node_modules: PathBuf,
}

/// Installs what is missing.
pub(crate) fn ensure() -> Result<TestTools> {
    packages::ensure(PACKAGES)?;
    let venv = target().join("test-tools/venv");
    let programs = python::ensure(&venv, REQUIREMENTS, "the test tools")?;
    let node_modules = ensure_node(&programs)?;
    Ok(TestTools {
        programs,
        node_modules,
    })
}

fn ensure_node(programs: &Path) -> Result<PathBuf> {
    let folder = target().join("test-tools/node");
    let (modules, installed) = (
        folder.join("node_modules"),
        folder.join("installed-lock.json"),
    );
    let [_, (_, lock)] = NODE_PACKAGES;
    if fs::read_to_string(&installed).is_ok_and(|text| text == lock) {
        return Ok(modules);
    }
    println!(
        "Installing the test clients from npm into {}",
        folder.display()
    );
    fs::create_dir_all(&folder)?;
    for (name, text) in NODE_PACKAGES {
        fs::write(folder.join(name), text)?;
    }
    // The program asks the path for node.
    run(Command::new(programs.join("npm"))
        .args(["ci", "--silent", "--no-audit", "--no-fund"])
        .env("PATH", path_with(programs)?)
        .current_dir(&folder))
    .context("cannot install the test clients")?;
    fs::write(&installed, lock)?;
    Ok(modules)
}

/// The search path with a folder before all others.
pub(crate) fn path_with(programs: &Path) -> Result<OsString> {
    let inherited = var_os("PATH").unwrap_or_default();
    let all = std::iter::once(programs.to_owned()).chain(split_paths(&inherited));
    join_paths(all).context("the path of the repository contains a colon")
}

fn reads_japanese() -> bool {
    let script = "echo 三百 | mecab | grep -q サン";
    succeeds(Command::new("sh").args(["-c", script]))
}
