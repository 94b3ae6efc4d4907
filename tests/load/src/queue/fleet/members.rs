//! Who takes part: workers, edges, and the one who leads.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use futures::{StreamExt as _, stream};
use kiskadee_queue::testing::{NewJob, enqueue};
use kiskadee_queue::{Claimed, Held, Outcome, Queue, Settlement};
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Shape;
use crate::server::LANE;
use crate::throughput::request;

/// As the runner does: longer and longer while there is nothing.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
const OWNERS: usize = 50;
/// Of all edges.
pub(super) const EDGE_SESSIONS: usize = 16;
/// Edges ask so often for what came in meanwhile.
const EDGE_TICK: Duration = Duration::from_millis(100);
const TEXT: &str = "The kingfisher waits on its branch until something moves below the water.";

/// What was seen in a time.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Of claims, in the order in which they ended; the wait for a session is part of it.
    pub(super) claims: Vec<Duration>,
    pub(super) empty_claims: usize,
    /// From the enqueue to the claim.
    pub(super) waits: Vec<Duration>,
    pub(super) settled: usize,
    pub(super) heartbeats: usize,
    faults: Vec<String>,
}

impl Tally {
    /// Fails where a statement has failed.
    pub(super) fn outcome(&self) -> Result<()> {
        match self.faults.first() {
            Some(first) => bail!(
                "{} statements failed, the first: {first}",
                self.faults.len()
            ),
            None => Ok(()),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Counted(Mutex<Tally>);

impl Counted {
    pub(super) fn reset(&self) -> Tally {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, what: impl FnOnce(&mut Tally)) {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// One of them.
pub(super) struct Member {
    pub(super) queue: Queue,
    pub(super) shape: Shape,
    pub(super) counted: Arc<Counted>,
    pub(super) stop: CancellationToken,
}

impl Member {
    /// A worker, to the end of the measurement.
    pub(super) async fn work(self, number: usize) {
        let worker = Uuid::now_v7();
        let info =
            json!({"name": format!("worker-{number}"), "host": "load", "slots": self.shape.slots});
        // Not all in the same moment.
        sleep(Duration::from_millis(number as u64 * 5)).await;
        let registered = self.queue.register(worker, &info, self.shape.lease()).await;
        self.watch(registered);
        let held = Mutex::default();
        tokio::join!(
            self.claim_and_settle(worker, &held),
            self.beat(worker, &held)
        );
        self.watch(self.queue.retire(worker).await);
    }

    async fn claim_and_settle(&self, worker: Uuid, held: &Mutex<Vec<Held>>) {
        let lanes = [LANE.to_owned()];
        let mut pause = FIRST_PAUSE;
        while !self.stop.is_cancelled() {
            let asked = Instant::now();
            let claimed = self
                .queue
                .claim(&request(worker, &lanes, self.shape.slots.into()))
                .await;
            let jobs = self.watch(claimed).unwrap_or_default();
            self.note_claim(asked.elapsed(), &jobs);
            if jobs.is_empty() {
                self.pause(pause.mul_f64(0.75 + chance() / 2.0)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                continue;
            }
            pause = FIRST_PAUSE;
            self.run(worker, &jobs, held).await;
        }
    }

    fn note_claim(&self, took: Duration, jobs: &[Claimed]) {
        self.counted.note(|tally| {
            tally.claims.push(took);
            tally.empty_claims += usize::from(jobs.is_empty());
            tally.waits.extend(jobs.iter().map(Claimed::waited));
        });
    }

    async fn run(&self, worker: Uuid, jobs: &[Claimed], held: &Mutex<Vec<Held>>) {
        let attempts: Vec<_> = jobs.iter().map(|job| (job.job_id, job.token)).collect();
        self.watch(self.queue.begin(&attempts).await);
        let leases = attempts.iter().map(|(job, token)| Held {
            job: *job,
            token: *token,
            progress: 0,
            detail: None,
        });
        *held.lock().unwrap_or_else(PoisonError::into_inner) = leases.collect();
        self.pause(drawn(self.shape.work_ms)).await;
        held.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let settlements: Vec<_> = jobs.iter().map(settlement).collect();
        if let Some(accepted) = self.watch(self.queue.settle(worker, &settlements).await) {
            self.counted.note(|tally| tally.settled += accepted.len());
        }
    }

    async fn beat(&self, worker: Uuid, held: &Mutex<Vec<Held>>) {
        let lease = self.shape.lease();
        // As many apart as there are, instead of all at once.
        self.pause((lease / 3).mul_f64(chance())).await;
        while !self.stop.is_cancelled() {
            let leases = held.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let info = json!({"load": {}});
            let beat = self.queue.heartbeat(worker, lease, &info, &leases);
            self.watch(beat.await);
            self.counted.note(|tally| tally.heartbeats += 1);
            self.pause(lease / 3).await;
        }
    }

    /// The edges: what callers bring, a few of many owners at a time.
    pub(super) async fn enqueue(self) {
        let owners: Vec<Uuid> = (0..OWNERS).map(|_| Uuid::now_v7()).collect();
        let jobs = vec![spoken(); self.shape.batch];
        let started = Instant::now();
        let (mut brought, mut ticks) = (0, interval(EDGE_TICK));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while !self.stop.is_cancelled() {
            ticks.tick().await;
            let due = (started.elapsed().as_secs_f64() * self.shape.rate()) as usize;
            let calls: Vec<_> = (brought..due)
                .step_by(jobs.len())
                .filter_map(|place| owners.get(place / jobs.len() % OWNERS))
                .map(|owner| enqueue(&self.queue, *owner, i64::MAX, &jobs))
                .collect();
            // No more at once than have a session: what is late stays due.
            let mut enqueued = stream::iter(calls).buffer_unordered(EDGE_SESSIONS);
            while let Some(enqueued) = enqueued.next().await {
                brought += jobs.len();
                self.watch(enqueued);
            }
        }
    }

    /// What whoever leads a fleet does all the time.
    pub(super) async fn lead(self) {
        for turn in 0_u64.. {
            self.pause(Duration::from_secs(1)).await;
            if self.stop.is_cancelled() {
                return;
            }
            self.watch(self.queue.rescue(1000).await);
            self.watch(self.queue.measure_depth().await);
            if turn.is_multiple_of(15) {
                self.watch(self.queue.lower_watermarks().await);
            }
        }
    }

    fn watch<T>(&self, outcome: kiskadee_queue::Result<T>) -> Option<T> {
        outcome
            .map_err(|error| {
                self.counted
                    .note(|tally| tally.faults.push(error.to_string()));
            })
            .ok()
    }

    fn pause(&self, length: Duration) -> impl Future<Output = ()> {
        let ended = self.stop.clone().cancelled_owned();
        async move {
            tokio::select! {
                () = ended => {}
                () = sleep(length) => {}
            }
        }
    }
}

/// With the arguments of a sentence.
fn spoken() -> NewJob {
    NewJob {
        args: json!({"text": TEXT, "text_format": "plain", "voice": "default", "engine": "kiskadee", "language": "en",
            "format": "mp3", "speed": 1.0, "quality": "balanced"}),
        ..NewJob::speech(LANE, 70)
    }
}

/// With the result of one.
fn settlement(job: &Claimed) -> Settlement {
    let result = json!({"key": format!("speech/{}/{}-{}.mp3", job.owner, job.job_id, job.token), "bytes": 43_212,
        "content_type": "audio/mpeg", "duration_s": 5.3, "sample_rate": 24_000, "engine": "kiskadee", "voice": "default"});
    Settlement {
        job: job.job_id,
        token: job.token,
        outcome: Outcome::Completed(result),
    }
}

/// A time as those between calls are: exponential, with that mean.
fn drawn(mean_ms: u32) -> Duration {
    Duration::from_millis(mean_ms.into()).mul_f64(-(1.0 - chance()).ln())
}

/// From 0 to 1.
fn chance() -> f64 {
    // The last bits of an id are random.
    let bits = Uuid::now_v7().as_u128() as u32;
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}
