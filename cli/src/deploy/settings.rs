//! The settings of each step in the file of a deploy, and what holds where nothing is said.

use std::path::PathBuf;

use serde::Deserialize;

type Commands = Vec<Vec<String>>;

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
