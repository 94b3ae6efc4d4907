//! The file that says what is deployed where. Secrets are never in it, only the names of variables that have them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

pub(super) use super::settings::{Backup, Balancer, Notify, Observe, Preflight, Smoke, Strategy};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeployFile {
    /// Of the installation, for notifications.
    pub(super) name: String,
    /// The folder of journals.
    pub(super) journal: PathBuf,
    pub(super) release: Release,
    #[serde(default = "database_url")]
    pub(super) database_url_env: String,
    /// How another machine is reached; its name, `--` and the command follow.
    #[serde(default = "ssh")]
    pub(super) ssh: Vec<String>,
    #[serde(default)]
    pub(super) preflight: Preflight,
    #[serde(default)]
    pub(super) backup: Backup,
    #[serde(default)]
    pub(super) edges: Vec<Part>,
    #[serde(default)]
    pub(super) workers: Vec<Part>,
    #[serde(default)]
    pub(super) strategy: Strategy,
    #[serde(default)]
    pub(super) balancer: Balancer,
    #[serde(default)]
    pub(super) smoke: Smoke,
    #[serde(default)]
    pub(super) observe: Observe,
    #[serde(default)]
    pub(super) notify: Vec<Notify>,
    /// Seconds that a part may take to become ready, or to leave.
    #[serde(default = "patience")]
    pub(super) patience: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Release {
    /// The new build, on this machine: it migrates, backs up, and makes the user of the smoke test.
    pub(super) program: PathBuf,
    /// What it says of itself.
    pub(super) version: String,
}

/// An edge or a worker, in the slot where it runs and the one where its successor will.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    pub(super) name: String,
    /// Absent: this machine.
    pub(super) host: Option<String>,
    pub(super) slots: [Slot; 2],
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Slot {
    pub(super) name: String,
    /// Where `/ready` of the process is: its `--metrics-listen`.
    pub(super) metrics: String,
    /// Of an edge: where it answers, for the smoke test against it alone.
    pub(super) url: Option<String>,
    /// Of an edge: what the balancer calls it, `BACKEND/SERVER`.
    pub(super) server: Option<String>,
    /// Puts the new release into the slot; not run on the way back.
    #[serde(default)]
    pub(super) install: Vec<Vec<String>>,
    pub(super) start: Vec<Vec<String>>,
    /// Returns when the process has ended in good order.
    pub(super) stop: Vec<Vec<String>>,
}

fn database_url() -> String {
    "KISKADEE_DATABASE_URL".to_owned()
}

fn ssh() -> Vec<String> {
    ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]
        .map(str::to_owned)
        .to_vec()
}

fn patience() -> u64 {
    120
}

impl DeployFile {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is not right", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let file: Self = toml::from_str(text)?;
        let mut names = BTreeSet::new();
        for part in file.parts() {
            if !names.insert(&part.name) {
                bail!("two parts are called {}", part.name);
            }
            let [one, other] = &part.slots;
            if one.name == other.name || one.metrics == other.metrics {
                bail!("the slots of {} are one", part.name);
            }
        }
        if names.is_empty() {
            bail!("it names neither edges nor workers");
        }
        for edge in &file.edges {
            if edge.slots.iter().any(|slot| slot.url.is_none()) {
                bail!("a slot of the edge {} has no url", edge.name);
            }
        }
        Ok(file)
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        self.edges.iter().chain(&self.workers)
    }

    pub(super) fn part(&self, name: &str) -> Result<&Part> {
        let mut parts = self.parts();
        let found = parts.find(|part| part.name == name);
        found.with_context(|| format!("the file names no part {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../../../infra/deploy/deploy.example.toml");

    #[test]
    fn the_example_is_right() {
        let file = DeployFile::parse(FILE).unwrap();
        assert_eq!((file.edges.len(), file.workers.len()), (2, 1));
        assert!(matches!(file.balancer, Balancer::Haproxy { .. }));
        assert!(file.part("edge1").is_ok() && file.part("edge9").is_err());
    }

    #[test]
    fn what_would_not_work_is_refused() {
        let doubled = FILE.replace("\"edge2\"", "\"edge1\"");
        let wrong = [
            (doubled.as_str(), "two parts are called edge1"),
            (&FILE.replace("url = ", "adress = "), "unknown field"),
        ];
        for (text, expected) in wrong {
            let error = format!("{:#}", DeployFile::parse(text).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
