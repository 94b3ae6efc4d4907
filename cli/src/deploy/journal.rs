//! What a deploy has done, on disk before and after each step: whoever goes on knows where it was.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::file::DeployFile;
use super::samples::Sample;
use crate::private_file;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Running,
    RollingBack,
    Succeeded,
    RolledBack,
    /// It failed, and so did going back: people must look.
    Stuck,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) begun_at: String,
    pub(super) done_at: Option<String>,
}

/// Indices of a part's slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Slots {
    /// None where nothing ran before.
    pub(super) old: Option<usize>,
    pub(super) new: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) state: State,
    pub(super) steps: Vec<Step>,
    pub(super) slots: BTreeMap<String, Slots>,
    /// Why it went back, and in which step.
    pub(super) reason: Option<String>,
    pub(super) failed_step: Option<String>,
    /// Figures at the beginning, and just before the first edge.
    pub(super) first: Option<Sample>,
    pub(super) before: Option<Sample>,
    /// When the last part had come over.
    pub(super) after: Option<Sample>,
    pub(super) notified: Vec<String>,
}

/// The record of the last deploy; only one process at a time has it.
pub(super) struct Journal {
    path: PathBuf,
    pub(super) record: Record,
    _lock: Flock<File>,
}

pub(super) fn now() -> String {
    let now = OffsetDateTime::now_utc();
    now.format(&Rfc3339).unwrap_or_default()
}

fn current(folder: &Path) -> PathBuf {
    folder.join("current.json")
}

/// For whoever only looks.
pub(super) fn read(folder: &Path) -> Result<Option<Record>> {
    private_file::read_json(&current(folder))
}

fn lock(folder: &Path) -> Result<Flock<File>> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = File::create(folder.join("lock"))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock)
        .map_err(|_| anyhow::anyhow!("another deploy runs on {}", folder.display()))
}

impl Journal {
    /// A new deploy. One that is not at its end must be ended first.
    pub(super) fn begin(file: &DeployFile) -> Result<Self> {
        let folder = &file.journal;
        let lock = lock(folder)?;
        let path = current(folder);
        if let Some(last) = read(folder)? {
            if matches!(last.state, State::Running | State::RollingBack) {
                bail!(
                    "the deploy {} was broken off: `kiskadee deploy resume` or `rollback` ends it",
                    last.id
                );
            }
            fs::rename(&path, folder.join(format!("{}.json", last.id)))?;
        }
        let record = Record {
            id: format!("deploy-{}", uuid::Uuid::now_v7().simple()),
            version: file.release.version.clone(),
            state: State::Running,
            steps: Vec::new(),
            slots: BTreeMap::new(),
            reason: None,
            failed_step: None,
            first: None,
            before: None,
            after: None,
            notified: Vec::new(),
        };
        let journal = Self {
            path,
            record,
            _lock: lock,
        };
        journal.save()?;
        Ok(journal)
    }

    /// The last deploy.
    pub(super) fn open(file: &DeployFile) -> Result<Self> {
        let lock = lock(&file.journal)?;
        let record = read(&file.journal)?.context("there was no deploy yet")?;
        if record.version != file.release.version {
            bail!(
                "the file names release {}, the last deploy was of {}",
                file.release.version,
                record.version
            );
        }
        Ok(Self {
            path: current(&file.journal),
            record,
            _lock: lock,
        })
    }

    pub(super) fn save(&self) -> Result<()> {
        private_file::write_json(&self.path, &self.record)
    }

    pub(super) fn is_done(&self, name: &str) -> bool {
        let mut steps = self.record.steps.iter();
        steps.any(|step| step.name == name && step.done_at.is_some())
    }

    pub(super) fn has_begun(&self, name: &str) -> bool {
        self.record.steps.iter().any(|step| step.name == name)
    }

    pub(super) fn begin_step(&mut self, name: &str) -> Result<()> {
        println!("{} {name}", now());
        if !self.has_begun(name) {
            self.record.steps.push(Step {
                name: name.to_owned(),
                begun_at: now(),
                done_at: None,
            });
        }
        self.save()
    }

    pub(super) fn end_step(&mut self, name: &str) -> Result<()> {
        let mut steps = self.record.steps.iter_mut();
        if let Some(step) = steps.find(|step| step.name == name) {
            step.done_at = Some(now());
        }
        self.save()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path) -> DeployFile {
        let text = include_str!("../../../infra/deploy/deploy.example.toml");
        let mut file: DeployFile = toml::from_str(text).unwrap();
        file.journal = folder.to_owned();
        file
    }

    #[test]
    fn a_deploy_that_was_broken_off_is_found_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        let mut first = Journal::begin(&file).unwrap();
        first.begin_step("backup").unwrap();
        first.end_step("backup").unwrap();
        first.begin_step("expand").unwrap();
        assert!(Journal::open(&file).is_err(), "one at a time");
        drop(first);
        assert!(Journal::begin(&file).is_err(), "it is to be ended first");
        let mut again = Journal::open(&file).unwrap();
        assert!(again.is_done("backup") && !again.is_done("expand"));
        assert!(again.has_begun("expand") && !again.has_begun("observe"));
        again.record.state = State::Succeeded;
        again.save().unwrap();
        let id = again.record.id.clone();
        drop(again);
        let next = Journal::begin(&file).unwrap();
        assert!(next.record.steps.is_empty());
        assert!(folder.path().join(format!("{id}.json")).exists());
    }
}
