//! The small loops beside the work: is the storage there, what are the devices doing, what was counted, has somebody rung.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use kiskadee_queue::Doorbell;
use kiskadee_storage::StoreError;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::{TURN_WITHIN, Turn, chain, shared::Shared};

const PROBE_EVERY: Duration = Duration::from_secs(30);
/// While the storage is away nothing is claimed, so its return is watched for closely.
const PROBE_WHEN_AWAY: Duration = Duration::from_secs(1);
const PROBE_WITHIN: Duration = Duration::from_secs(10);
const FLUSH_EVERY: Duration = Duration::from_secs(2);
const LOOK_AT_DEVICES_EVERY: Duration = Duration::from_secs(5);
const LOOK_FOR_IDLENESS_EVERY: Duration = Duration::from_millis(250);
const LISTEN_WITHIN: Duration = Duration::from_secs(10);
const LONGEST_SILENCE: Duration = Duration::from_mins(1);
const AFTER_TROUBLE: Duration = Duration::from_secs(2);

/// Runs a loop until the worker has finished.
pub(crate) async fn until_finished(shared: Arc<Shared>, work: impl Future<Output = ()>) {
    shared.finished.run_until_cancelled(work).await;
}

pub(crate) async fn probe_storage(shared: Arc<Shared>) {
    let turn = shared.config.turns.watch("probe_storage", TURN_WITHIN);
    loop {
        turn.take();
        let is_ok = match timeout(PROBE_WITHIN, probe(&shared)).await {
            Ok(Ok(has_room)) => has_room,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the storage cannot be used; nothing is claimed meanwhile");
                false
            }
            Err(_) => {
                tracing::warn!("the storage does not answer; nothing is claimed meanwhile");
                false
            }
        };
        shared.storage_ok.store(is_ok, Ordering::Relaxed);
        if is_ok {
            turn.pause(PROBE_EVERY);
            // Also when a job finds it away.
            let _ = timeout(PROBE_EVERY, shared.storage_suspected.notified()).await;
        } else {
            sleep(PROBE_WHEN_AWAY).await;
        }
    }
}

/// Whether the storage can be used and has room: the last of it is left for what is under way, and for whoever tidies up.
async fn probe(shared: &Shared) -> Result<bool, StoreError> {
    let free = shared.store.free_bytes().await?;
    let is_full = free.is_some_and(|free| free < shared.config.storage_reserve);
    shared
        .storage_free
        .store(free.unwrap_or(u64::MAX), Ordering::Relaxed);
    if is_full {
        tracing::warn!(
            free_bytes = free,
            reserve_bytes = shared.config.storage_reserve,
            "the storage is full; nothing is claimed meanwhile"
        );
        return Ok(false);
    }
    shared.store.probe().await.map(|()| true)
}

/// Looks at the GPUs again and again, where there is somebody to ask.
pub(crate) async fn watch_devices(shared: Arc<Shared>) {
    let turn = shared.config.turns.watch("devices", TURN_WITHIN);
    while shared.devices.refresh().await {
        turn.pause(LOOK_AT_DEVICES_EVERY);
        sleep(LOOK_AT_DEVICES_EVERY).await;
    }
    turn.rest();
}

/// Ends the runner in good order when it has had nothing to do for so long. What a claim brings at that moment goes back.
pub(crate) async fn leave_when_idle(shared: Arc<Shared>, after: Duration) {
    let turn = shared.config.turns.watch("idle", TURN_WITHIN);
    let mut idle_since = Instant::now();
    let mut claimed = 0;
    while !shared.stop.is_cancelled() {
        turn.pause(LOOK_FOR_IDLENESS_EVERY);
        sleep(LOOK_FOR_IDLENESS_EVERY).await;
        let before = std::mem::replace(&mut claimed, shared.metrics.claimed_jobs.get());
        // Who cannot claim does not know whether there is something to do.
        let can_claim = shared.current_session().is_some() && shared.storage_is_ok();
        if !can_claim || claimed != before || shared.in_flight.len() > 0 {
            idle_since = Instant::now();
        } else if idle_since.elapsed() >= after {
            tracing::info!(seconds = after.as_secs_f64(), "there was nothing to do");
            shared.stop.cancel();
        }
    }
    turn.rest();
}

/// Passes on what was counted. Samples wait for a database that is away; an answer that is lost counts twice.
pub(crate) async fn flush_metrics(shared: Arc<Shared>) {
    let turn = shared.config.turns.watch("metrics", TURN_WITHIN);
    let mut waiting = Vec::new();
    loop {
        turn.take();
        sleep(FLUSH_EVERY).await;
        waiting = record(&shared, waiting).await;
    }
}

/// Returns what could not be passed on.
pub(crate) async fn record(shared: &Shared, mut samples: Vec<Value>) -> Vec<Value> {
    samples.extend(shared.families.iter().flat_map(|family| family.samples()));
    samples.extend(shared.observed.take_samples());
    // More than a call takes means an hour without a database: the oldest go.
    samples.drain(..samples.len().saturating_sub(2000));
    if samples.is_empty() {
        return samples;
    }
    let body = Value::Array(samples);
    match shared.queue.record(&body).await {
        Err(kiskadee_queue::Error::Retry(_)) => match body {
            Value::Array(samples) => samples,
            _ => Vec::new(),
        },
        Err(error) => {
            tracing::warn!(error = %chain(&error), "the metrics were refused");
            Vec::new()
        }
        Ok(()) => Vec::new(),
    }
}

/// Wakes the fetchers when somebody rings.
pub(crate) async fn hear_doorbell(shared: Arc<Shared>) {
    let turn = shared.config.turns.watch("doorbell", TURN_WITHIN);
    loop {
        if let Err(error) = hear(&shared, &turn).await {
            tracing::debug!(error = %chain(&error), "the doorbell is not heard; polling goes on");
            sleep(AFTER_TROUBLE).await;
        }
    }
}

/// Until it breaks, or is silent for long: silence is all that a connection gives which leads nowhere any more.
async fn hear(shared: &Shared, turn: &Turn) -> Result<(), kiskadee_queue::Error> {
    turn.take();
    let listening = Doorbell::listen(&shared.config.database_url);
    let Ok(listening) = timeout(LISTEN_WITHIN, listening).await else {
        return Ok(());
    };
    let mut doorbell = listening?;
    while let Ok(rung) = timeout(LONGEST_SILENCE, doorbell.wait()).await {
        rung?;
        turn.take();
        for pool in &shared.pools {
            pool.doorbell.notify_one();
        }
    }
    Ok(())
}
