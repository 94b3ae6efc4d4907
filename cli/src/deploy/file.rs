//! The file that says what is deployed where. Secrets are never in it, only the names of variables that have them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

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

type Commands = Vec<Vec<String>>;

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
    pub(super) install: Commands,
    pub(super) start: Commands,
    /// Returns when the process has ended in good order.
    pub(super) stop: Commands,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Preflight {
    /// On every machine, free where `disk` lies.
    pub(super) free_mib: u64,
    pub(super) disk: String,
    /// Between every machine and the database.
    pub(super) clock_skew_seconds: f64,
    /// Whatever else must succeed on this machine, such as a check of the configuration.
    pub(super) commands: Commands,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Backup {
    /// With false the newest backup must not be older than `max_age_hours`.
    pub(super) create: bool,
    pub(super) max_age_hours: u64,
    /// Of `kiskadee backup create`; what is missing comes from its variables.
    pub(super) arguments: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Strategy {
    /// One edge after another.
    #[default]
    Rolling,
    /// All new edges first; the old ones leave when the smoke test of all has passed.
    BlueGreen,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
pub(super) enum Balancer {
    /// None that could be asked: a new edge counts as in when it has been ready for 5 s.
    #[default]
    None,
    /// The stats socket on this machine, of the level admin.
    Haproxy { socket: PathBuf },
    /// The page of statistics, as CSV.
    HaproxyStats { url: String },
    /// `is_up` exits with 0 when `{server}` is in; the others, where they are given, keep it out and let it in.
    Command {
        is_up: Vec<String>,
        #[serde(default)]
        keep_out: Vec<String>,
        #[serde(default)]
        let_in: Vec<String>,
    },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Smoke {
    /// Where the fleet answers; without it the first new edge is asked in its place.
    pub(super) url: Option<String>,
    pub(super) body: serde_json::Value,
    /// Seconds until a batch of two must be spoken.
    pub(super) within: u64,
    /// Whatever else must succeed, with `{url}`.
    pub(super) commands: Commands,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Observe {
    /// How long what was before is looked at, if the steps before the first edge took less.
    pub(super) before_seconds: u64,
    /// Shares of answers with 5xx up to which nothing is said, and the factor over before from which on it is.
    pub(super) error_ratio: f64,
    pub(super) p99_seconds: f64,
    pub(super) queue_seconds: f64,
    pub(super) factor: f64,
    /// Fewer answers prove nothing.
    pub(super) requests: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
pub(super) enum Notify {
    /// Gets the event as JSON.
    Webhook {
        url_env: String,
    },
    Slack {
        url_env: String,
    },
    Discord {
        url_env: String,
    },
    /// Gets the event as JSON on standard input: a mailer, for example.
    Command {
        command: Vec<String>,
    },
}

impl Default for Preflight {
    fn default() -> Self {
        Self {
            free_mib: 2048,
            disk: "/".to_owned(),
            clock_skew_seconds: 2.0,
            commands: Vec::new(),
        }
    }
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            create: true,
            max_age_hours: 26,
            arguments: Vec::new(),
        }
    }
}

impl Default for Smoke {
    fn default() -> Self {
        Self {
            url: None,
            body: serde_json::json!({
                "texts": ["One.", "Two."], "voice_id": "default", "language": "en"
            }),
            within: 60,
            commands: Vec::new(),
        }
    }
}

impl Default for Observe {
    fn default() -> Self {
        Self {
            before_seconds: 60,
            error_ratio: 0.01,
            p99_seconds: 1.0,
            queue_seconds: 60.0,
            factor: 2.0,
            requests: 20,
        }
    }
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
