//! A worker that runs the toy family and no other: to it what `kiskadee worker` is to the families of the product.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use clap::Parser;
use kiskadee_queue::{ConnectOptions, Queue};
use kiskadee_runner::{PoolName, RunnerConfig, Slots, run};
use kiskadee_storage::Store;
use kiskadee_toy_jobs::Toy;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
struct Options {
    /// The database, as a member of `kiskadee_worker`
    #[arg(long, env = "KISKADEE_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Where counts are kept
    #[arg(long)]
    storage: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .init();
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let stopped = stop.clone();
    tokio::spawn(async move {
        terminate.recv().await;
        stopped.cancel();
    });
    let queue = Queue::connect(&ConnectOptions::new(&options.database_url))?;
    let store = Store::open(&options.storage)?;
    let family = Arc::new(Toy::new(store.clone()));
    run(config(&options), queue, store, vec![family], stop).await?;
    Ok(())
}

fn config(options: &Options) -> RunnerConfig {
    RunnerConfig {
        name: "toy-worker".to_owned(),
        doorbell: true,
        slots: Slots::from([(PoolName::Cpu, 2)]),
        // What a job tells goes with the heartbeats, each third of this: whoever watches shall not wait for long.
        lease_ttl: Duration::from_secs(6),
        ..RunnerConfig::new(&options.database_url)
    }
}
