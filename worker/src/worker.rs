//! One worker process: engines, families and runner, and the sender of webhooks beside them.

use std::time::{Duration, Instant};

use kiskadee_media::Scratch;
use kiskadee_queue::{ConnectOptions, Queue};
use kiskadee_runner::{Departure, RunnerError, TURN_WITHIN, Turn, patience};
use kiskadee_speech::Engines;
use kiskadee_speech_jobs::start_engines;
use kiskadee_storage::Store;
use kiskadee_webhook::{WebhookConfig, WebhookSender};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    Webhooks, WorkerConfig, WorkerError,
    families::{self, Services},
    notice,
};

/// The heartbeat has a connection of its own; these are for claims, settlements, chores and webhooks.
const CONNECTIONS: u32 = 6;
/// Webhooks that take longer to send than this are given back, whatever the drain allows to jobs.
const LONGEST_GRACE: Duration = Duration::from_secs(30);
/// What they may take when all else has ended.
const LAST_WEBHOOKS: Duration = Duration::from_secs(5);

/// A worker of the fleet, as one process.
#[derive(Debug)]
pub struct Worker;

impl Worker {
    /// Starts the engines of this machine and works until `stop` fires, then drains within the configured time.
    pub async fn run(config: WorkerConfig, stop: CancellationToken) -> Result<(), WorkerError> {
        config.check()?;
        let engines = if config.serves("speech") && !config.has_no_engines() {
            start_engines(&config.engines, &config.engine_options()).await?
        } else {
            Engines::default()
        };
        let config = config.with_slots_for(&engines);
        Self::run_with(config, engines, stop).await
    }

    /// The same with engines of the caller's.
    pub async fn run_with(
        config: WorkerConfig,
        engines: Engines,
        stop: CancellationToken,
    ) -> Result<(), WorkerError> {
        config.check()?;
        let queue = connect(&config)?;
        let store = Store::open(&config.storage_url)?;
        let scratch = Scratch::claim(&config.scratch).map_err(WorkerError::Scratch)?;
        let families = families::start(&Services {
            config: &config,
            queue: &queue,
            store: &store,
            scratch: scratch.path(),
            engines,
        })?;
        let runner = config.runner();
        let departure = runner.departure.clone();
        let webhooks = if config.webhooks == Webhooks::Off {
            None
        } else {
            let turn = runner.turns.watch("webhooks", TURN_WITHIN);
            Some(start_webhooks(&config, &queue, &stop, turn)?)
        };
        let _noticing = start_noticing(&config, departure.clone(), stop.clone());
        let running = kiskadee_runner::run(runner, queue.clone(), store, families, stop);
        let ended = Box::pin(running).await;
        // They were told to stop when the runner was, and have had as long; not where the runner did not even start.
        if let Some(webhooks) = webhooks
            && matches!(ended, Ok(()) | Err(RunnerError::Broken(_)))
        {
            let _ = timeout(last_webhooks(&config, &departure), webhooks).await;
        }
        queue.close().await;
        Ok(ended?)
    }
}

fn connect(config: &WorkerConfig) -> Result<Queue, WorkerError> {
    Ok(Queue::connect(&ConnectOptions {
        max_connections: CONNECTIONS,
        behind_pooler: config.behind_pooler,
        ..ConnectOptions::new(config.database_url.clone())
    })?)
}

fn start_webhooks(
    config: &WorkerConfig,
    queue: &Queue,
    stop: &CancellationToken,
    turn: Turn,
) -> Result<AbortOnDropHandle<()>, WorkerError> {
    let webhooks = WebhookConfig {
        allow_private: config.webhooks == Webhooks::Everywhere,
        grace: patience(config.drain).min(LONGEST_GRACE),
        ..WebhookConfig::default()
    };
    let noted = turn.clone();
    let sender = WebhookSender::new(queue.clone(), webhooks)?.noting(move || noted.take());
    let stop = stop.clone();
    let sending = async move {
        sender.run(stop.cancelled_owned()).await;
        turn.rest();
    };
    Ok(AbortOnDropHandle::new(tokio::spawn(sending)))
}

fn last_webhooks(config: &WorkerConfig, departure: &Departure) -> Duration {
    let usual = (config.drain / 5).min(LAST_WEBHOOKS);
    let left = |at: Instant| at.saturating_duration_since(Instant::now());
    departure.at().map_or(usual, |at| usual.min(left(at)))
}

/// The first notice ends the worker, in the time that it leaves.
fn start_noticing(
    config: &WorkerConfig,
    departure: Departure,
    stop: CancellationToken,
) -> AbortOnDropHandle<()> {
    let (source, metadata) = (config.notice.clone(), config.metadata_address.clone());
    AbortOnDropHandle::new(tokio::spawn(async move {
        let left = notice::watch(&source, metadata.as_deref()).await;
        let seconds_left = left.map(|left| left.as_secs_f64());
        tracing::warn!(seconds_left, "this machine is taken away");
        if let Some(left) = left {
            departure.announce(Instant::now() + left);
        }
        stop.cancel();
    }))
}
