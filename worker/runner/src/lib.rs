//! The runner: claims jobs, has their families run them in its slots, keeps their leases, settles them, and leaves in good
//! order. It knows the queue, the storage and what a [`Family`] is, and nothing of what any family does.
//!
//! Each pool has a task that claims, one task settles for all; every batch runs in a task of its own; the leases are kept
//! by a thread of their own. What must never happen: a settlement in the name of a registration that has lapsed, or a
//! slot that is free before its job is acknowledged.

mod background;
mod chores;
mod claimed_job;
mod config;
mod departure;
mod device_health;
mod devices;
mod dispatch;
mod drain;
mod endpoint;
mod error;
mod execute;
mod family;
mod fetch;
mod heartbeat;
mod histogram;
mod in_flight;
mod job;
mod lost_claims;
mod metrics;
mod observed;
mod pace;
mod pool;
mod progress;
mod rates;
mod report;
mod security;
mod session;
mod settle;
mod shared;
mod span;
mod turns;

use std::{sync::Arc, time::Duration};

use futures::{FutureExt as _, future::join_all};
use kiskadee_queue::Queue;
use kiskadee_storage::Store;
use tokio::{sync::mpsc, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use kiskadee_shared::causes::chain;

pub use self::{
    config::{DEFAULT_POOL, MOST_SLOTS, RunnerConfig, STORAGE_RESERVE},
    departure::Departure,
    drain::patience,
    error::RunnerError,
    family::{Answers, Family, Lane, Measured},
    histogram::Histogram,
    job::{Attempt, Job, JobError, Made},
    pool::{PoolName, Slots, UnknownPool},
    progress::Progress,
    turns::{TURN_WITHIN, Turn, Turns},
};
use self::{drain::Drain, fetch::Fetcher, shared::Shared};

/// Works for `families` until `stop` fires, then drains within the configured time. The queue and the storage stay the
/// caller's, who may use them after that.
pub async fn run(
    config: RunnerConfig,
    queue: Queue,
    store: Store,
    families: Vec<Arc<dyn Family>>,
    stop: CancellationToken,
) -> Result<(), RunnerError> {
    let problems = config.problems();
    if !problems.is_empty() {
        return Err(RunnerError::Config(problems));
    }
    let shared = Arc::new(Shared::new(config, queue, store, families, stop));
    if let Some(address) = shared.config.metrics_listen {
        let listener = endpoint::listen(address).await?;
        tokio::spawn(endpoint::serve(listener, Arc::clone(&shared)));
    }
    // The first heartbeat tells of the devices and of what was measured.
    tokio::join!(calibrate(&shared), shared.devices.refresh());
    let drain = start(Arc::clone(&shared))?;
    shared.stop.cancelled().await;
    let begun = Instant::now();
    tracing::info!(held = shared.in_flight.len(), "draining");
    drain.run(begun).await;
    tracing::info!(seconds = begun.elapsed().as_secs_f64(), "drained");
    match shared.broken() {
        Some(why) => Err(RunnerError::Broken(why.clone())),
        None => Ok(()),
    }
}

async fn calibrate(shared: &Shared) {
    let families = shared.families.iter().map(|family| family.calibrate());
    for measured in join_all(families).await.into_iter().flatten() {
        let Measured {
            batch_key,
            cost,
            elapsed,
        } = measured;
        let mut pools = shared.pools.iter();
        if let Some(pool) = pools.find(|pool| pool.family(&batch_key).is_some()) {
            shared.rates.note(&batch_key, pool.slots, cost, elapsed);
        }
    }
}

/// Starts everything that runs, and answers what must end.
fn start(shared: Arc<Shared>) -> Result<Drain, RunnerError> {
    let heartbeat = heartbeat::start(Arc::clone(&shared))?;
    let running = TaskTracker::new();
    let (settled_by, ended) = mpsc::unbounded_channel();
    let settling = tokio::spawn(settle::settle_all(Arc::clone(&shared), ended));
    let fetching = shared.pools.iter().map(|pool| {
        let (shared, pool) = (Arc::clone(&shared), Arc::clone(pool));
        let fetcher = Fetcher::new(shared, pool, settled_by.clone(), running.clone());
        tokio::spawn(fetcher.run())
    });
    let fetching = fetching.collect();
    start_background(&shared);
    Ok(Drain {
        shared,
        running,
        fetching,
        settling,
        settled_by,
        heartbeat,
    })
}

/// A turn of a family's own may speak or store something.
const ANNOUNCED_WITHIN: Duration = Duration::from_mins(15);

fn start_background(shared: &Arc<Shared>) {
    let run = |work: futures::future::BoxFuture<'static, ()>| {
        tokio::spawn(background::until_finished(Arc::clone(shared), work));
    };
    run(Box::pin(background::probe_storage(Arc::clone(shared))));
    for family in &shared.families {
        let name = format!("announce:{}", family.name());
        let turn = shared.config.turns.watch(name, ANNOUNCED_WITHIN);
        let announced = Arc::clone(family).announce(turn.clone());
        run(Box::pin(announced.map(move |()| turn.rest())));
    }
    run(Box::pin(background::watch_devices(Arc::clone(shared))));
    run(Box::pin(background::flush_metrics(Arc::clone(shared))));
    run(Box::pin(lost_claims::look_for_lost_claims(Arc::clone(
        shared,
    ))));
    run(Box::pin(chores::lead(Arc::clone(shared))));
    if let Some(after) = shared.config.idle_exit {
        let leaving = background::leave_when_idle(Arc::clone(shared), after);
        run(Box::pin(leaving));
    }
    if shared.config.doorbell {
        run(Box::pin(background::hear_doorbell(Arc::clone(shared))));
    }
}
