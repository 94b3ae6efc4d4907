//! Builds what runs: the components for WebAssembly, and `kiskadee` for this machine.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::manifest;
use crate::packages;
use crate::process::{cargo, output, root, run, target};

const WASM: &str = "wasm32-wasip2";
/// The profile of the components in the root manifest.
const PROFILE: &str = "component";

/// Everything between a fresh checkout and `kiskadee up`.
pub(crate) fn set_up() -> Result<()> {
    packages::ensure(packages::RUNTIME)?;
    build_all()
}

/// The same for the tests, with the components that only they run. One call of cargo builds those of both kinds, so that none is
/// compiled for either with other features.
pub(crate) fn set_up_for_tests() -> Result<()> {
    packages::ensure(packages::RUNTIME)?;
    build(&manifest::all_component_packages()?)
}

/// What ships.
pub(crate) fn build_all() -> Result<()> {
    build(&manifest::component_packages()?)
}

fn build(components: &[String]) -> Result<()> {
    ensure_wasm_target()?;
    build_components(components)?;
    build_kiskadee()
}

fn ensure_wasm_target() -> Result<()> {
    let sysroot = output(
        Command::new("rustc")
            .args(["--print", "sysroot"])
            .current_dir(root()),
    )?;
    if PathBuf::from(sysroot)
        .join("lib/rustlib")
        .join(WASM)
        .is_dir()
    {
        return Ok(());
    }
    run(Command::new("rustup")
        .args(["target", "add", WASM])
        .current_dir(root()))
    .with_context(|| format!("the Rust target {WASM} is missing"))
}

fn build_components(packages: &[String]) -> Result<()> {
    let mut build = cargo();
    build.args(["build", "--locked", "--profile", PROFILE, "--target", WASM]);
    for package in packages {
        build.args(["--package", package]);
    }
    run(&mut build)
}

pub(crate) fn build_kiskadee() -> Result<()> {
    build_program("kiskadee")
}

/// The whole workspace's features, as `cargo test --workspace` sees them: otherwise the two would build everything twice.
fn build_program(name: &str) -> Result<()> {
    run(cargo().args([
        "build",
        "--locked",
        "--release",
        "--workspace",
        "--bin",
        name,
    ]))
}

pub(crate) fn kiskadee() -> PathBuf {
    target().join("release/kiskadee")
}

pub(crate) fn components() -> PathBuf {
    target().join(WASM).join(PROFILE)
}

/// Replaces this process, so that signals and the exit code are those of `kiskadee` itself.
pub(crate) fn become_kiskadee_up(options: &[String]) -> Result<ExitCode> {
    let mut command = Command::new(kiskadee());
    command.arg("up").args(options);
    for (variable, path) in [
        ("KISKADEE_STATE_DIR", root().join(".kiskadee")),
        ("KISKADEE_COMPONENTS", components()),
        ("KISKADEE_MANIFEST", manifest::path()),
    ] {
        if std::env::var_os(variable).is_none() {
            command.env(variable, path);
        }
    }
    Err(command.exec()).with_context(|| format!("cannot start {}", kiskadee().display()))
}

pub(crate) fn write_api_documents() -> Result<()> {
    build_program("kiskadee-reference")?;
    run(&mut Command::new(
        target().join("release/kiskadee-reference"),
    ))
}
