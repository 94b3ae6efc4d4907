//! `kiskadee worker`: one worker process.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use kiskadee_queue::DatabaseAddress;
use kiskadee_runner::{DEFAULT_POOL, PoolName, STORAGE_RESERVE};
use kiskadee_worker::{FAMILIES, NoticeSource, Webhooks, Worker, WorkerConfig};
use nix::sys::signal::Signal;

use super::downloads::DownloadArgs;
use super::schema;
use super::xtts::XttsArgs;
use crate::given::{self, DATABASE_URL, DatabaseCa};
use crate::postgres::guard::tie_to_parent;
use crate::stop::Stop;
use crate::telemetry;
use crate::up::Switch;

#[derive(Args)]
pub(crate) struct WorkerOptions {
    /// The database, as a role that is a member of `kiskadee_worker`; or a file that `KISKADEE_DATABASE_URL_FILE` names
    #[arg(
        long,
        env = "KISKADEE_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    database_url: Option<String>,
    #[command(flatten)]
    database_ca: DatabaseCa,
    /// Where audio is kept: a directory, or an s3://, gs:// or az:// address
    #[arg(long, env = "KISKADEE_STORAGE", value_name = "ADDRESS")]
    storage: String,
    /// How this worker is called in lists [default: worker- and the process' number]
    #[arg(long, env = "KISKADEE_WORKER_NAME", value_name = "NAME")]
    name: Option<String>,
    /// Serve only these families of jobs [default: all]
    #[arg(
        long,
        env = "KISKADEE_FAMILIES",
        value_name = "NAMES",
        value_delimiter = ',',
        value_parser = FAMILIES
    )]
    families: Vec<String>,
    /// The pool of the fleet that this worker is of, by which scalers count work and workers
    #[arg(
        long,
        env = "KISKADEE_POOL",
        value_name = "NAME",
        default_value = DEFAULT_POOL
    )]
    pool: String,
    /// Serve only what runs on these resources, device, cpu, network or long, each with so many slots; may be given several times
    /// [default: all]
    #[arg(
        long = "resource",
        env = "KISKADEE_RESOURCES",
        value_name = "NAME[=SLOTS]",
        value_delimiter = ',',
        value_parser = resource
    )]
    resources: Vec<(PoolName, Option<usize>)>,
    /// Serve only these engines, or none: without --families, such a worker does the fleet's chores, archives and uploads alone
    /// [default: all that start here]
    #[arg(
        long,
        env = "KISKADEE_ENGINES",
        value_name = "NAMES",
        value_delimiter = ','
    )]
    engines: Vec<String>,
    /// Where imported models lie [default: nowhere]
    #[arg(long, env = "KISKADEE_MODELS_DIR", value_name = "DIR")]
    models_dir: Option<PathBuf>,
    #[command(flatten)]
    xtts: XttsArgs,
    #[command(flatten)]
    downloads: DownloadArgs,
    /// Jobs of the pool `device` that run at once [default: the machine's cores, or as many as an engine speaks together where those are more]
    #[arg(long, env = "KISKADEE_SLOTS", value_name = "N")]
    slots: Option<usize>,
    /// Seconds without a heartbeat after which this worker's jobs go to others
    #[arg(
        long,
        env = "KISKADEE_LEASE_TTL",
        value_name = "SECONDS",
        default_value_t = 30
    )]
    lease_ttl: u64,
    /// MiB that are left free where results are kept: with less, the worker claims nothing
    #[arg(
        long,
        env = "KISKADEE_STORAGE_RESERVE",
        value_name = "MIB",
        default_value_t = STORAGE_RESERVE >> 20
    )]
    storage_reserve: u64,
    /// Seconds that a stop may take, up to 7200; what has not finished by then is given back
    #[arg(
        long,
        env = "KISKADEE_DRAIN_SECONDS",
        value_name = "SECONDS",
        default_value_t = 25,
        value_parser = clap::value_parser!(u64).range(0..=7200)
    )]
    drain_seconds: u64,
    /// Leave in good order, and exit 0, after so many seconds with nothing to do [default: stay]
    #[arg(
        long,
        env = "KISKADEE_IDLE_EXIT",
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    idle_exit: Option<u64>,
    /// Who tells that this machine is taken away, upon which the worker leaves in the time that is left: `aws`, `gcp`, `azure`, `file:PATH`,
    /// url:URL or none
    #[arg(
        long,
        env = "KISKADEE_NOTICE",
        value_name = "SOURCE",
        default_value = "none"
    )]
    notice: NoticeSource,
    /// Where the cloud tells it, for tests
    #[arg(
        long,
        env = "KISKADEE_METADATA_ADDRESS",
        value_name = "URL",
        hide = true
    )]
    metadata_address: Option<String>,
    /// The database is reached through a pooler in transaction mode
    #[arg(long, env = "KISKADEE_BEHIND_POOLER")]
    behind_pooler: bool,
    /// Where files lie until they are uploaded [default: the machine's temporary directory]
    #[arg(long, env = "KISKADEE_SCRATCH", value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// Serve /metrics, /health and /ready of this process here
    #[arg(long, env = "KISKADEE_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    metrics_listen: Option<SocketAddr>,
    /// Send webhooks; a fleet needs workers that do, or nobody hears
    #[arg(
        long,
        env = "KISKADEE_WEBHOOKS",
        value_name = "on|off",
        default_value = "on"
    )]
    webhooks: Switch,
    /// Let webhooks reach this machine and private networks
    #[arg(
        long,
        env = "KISKADEE_WEBHOOK_ALLOW_PRIVATE",
        value_name = "on|off",
        default_value = "off"
    )]
    webhook_allow_private: Switch,
    /// Stop when this process, which started the worker, dies
    #[arg(long, hide = true, value_name = "PID")]
    follow_parent: Option<i32>,
}

pub(crate) async fn run(options: &WorkerOptions) -> Result<()> {
    let _telemetry = telemetry::to_standard_error("kiskadee-worker")?;
    if let Some(parent) = options.follow_parent {
        // Its database dies with it too, so there is nothing that a drain could settle.
        tie_to_parent(parent, Signal::SIGKILL)?;
    }
    let source = given::required(DATABASE_URL, options.database_url.as_ref())?;
    let url = source.read()?;
    let address = DatabaseAddress::with_ca(&url, options.database_ca.path.clone());
    let config = options.config(&address);
    let problems = config.problems();
    if !problems.is_empty() {
        bail!("{}", problems.join("; "));
    }
    let _following = given::follow(&source, move |url| {
        let address = address.clone();
        async move { Ok(address.replace(&url).await?) }
    });
    let stop = Stop::on_signals()?;
    tokio::select! {
        suits = schema::check(&url) => suits?,
        () = stop.orderly.cancelled() => return Ok(()),
    }
    tokio::select! {
        outcome = Worker::run(config, stop.orderly.clone()) => outcome.context("the worker stopped"),
        () = stop.quick.cancelled() => bail!("stopped without a drain"),
    }
}

impl WorkerOptions {
    fn config(&self, database: &DatabaseAddress) -> WorkerConfig {
        let defaults = WorkerConfig::new(database.clone(), &self.storage);
        let slots = self.slots.unwrap_or(defaults.slots);
        WorkerConfig {
            name: self.name.clone().unwrap_or(defaults.name),
            behind_pooler: self.behind_pooler,
            doorbell: !self.behind_pooler,
            families: self.families.clone(),
            pool: self.pool.clone(),
            resources: self.resources.clone(),
            engines: self.engines.clone(),
            scratch: self.scratch.clone().unwrap_or(defaults.scratch),
            models: self.models_dir.clone(),
            xtts: self.xtts.options(),
            downloads: self.downloads.options(),
            slots,
            most_slots: self.slots.unwrap_or(defaults.most_slots),
            lease_ttl: Duration::from_secs(self.lease_ttl),
            storage_reserve: self.storage_reserve.saturating_mul(1 << 20),
            drain: Duration::from_secs(self.drain_seconds),
            idle_exit: self.idle_exit.map(Duration::from_secs),
            notice: self.notice.clone(),
            metadata_address: self.metadata_address.clone(),
            metrics_listen: self.metrics_listen,
            webhooks: match (self.webhooks, self.webhook_allow_private) {
                (Switch::Off, _) => Webhooks::Off,
                (Switch::On, Switch::Off) => Webhooks::Public,
                (Switch::On, Switch::On) => Webhooks::Everywhere,
            },
            ..WorkerConfig::new(database.clone(), &self.storage)
        }
    }
}

fn resource(text: &str) -> Result<(PoolName, Option<usize>)> {
    let Some((name, slots)) = text.split_once('=') else {
        return Ok((text.parse()?, None));
    };
    let slots = slots
        .parse()
        .with_context(|| format!("`{slots}` is no number of slots"))?;
    Ok((name.parse()?, Some(slots)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_may_have_its_own_number_of_slots() {
        assert_eq!(resource("long=2").unwrap(), (PoolName::Long, Some(2)));
        assert_eq!(resource("device").unwrap(), (PoolName::Device, None));
        assert!(resource("gpu").unwrap_err().to_string().contains("`gpu`"));
        let error = resource("cpu=many").unwrap_err().to_string();
        assert!(error.contains("`many`"));
    }
}
