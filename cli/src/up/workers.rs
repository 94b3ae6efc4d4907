//! The worker processes: started, restarted, and declared dead at once when they die.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use nix::sys::signal::Signal;
use sqlx::PgPool;

use super::{UpOptions, database};
use crate::logs::LogFile;
use crate::state::StateDirectory;
use crate::supervise::{Aftermath, Recipe, Supervised};
use crate::telemetry::LogArgs;
use crate::this_program::this_program;

/// What a worker may take to finish or give back what it runs.
const DRAIN: Duration = Duration::from_secs(30);
/// Models of gigabytes are read, and kernels may have to be compiled for the device.
const FIRST_HEARTBEAT: Duration = Duration::from_mins(5);
const HOPELESS: u32 = 4;
/// A database that is away keeps a dead worker's successor no longer than this.
const EXPIRY_PATIENCE: Duration = Duration::from_secs(3);

pub(crate) fn start(
    number: u32,
    state: &StateDirectory,
    options: &UpOptions,
    database_url: &str,
    admin: &PgPool,
) -> Result<Supervised> {
    let name = format!("worker-{number}");
    let log = LogFile::open(&state.log(&format!("{name}.jsonl")))?;
    let command = recipe_of_command(&name, state.path(), options, database_url);
    let (dead, admin) = (name.clone(), admin.clone());
    Ok(Supervised::start(Recipe {
        name,
        command: Box::new(command),
        log,
        orderly: Signal::SIGTERM,
        quick: Signal::SIGKILL,
        patience: DRAIN,
        on_death: Box::new(move || expire(admin.clone(), dead.clone())),
    }))
}

fn recipe_of_command(
    name: &str,
    state: &Path,
    options: &UpOptions,
    database_url: &str,
) -> impl Fn() -> Result<Command> + 'static {
    let (name, database_url) = (name.to_owned(), database_url.to_owned());
    let storage = options.storage_in(state);
    let lease_ttl = options.lease_ttl.to_string();
    let models = options.models_in(state);
    let xtts = options.xtts.arguments();
    let allow_private = options.webhook_allow_private.as_str();
    move || {
        let mut command = this_program();
        command
            .args([
                "worker",
                "--name",
                &name,
                "--storage",
                &storage,
                "--lease-ttl",
                &lease_ttl,
            ])
            .arg("--models-dir")
            .arg(&models)
            .args(&xtts)
            .args(["--webhook-allow-private", allow_private])
            .args(["--follow-parent", &std::process::id().to_string()])
            // Not on the command line, where everyone could read it.
            .env("KISKADEE_DATABASE_URL", &database_url)
            .envs(LogArgs::chosen().of_child())
            // It means the host's own; two cannot listen on one address.
            .env_remove("KISKADEE_METRICS_LISTEN");
        if env::var_os(CANDLE_THREADS).is_none() {
            command.env(CANDLE_THREADS, "1");
        }
        Ok(command)
    }
}

/// Threads that candle has for work element by element, beside the pools of the engines. They spin while they wait, at the priority of
/// speech: beside a training a second one took four times the time of the training itself. Engines in processes of their own do not
/// get it.
const CANDLE_THREADS: &str = "CANDLE_NUM_THREADS";

fn expire(admin: PgPool, name: String) -> Aftermath {
    Box::pin(async move {
        match tokio::time::timeout(EXPIRY_PATIENCE, database::expire_workers(&admin, &name)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(worker = name, %error, "cannot expire the dead worker");
            }
            Err(_) => tracing::warn!(
                worker = name,
                "the database is away, the dead worker expires by itself"
            ),
        }
    })
}

/// Until every worker has registered.
pub(crate) async fn wait_until_ready(workers: &[Supervised], admin: &PgPool) -> Result<()> {
    let give_up_at = Instant::now() + FIRST_HEARTBEAT;
    loop {
        let alive: i64 = sqlx::query_scalar(include_str!("../../queries/count_workers.sql"))
            .fetch_one(admin)
            .await?;
        if usize::try_from(alive).is_ok_and(|alive| alive >= workers.len()) {
            return Ok(());
        }
        if Instant::now() > give_up_at || workers.iter().any(|worker| worker.deaths() >= HOPELESS) {
            bail!("a worker does not start; its log says why");
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}
