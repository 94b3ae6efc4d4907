//! Claims batches and starts them: one fetcher for each pool, which holds exactly one batch that has not started.

use std::{
    collections::VecDeque,
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use kiskadee_queue::{ClaimRequest, Claimed, Error};
use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit},
    time::{sleep, sleep_until, timeout},
};
use tokio_util::task::TaskTracker;

use crate::{
    TURN_WITHIN, Turn, chain,
    claimed_job::ClaimedJob,
    execute::{Settling, execute},
    pace::Pace,
    pool::{Pool, PoolName},
    session::Session,
    shared::Shared,
};

/// The pause after a claim that failed, and while claims make no sense.
const TROUBLE_PAUSE: Duration = Duration::from_millis(500);
/// Loading a model that is not in memory takes about so long: the wait of others before a switch is worth it.
const MODEL_LOAD: Duration = Duration::from_secs(2);
/// A claim that is not answered by then is given up; what it may have leased is found by [`crate::lost_claims`].
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

pub(crate) struct Fetcher {
    shared: Arc<Shared>,
    pool: Arc<Pool>,
    settling: Settling,
    running: TaskTracker,
    pace: Pace,
    turn: Turn,
}

impl Fetcher {
    pub(crate) fn new(
        shared: Arc<Shared>,
        pool: Arc<Pool>,
        settling: Settling,
        running: TaskTracker,
    ) -> Self {
        let name = format!("fetch:{}", pool.name);
        Self {
            turn: shared.config.turns.watch(name, TURN_WITHIN),
            shared,
            pool,
            settling,
            running,
            pace: Pace::new(),
        }
    }

    /// Claims until told to stop. A claim under way is never dropped: its leases would be nobody's.
    pub(crate) async fn run(mut self) {
        while !self.shared.stop.is_cancelled() {
            self.turn.take();
            let pause = match self.shared.current_session() {
                Some(session) if self.shared.storage_is_ok() => self.fetch(&session).await,
                _ => TROUBLE_PAUSE / 5,
            };
            tokio::select! {
                () = self.shared.stop.cancelled() => {}
                () = self.pool.doorbell.notified(), if pause > Duration::ZERO => {}
                () = sleep(pause) => {}
            }
        }
        self.turn.rest();
    }

    /// One claim, and the start of what it brought. Returns how long to wait before the next.
    async fn fetch(&mut self, session: &Session) -> Duration {
        match self.claim(session).await {
            Ok(jobs) if jobs.is_empty() => {
                self.shared.metrics.empty_claims.add(1);
                self.pace.wait(self.shared.is_busy(), rand::random())
            }
            Ok(jobs) => {
                self.pace.found();
                // Slots may be busy for hours.
                self.turn.rest();
                self.start(session, jobs).await;
                Duration::ZERO
            }
            Err(error) => self.cope(error),
        }
    }

    /// It is under way until its jobs are known as in flight.
    async fn claim(&self, session: &Session) -> Result<VecDeque<ClaimedJob>, Error> {
        let _under_way = self.pool.claims.begin();
        let asked = Instant::now();
        let jobs = self.ask(session).await?;
        let metrics = &self.shared.metrics;
        metrics.claims.add(1);
        let took = asked.elapsed();
        metrics.claim_micros.add(took.as_micros() as u64);
        metrics.claimed_jobs.add(jobs.len() as u64);
        self.shared.observed.claimed(jobs.len(), took);
        let claimed = |job| {
            let in_flight = &self.shared.in_flight;
            ClaimedJob::new(job, session.clone(), Arc::clone(&self.pool), in_flight)
        };
        Ok(jobs.into_iter().map(claimed).collect())
    }

    async fn ask(&self, session: &Session) -> Result<Vec<Claimed>, Error> {
        let request = ClaimRequest {
            worker: session.worker,
            batch_keys: &self.pool.batch_keys,
            // The families of today keep their models for as long as they live.
            resident: &self.pool.batch_keys,
            max_jobs: i32::try_from(self.pool.slots).unwrap_or(i32::MAX),
            max_cost: self.shared.config.max_batch_cost,
            load: MODEL_LOAD,
        };
        timeout(ANSWER_WITHIN, self.shared.queue.claim(&request))
            .await
            .unwrap_or(Err(Error::Retry(sqlx::Error::Io(
                std::io::ErrorKind::TimedOut.into(),
            ))))
    }

    fn cope(&mut self, error: Error) -> Duration {
        match error {
            Error::Fenced => self.shared.beat_now.notify_one(),
            Error::Retry(_) => {
                tracing::warn!(error = %chain(&error), "cannot claim");
                self.pool.claims.suspect_loss();
            }
            error => self
                .shared
                .break_down(format!("cannot claim: {}", chain(&error))),
        }
        TROUBLE_PAUSE.mul_f64(0.75 + rand::random::<f64>() / 2.0)
    }

    /// Starts the jobs of a claim as slots become free. Returns when all have started, or cannot any more.
    async fn start(&self, session: &Session, mut waiting: VecDeque<ClaimedJob>) {
        while let Some(first) = waiting.front() {
            let slots = self.slots_for(first.job.isolate, waiting.len());
            let permits = tokio::select! {
                biased;
                () = one_is_late(&waiting) => {
                    self.end_late(&mut waiting);
                    continue;
                }
                permits = self.unless_over(session, slots) => permits,
            };
            let Some(permits) = permits else {
                break;
            };
            let started = seat(&mut waiting, permits);
            let batch = execute(Arc::clone(&self.shared), started, self.settling.clone());
            self.running.spawn(batch);
        }
        for job in waiting {
            // What is fenced off is dropped by the settler.
            let _ = self.settling.send(job.give_back());
        }
    }

    /// Those whose time to begin has passed while they waited for a slot.
    fn end_late(&self, waiting: &mut VecDeque<ClaimedJob>) {
        let (late, rest) = waiting.drain(..).partition(ClaimedJob::is_late);
        *waiting = rest;
        for job in Vec::from(late) {
            let _ = self.settling.send(job.expire());
        }
    }

    /// None when nothing is to be started any more.
    async fn unless_over<T>(
        &self,
        session: &Session,
        slots: impl Future<Output = Result<T, AcquireError>>,
    ) -> Option<T> {
        tokio::select! {
            biased;
            () = self.shared.stop.cancelled() => None,
            () = session.fenced.cancelled() => None,
            slots = slots => slots.ok(),
        }
    }

    async fn slots_for(
        &self,
        alone: bool,
        wanted: usize,
    ) -> Result<Vec<OwnedSemaphorePermit>, AcquireError> {
        if alone {
            self.all_slots().await
        } else {
            self.slots(wanted).await.map(|permit| vec![permit])
        }
    }

    /// As many slots as are free, at least one and at most `wanted`.
    async fn slots(&self, wanted: usize) -> Result<OwnedSemaphorePermit, AcquireError> {
        let mut permit = Arc::clone(&self.pool.free).acquire_owned().await?;
        while permit.num_permits() < wanted {
            match Arc::clone(&self.pool.free).try_acquire_owned() {
                Ok(further) => permit.merge(further),
                Err(_) => break,
            }
        }
        Ok(permit)
    }

    /// Every slot beside which a job that may kill the process must not run. Long jobs are left out, for they would hold up
    /// everything for hours: they have checkpoints and lose minutes at most; a long job itself waits for the others of
    /// its kind alone.
    async fn all_slots(&self) -> Result<Vec<OwnedSemaphorePermit>, AcquireError> {
        let mut permits = Vec::new();
        for pool in &self.shared.pools {
            let is_own = pool.name == self.pool.name;
            if is_own || (pool.name != PoolName::Long && self.pool.name != PoolName::Long) {
                let all = u32::try_from(pool.slots).unwrap_or(u32::MAX);
                permits.push(Arc::clone(&pool.free).acquire_many_owned(all).await?);
            }
        }
        Ok(permits)
    }
}

/// Waits for the first moment in which one of these should have begun.
fn one_is_late(waiting: &VecDeque<ClaimedJob>) -> impl Future<Output = ()> + use<> {
    let first = waiting.iter().filter_map(ClaimedJob::late_at).min();
    async move {
        match first {
            Some(at) => sleep_until(at.into()).await,
            None => pending().await,
        }
    }
}

/// Gives each of the first jobs a slot; the job that runs alone gets all there are.
fn seat(waiting: &mut VecDeque<ClaimedJob>, permits: Vec<OwnedSemaphorePermit>) -> Vec<ClaimedJob> {
    let is_alone = waiting.front().is_some_and(|first| first.job.isolate);
    if is_alone && let Some(mut first) = waiting.pop_front() {
        first.permits = permits;
        return vec![first];
    }
    let mut started = Vec::new();
    for mut permit in permits {
        while permit.num_permits() > 0
            && let Some(mut job) = waiting.pop_front()
        {
            job.permits.extend(permit.split(1));
            started.push(job);
        }
    }
    started
}
