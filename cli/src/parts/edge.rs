//! `kiskadee edge`: the host alone. Its variables come as under Spin: `SPIN_VARIABLE_<NAME>` in the environment, and as files
//! that `SPIN_VARIABLE_<NAME>_FILE` names.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use kiskadee_edge_host::{EdgeHost, HostConfig};

use super::schema;
use crate::artefacts::Artefacts;
use crate::given::{self, DatabaseCa};
use crate::serving::ServingArgs;
use crate::stop::Stop;
use crate::telemetry;

/// How long a balancer may take to notice that this edge is on its way out.
const DRAIN_DELAY: Duration = Duration::from_secs(5);

/// What requests that run may take to end.
const DRAIN: Duration = Duration::from_secs(20);

/// The address of the database that requests are counted in.
const TELEMETRY: &str = "KISKADEE_TELEMETRY_DATABASE_URL";

#[derive(Args)]
pub(crate) struct EdgeOptions {
    /// Where to serve; 0.0.0.0 serves the network
    #[arg(
        long,
        env = "KISKADEE_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8005"
    )]
    listen: SocketAddr,
    /// Serve this process' own metrics here
    #[arg(long, env = "KISKADEE_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    metrics_listen: Option<SocketAddr>,
    /// Where compiled components are kept; nobody else may write there
    #[arg(long, env = "KISKADEE_CACHE_DIR", value_name = "DIR")]
    cache_dir: PathBuf,
    /// Count requests for the whole system's /metrics here, as a member of `kiskadee_edge_host`; or a file that
    /// `KISKADEE_TELEMETRY_DATABASE_URL_FILE` names
    #[arg(
        long,
        env = "KISKADEE_TELEMETRY_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    telemetry_database_url: Option<String>,
    /// Postgres is reached through a pooler in transaction mode, such as `PgBouncer`
    #[arg(long, env = "KISKADEE_BEHIND_POOLER")]
    behind_pooler: bool,
    #[command(flatten)]
    database_ca: DatabaseCa,
    #[command(flatten)]
    serving: ServingArgs,
    #[command(flatten)]
    artefacts: Artefacts,
}

pub(crate) async fn run(options: &EdgeOptions) -> Result<()> {
    let _telemetry = telemetry::to_standard_error("kiskadee-edge")?;
    let stop = Stop::on_signals()?;
    let telemetry_database = given::source(TELEMETRY, options.telemetry_database_url.as_ref())?;
    if let Some(database) = &telemetry_database {
        let url = database.read()?;
        tokio::select! {
            suits = schema::check(&url) => suits?,
            () = stop.orderly.cancelled() => return Ok(()),
        }
    }
    let mut config = HostConfig::new(
        options.artefacts.manifest()?,
        options.listen,
        &options.cache_dir,
    );
    config.component_dir = Some(options.artefacts.components()?);
    options.serving.apply(&mut config)?;
    config.limits.behind_pooler = options.behind_pooler;
    config.finds_poolers = true;
    config.metrics_listen = options.metrics_listen;
    config.database_ca.clone_from(&options.database_ca.path);
    config.telemetry_database_url = telemetry_database;
    let host = EdgeHost::start(config)
        .await
        .context("cannot start the edge")?;
    tracing::info!(address = %host.local_addr(), "the edge serves");
    stop.orderly.cancelled().await;
    let leaving = async {
        host.drain(options.serving.drain_delay(DRAIN_DELAY)).await;
        host.shutdown(DRAIN).await
    };
    tokio::select! {
        _ = leaving => {}
        () = stop.quick.cancelled() => {}
    }
    Ok(())
}
