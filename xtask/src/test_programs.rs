//! The test programs of the workspace: built together, then run a few at a time, for most of them wait most of their time.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::cargo;

/// So many run beside each other. More would have browsers and servers wait for a processor longer than their tests do.
const AT_ONCE: usize = 2;

/// A program that cargo built to run tests.
#[derive(Debug, PartialEq)]
pub(crate) struct TestProgram {
    /// Of its package and of itself.
    name: String,
    file: PathBuf,
    /// Of its package: where it runs, as cargo would have it.
    folder: PathBuf,
    package: String,
}

/// How a program ended.
struct Ended {
    name: String,
    passed: bool,
    took: Duration,
}

/// Builds the tests of these packages; of all where none is named. Not the examples, which are run by hand and which clippy reads: each would
/// be linked for nothing.
pub(crate) fn build(packages: &[String]) -> Result<Vec<TestProgram>> {
    let mut command = cargo();
    command.args(["test", "--locked", "--release", "--no-run", "--tests"]);
    command.arg("--message-format=json-render-diagnostics");
    if packages.is_empty() {
        command.arg("--workspace");
    }
    for package in packages {
        command.args(["--package", package]);
    }
    let mut building = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo test")?;
    let messages = building.stdout.take().context("cargo has no output")?;
    let mut programs = Vec::new();
    for line in BufReader::new(messages).lines() {
        let message: Value = serde_json::from_str(&line?).context("cargo told something else")?;
        programs.extend(TestProgram::told(&message));
    }
    if !building.wait()?.success() {
        bail!("the tests cannot be built");
    }
    Ok(programs)
}

impl TestProgram {
    /// None where the message tells of something else.
    fn told(message: &Value) -> Option<Self> {
        let file = message["executable"].as_str()?;
        if message["profile"]["test"] != true {
            return None;
        }
        let folder = Path::new(message["manifest_path"].as_str()?).parent()?;
        // `path+file:///…/worker/queue#kiskadee-queue@0.1.0`, or `…/xtask#0.1.0` where the folder has the package's name.
        let (path, id) = message["package_id"].as_str()?.rsplit_once('#')?;
        let of_folder = || path.rsplit('/').next().unwrap_or(path);
        let package = id.split_once('@').map_or_else(of_folder, |(name, _)| name);
        let target = message["target"]["name"].as_str()?;
        Some(Self {
            name: format!("{package} {target}"),
            file: file.into(),
            folder: folder.to_owned(),
            package: package.to_owned(),
        })
    }

    /// Of its package and of itself.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Large programs hold the tests of whole systems, which take longest.
    fn size(&self) -> u64 {
        fs::metadata(&self.file).map_or(0, |file| file.len())
    }

    /// What it said is printed in one piece when it has ended, unless none of its tests has the wanted name.
    fn run(&self, filter: Option<&str>, environment: &[Variable]) -> Result<Ended> {
        let started = Instant::now();
        let mut said = tempfile::tempfile()?;
        let status = Command::new(&self.file)
            .args(filter)
            .current_dir(&self.folder)
            .env("CARGO_MANIFEST_DIR", &self.folder)
            .env("CARGO_PKG_NAME", &self.package)
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stderr(said.try_clone()?)
            .stdout(said.try_clone()?)
            .status()
            .with_context(|| format!("cannot run the tests of {}", self.name))?;
        said.rewind()?;
        let mut text = Vec::new();
        said.read_to_end(&mut text)?;
        let ended = Ended {
            name: self.name.clone(),
            passed: status.success(),
            took: started.elapsed(),
        };
        ended.print(&String::from_utf8_lossy(&text))?;
        Ok(ended)
    }
}

/// A name and what it is set to.
pub(crate) type Variable = (&'static str, std::ffi::OsString);

/// Runs all of them; true when all passed.
pub(crate) fn run(
    mut programs: Vec<TestProgram>,
    filter: Option<&str>,
    environment: &[Variable],
) -> Result<bool> {
    programs.sort_by_key(TestProgram::size);
    let waiting = Mutex::new(programs);
    let lane = || -> Result<Vec<Ended>> {
        let mut all = Vec::new();
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(program) = next else { return Ok(all) };
            all.push(program.run(filter, environment)?);
        }
    };
    let ended: Vec<Vec<Ended>> = thread::scope(|scope| {
        let lanes: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(lane)).collect();
        let joined = lanes.into_iter().map(|lane| match lane.join() {
            Ok(ended) => ended,
            Err(_) => bail!("a thread that ran tests broke down"),
        });
        joined.collect::<Result<_>>()
    })?;
    let ended: Vec<Ended> = ended.into_iter().flatten().collect();
    Ok(summary(&ended))
}

impl Ended {
    fn print(&self, said: &str) -> Result<()> {
        // Of a program without such a test there is nothing to read.
        if self.passed && said.trim_start().starts_with("running 0 tests") {
            return Ok(());
        }
        let took = self.took.as_secs();
        let mut out = std::io::stdout().lock();
        write!(out, "\n     Running {} ({took} s)\n{said}", self.name)?;
        Ok(out.flush()?)
    }
}

/// The slowest, and what failed.
fn summary(ended: &[Ended]) -> bool {
    let mut slowest: Vec<&Ended> = ended.iter().collect();
    slowest.sort_by_key(|program| std::cmp::Reverse(program.took));
    println!("\nThe slowest of {} programs:", ended.len());
    for program in slowest.iter().take(8) {
        println!("{:>6} s  {}", program.took.as_secs(), program.name);
    }
    let failed: Vec<&Ended> = ended.iter().filter(|program| !program.passed).collect();
    for program in &failed {
        println!("FAILED: {}", program.name);
    }
    failed.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(id: &str, test: bool) -> Value {
        json!({
            "package_id": id, "manifest_path": "/k/worker/queue/Cargo.toml", "target": {"name": "queue"},
            "profile": {"test": test}, "executable": "/k/target/release/deps/queue-1"
        })
    }

    #[test]
    fn programs_are_those_that_cargo_names() {
        let known = TestProgram::told(&message(
            "path+file:///k/worker/queue#kiskadee-queue@0.1.0",
            true,
        ))
        .unwrap();
        assert_eq!(known.name, "kiskadee-queue queue");
        assert_eq!(known.folder, Path::new("/k/worker/queue"));
        let plain = TestProgram::told(&message("path+file:///k/xtask#0.1.0", true)).unwrap();
        assert_eq!(plain.package, "xtask");
        assert_eq!(
            TestProgram::told(&message("path+file:///k/xtask#0.1.0", false)),
            None
        );
        assert_eq!(
            TestProgram::told(&json!({"reason": "build-finished"})),
            None
        );
    }

    /// A shell, which runs the file that the filter names.
    fn shell(package: &str) -> TestProgram {
        TestProgram {
            name: format!("{package} shell"),
            file: "/bin/sh".into(),
            folder: "/".into(),
            package: package.to_owned(),
        }
    }

    #[test]
    fn one_that_fails_fails_all_and_the_others_run() {
        let folder = tempfile::tempdir().unwrap();
        let (script, told) = (folder.path().join("script"), folder.path().join("told"));
        let text = "echo ran >> $TOLD\ntest $CARGO_PKG_NAME = good";
        fs::write(&script, text).unwrap();
        let environment = [("TOLD", told.clone().into())];
        let run = |names: &[&str]| {
            let programs = names.iter().map(|name| shell(name)).collect();
            run(programs, script.to_str(), &environment).unwrap()
        };
        assert!(run(&["good", "good"]));
        assert!(!run(&["good", "bad", "good"]));
        assert_eq!(fs::read_to_string(told).unwrap(), "ran\n".repeat(5));
    }
}
