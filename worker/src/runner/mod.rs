//! The runner: claims jobs, runs them in its slots, keeps their leases, settles them, and leaves in good order.
//!
//! One task claims, one settles; every batch runs in a task of its own; the leases are kept by a thread of their own. What
//! must never happen: a settlement in the name of a registration that has lapsed, or a slot that is free before its job
//! is acknowledged.

mod announce;
mod attempt;
mod background;
mod body;
mod books;
mod calibrate;
mod chores;
mod endpoint;
mod engine_counts;
mod execute;
mod fetch;
mod keeper;
mod lost_claims;
mod metrics;
mod pace;
mod rates;
mod report;
mod session;
mod settle;
mod shared;
mod span;

use std::{sync::Arc, time::Duration};

use kiskadee_queue::{ConnectOptions, Queue};
use kiskadee_speech::Engines;
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{books::Stop, execute::Settling, fetch::Fetcher, shared::Shared};
use crate::{
    WorkerConfig, WorkerError,
    audio::{Decoder, Encoder},
    engines::start_engines,
    run::{Conditionings, RelayClient, Tools},
    scratch::Scratch,
    store::Store,
    webhook::{WebhookConfig, WebhookSender},
};

/// The share of the drain in which running jobs may end by themselves; the rest is for giving back and settling.
const PATIENT_SHARE: f64 = 0.8;
/// The lease keeper has a connection of its own; these are for claims, settlements, chores and webhooks.
const CONNECTIONS: u32 = 6;

/// A worker of the fleet, as one process.
#[derive(Debug)]
pub struct Worker;

impl Worker {
    /// Starts the engines of this machine and works until `stop` fires, then drains within the configured time.
    pub async fn run(config: WorkerConfig, stop: CancellationToken) -> Result<(), WorkerError> {
        let engines = start_engines(&config).await?;
        let config = config.with_slots_for(&engines);
        Self::run_with(config, engines, stop).await
    }

    /// The same with engines of the caller's.
    pub async fn run_with(
        config: WorkerConfig,
        engines: Engines,
        stop: CancellationToken,
    ) -> Result<(), WorkerError> {
        let problems = config.problems();
        if !problems.is_empty() {
            return Err(WorkerError::Config(problems));
        }
        let shared = prepare(config, engines, stop)?;
        let listener = match shared.config.metrics_listen {
            Some(address) => Some(endpoint::listen(address).await?),
            None => None,
        };
        let webhooks = start_webhooks(&shared)?;
        if let Some(listener) = listener {
            tokio::spawn(endpoint::serve(listener, Arc::clone(&shared)));
        }
        // The first heartbeat tells of the devices.
        tokio::join!(
            calibrate::calibrate(&shared.tools.engines, &shared.rates),
            shared.devices.refresh(),
        );
        Crew::start(shared, webhooks)?.work().await
    }
}

fn prepare(
    config: WorkerConfig,
    engines: Engines,
    stop: CancellationToken,
) -> Result<Arc<Shared>, WorkerError> {
    let queue = Queue::connect(&ConnectOptions {
        max_connections: CONNECTIONS,
        behind_pooler: config.behind_pooler,
        ..ConnectOptions::new(&config.database_url)
    })?;
    let scratch = Scratch::claim(&config.scratch).map_err(WorkerError::Scratch)?;
    let tools = Tools {
        engines,
        encoder: Encoder::new(&config.ffmpeg, scratch.path()),
        store: Store::open(&config.storage_url)?,
        relay: RelayClient::new().map_err(WorkerError::Client)?,
        decoder: Decoder::new(&config.ffmpeg),
        scratch: scratch.path().to_owned(),
        conditionings: Conditionings::default(),
    };
    Ok(Arc::new(Shared::new(config, queue, tools, scratch, stop)))
}

fn start_webhooks(shared: &Arc<Shared>) -> Result<JoinHandle<()>, WorkerError> {
    let config = WebhookConfig {
        allow_private: shared.config.allow_private_webhooks,
        grace: shared.config.drain.mul_f64(PATIENT_SHARE),
        ..WebhookConfig::default()
    };
    let sender = WebhookSender::new(shared.queue.pool().clone(), config)?;
    Ok(tokio::spawn(
        sender.run(shared.stop.clone().cancelled_owned()),
    ))
}

/// Everything that runs.
struct Crew {
    shared: Arc<Shared>,
    running: TaskTracker,
    fetching: JoinHandle<()>,
    settling: JoinHandle<()>,
    settled_by: Settling,
    webhooks: JoinHandle<()>,
    keeper: std::thread::JoinHandle<()>,
}

impl Crew {
    fn start(shared: Arc<Shared>, webhooks: JoinHandle<()>) -> Result<Self, WorkerError> {
        let keeper = keeper::start(Arc::clone(&shared))?;
        let running = TaskTracker::new();
        let (settled_by, ended) = mpsc::unbounded_channel();
        let settling = tokio::spawn(settle::settle_all(Arc::clone(&shared), ended));
        let fetcher = Fetcher::new(Arc::clone(&shared), settled_by.clone(), running.clone());
        let fetching = tokio::spawn(fetcher.run());
        start_background(&shared);
        Ok(Self {
            shared,
            running,
            fetching,
            settling,
            settled_by,
            webhooks,
            keeper,
        })
    }

    async fn work(self) -> Result<(), WorkerError> {
        self.shared.stop.cancelled().await;
        let begun = Instant::now();
        tracing::info!(held = self.shared.books.len(), "draining");
        let shared = Arc::clone(&self.shared);
        self.drain(begun).await;
        tracing::info!(seconds = begun.elapsed().as_secs_f64(), "drained");
        match shared.broken() {
            Some(why) => Err(WorkerError::Broken(why.clone())),
            None => Ok(()),
        }
    }

    /// Running jobs may end by themselves for a while, then they are given back; all is settled, and the registration ended.
    async fn drain(self, begun: Instant) {
        let Self {
            shared,
            running,
            fetching,
            settling,
            settled_by,
            webhooks,
            keeper,
        } = self;
        let patient = begun + shared.config.drain.mul_f64(PATIENT_SHARE);
        let last = begun + shared.config.drain;
        running.close();
        // The fetcher ends with its claim; only then is every batch known.
        let ended = async {
            let _ = fetching.await;
            running.wait().await;
        };
        if timeout_at(patient, ended).await.is_err() {
            shared.books.stop_all(Stop::Drained);
            let _ = timeout_at(last, running.wait()).await;
        }
        drop(settled_by);
        if timeout_at(last, settling).await.is_err() {
            tracing::warn!(
                held = shared.books.len(),
                "not everything could be settled; the rest will be rescued"
            );
        }
        let _ = timeout_at(last, webhooks).await;
        background::record(&shared, Vec::new()).await;
        shared.finished.cancel();
        let _ = timeout_at(last + PARTING, spawn_blocking(move || keeper.join())).await;
        shared.queue.close().await;
    }
}

/// What the last words to the database may take beyond the drain.
const PARTING: Duration = Duration::from_secs(3);

fn start_background(shared: &Arc<Shared>) {
    let run = |work: futures::future::BoxFuture<'static, ()>| {
        tokio::spawn(background::until_finished(Arc::clone(shared), work));
    };
    run(Box::pin(background::probe_storage(Arc::clone(shared))));
    run(Box::pin(announce::announce(Arc::clone(shared))));
    run(Box::pin(background::watch_devices(Arc::clone(shared))));
    run(Box::pin(background::flush_metrics(Arc::clone(shared))));
    run(Box::pin(lost_claims::look_for_lost_claims(Arc::clone(
        shared,
    ))));
    run(Box::pin(chores::lead(Arc::clone(shared))));
    if shared.config.doorbell {
        run(Box::pin(background::hear_doorbell(Arc::clone(shared))));
    }
}
