//! The options of `kiskadee up`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::artefacts::Artefacts;
use crate::parts::xtts::XttsArgs;
use crate::postgres::ClusterOptions;
use crate::serving::ServingArgs;
use crate::state;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

impl Switch {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

/// Whether strangers may make accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Registration {
    Open,
    Closed,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct UpOptions {
    /// Where to serve; 0.0.0.0 serves the network
    #[arg(
        long,
        env = "KISKADEE_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8005"
    )]
    pub(crate) listen: SocketAddr,
    /// Everything that is kept: database, audio, secrets, logs [default: ~/.local/share/kiskadee]
    #[arg(long, env = "KISKADEE_STATE_DIR", value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Worker processes; more than one pays only with several GPUs or many cores
    #[arg(long, env = "KISKADEE_WORKERS", value_name = "N", default_value_t = 1)]
    pub(crate) workers: u32,
    /// Limit the requests of each caller
    #[arg(
        long,
        env = "KISKADEE_API_RATE_LIMIT",
        value_name = "on|off",
        default_value = "on"
    )]
    pub(crate) api_rate_limit: Switch,
    /// Who may make accounts over HTTP: anybody (open), or nobody (closed) [default: open where the address is of this machine
    /// alone and no proxy is trusted, else closed]
    #[arg(
        long,
        env = "KISKADEE_REGISTRATION",
        value_name = "open|closed",
        hide_possible_values = true
    )]
    registration: Option<Registration>,
    /// Where audio is kept: a directory, or an s3://, gs:// or az:// address [default: in the state directory]
    #[arg(long, env = "KISKADEE_STORAGE", value_name = "ADDRESS")]
    storage: Option<String>,
    /// Jobs that the whole queue takes before it answers 503
    #[arg(
        long,
        env = "KISKADEE_QUEUE_CAP",
        value_name = "JOBS",
        default_value_t = 1_000_000
    )]
    pub(crate) queue_cap: u32,
    /// Where imported models lie [default: models in the state directory]
    #[arg(long, env = "KISKADEE_MODELS_DIR", value_name = "DIR")]
    models_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) xtts: XttsArgs,
    /// Seconds without a heartbeat after which a worker's jobs go to others
    #[arg(long, env = "KISKADEE_LEASE_TTL", value_name = "SECONDS", default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(3..=3600))]
    pub(crate) lease_ttl: u32,
    /// Let webhooks reach this machine and private networks
    #[arg(
        long,
        env = "KISKADEE_WEBHOOK_ALLOW_PRIVATE",
        value_name = "on|off",
        default_value = "off"
    )]
    pub(crate) webhook_allow_private: Switch,
    /// Serve the host process's own metrics here (those of the whole system are at /metrics)
    #[arg(long, env = "KISKADEE_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    pub(crate) metrics_listen: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) serving: ServingArgs,
    #[command(flatten)]
    pub(crate) artefacts: Artefacts,
    #[command(flatten)]
    pub(crate) cluster: ClusterOptions,
}

impl UpOptions {
    /// The address of the storage; every part of the system must be told the same.
    pub(crate) fn storage_in(&self, state: &Path) -> String {
        self.storage
            .clone()
            .unwrap_or_else(|| state.join("storage").display().to_string())
    }

    /// As the variable of `spin.toml`. Whoever reaches an address of this machine alone is on it already; an installation that
    /// serves others lets them in when its operator says so.
    pub(crate) fn registration(&self) -> &'static str {
        let is_private = self.listen.ip().is_loopback() && !self.serving.is_behind_a_proxy();
        match self.registration {
            Some(Registration::Open) => "open",
            None if is_private => "open",
            Some(Registration::Closed) | None => "closed",
        }
    }

    pub(crate) fn models_in(&self, state: &Path) -> PathBuf {
        self.models_dir
            .clone()
            .unwrap_or_else(|| state.join("models"))
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.state_dir.clone().unwrap_or_else(state::default_path)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Up {
        #[command(flatten)]
        options: UpOptions,
    }

    fn registration(arguments: &str) -> &'static str {
        let words = ["up"].into_iter().chain(arguments.split_whitespace());
        Up::try_parse_from(words).unwrap().options.registration()
    }

    #[test]
    fn strangers_register_where_only_this_machine_is_reached_or_where_it_is_said() {
        assert_eq!(registration(""), "open");
        assert_eq!(registration("--listen [::1]:8005"), "open");
        assert_eq!(registration("--listen 0.0.0.0:8005"), "closed");
        assert_eq!(registration("--trusted-proxies 127.0.0.1/32"), "closed");
        assert_eq!(registration("--registration closed"), "closed");
        assert_eq!(
            registration("--listen 0.0.0.0:8005 --registration open"),
            "open"
        );
    }
}
