//! One worker process: engines, families and runner, and the sender of webhooks beside them.

use kiskadee_media::Scratch;
use kiskadee_queue::{ConnectOptions, Queue};
use kiskadee_runner::{PATIENT_SHARE, RunnerError, TURN_WITHIN, Turn};
use kiskadee_speech::Engines;
use kiskadee_speech_jobs::start_engines;
use kiskadee_storage::Store;
use kiskadee_webhook::{WebhookConfig, WebhookSender};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    WorkerConfig, WorkerError,
    families::{self, Services},
};

/// The heartbeat has a connection of its own; these are for claims, settlements, chores and webhooks.
const CONNECTIONS: u32 = 6;

/// A worker of the fleet, as one process.
#[derive(Debug)]
pub struct Worker;

impl Worker {
    /// Starts the engines of this machine and works until `stop` fires, then drains within the configured time.
    pub async fn run(config: WorkerConfig, stop: CancellationToken) -> Result<(), WorkerError> {
        config.check()?;
        let engines = if config.serves("speech") {
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
        let turn = runner.turns.watch("webhooks", TURN_WITHIN);
        let webhooks = start_webhooks(&config, &queue, &stop, turn)?;
        let running = kiskadee_runner::run(runner, queue.clone(), store, families, stop);
        let ended = Box::pin(running).await;
        // They were told to stop when the runner was, and have had as long; not where the runner did not even start.
        if matches!(ended, Ok(()) | Err(RunnerError::Broken(_))) {
            let _ = timeout(config.drain.mul_f64(1.0 - PATIENT_SHARE), webhooks).await;
        }
        queue.close().await;
        Ok(ended?)
    }
}

fn connect(config: &WorkerConfig) -> Result<Queue, WorkerError> {
    Ok(Queue::connect(&ConnectOptions {
        max_connections: CONNECTIONS,
        behind_pooler: config.behind_pooler,
        ..ConnectOptions::new(&config.database_url)
    })?)
}

fn start_webhooks(
    config: &WorkerConfig,
    queue: &Queue,
    stop: &CancellationToken,
    turn: Turn,
) -> Result<AbortOnDropHandle<()>, WorkerError> {
    let webhooks = WebhookConfig {
        allow_private: config.allow_private_webhooks,
        grace: config.drain.mul_f64(PATIENT_SHARE),
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
