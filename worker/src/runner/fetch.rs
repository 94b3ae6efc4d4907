//! Claims batches and starts them: one fetcher for the process, which holds exactly one batch that has not started.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use kiskadee_queue::{ClaimRequest, Claimed, Error, Outcome, Settlement};
use tokio::{
    sync::{OwnedSemaphorePermit, TryAcquireError},
    time::sleep,
};
use tokio_util::task::TaskTracker;

use super::{
    attempt::InHand,
    execute::{Settling, execute},
    pace::Pace,
    report,
    session::Session,
    shared::Shared,
};

/// The pause after a claim that failed, and while claims make no sense.
const TROUBLE_PAUSE: Duration = Duration::from_millis(500);
/// Loading a model that is not in memory takes about so long: the wait of others before a switch is worth it.
const MODEL_LOAD: Duration = Duration::from_secs(2);
/// A claim whose answer was lost may have been carried out, at the latest when its statement has timed out.
const LOST_ANSWER: Duration = Duration::from_secs(40);
const LOOK_FOR_LOST_EVERY: Duration = Duration::from_secs(5);

pub(crate) struct Fetcher {
    shared: Arc<Shared>,
    settling: Settling,
    running: TaskTracker,
    pace: Pace,
    /// Until when leases may turn up that nobody here knows of, and when to look next.
    lost_until: Option<Instant>,
    look_at: Instant,
}

impl Fetcher {
    pub(crate) fn new(shared: Arc<Shared>, settling: Settling, running: TaskTracker) -> Self {
        Self {
            shared,
            settling,
            running,
            pace: Pace::new(),
            lost_until: None,
            look_at: Instant::now(),
        }
    }

    /// Claims until told to stop. A claim under way is never dropped: its leases would be nobody's.
    pub(crate) async fn run(mut self) {
        while !self.shared.stop.is_cancelled() {
            let pause = match self.shared.current_session() {
                Some(session) if self.shared.storage_is_ok() => self.fetch(&session).await,
                _ => TROUBLE_PAUSE / 5,
            };
            tokio::select! {
                () = self.shared.stop.cancelled() => {}
                () = self.shared.bell.notified(), if pause > Duration::ZERO => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// One claim, and the start of what it brought. Returns how long to wait before the next.
    async fn fetch(&mut self, session: &Session) -> Duration {
        self.release_unknown(session).await;
        let asked = Instant::now();
        match self.claim(session).await {
            Ok(jobs) if jobs.is_empty() => {
                self.shared.metrics.empty_claims.add(1);
                self.pace.wait(self.shared.busy_slots() > 0, rand::random())
            }
            Ok(jobs) => {
                self.pace.found();
                self.start(session, jobs, asked).await;
                Duration::ZERO
            }
            Err(error) => self.cope(error),
        }
    }

    async fn claim(&self, session: &Session) -> Result<Vec<Claimed>, Error> {
        let config = &self.shared.config;
        let max_jobs = config.max_batch_jobs.min(config.slots);
        let asked = Instant::now();
        let jobs = self
            .shared
            .queue
            .claim(&ClaimRequest {
                worker: session.worker,
                batch_keys: &self.shared.batch_keys,
                resident: report::resident(&self.shared),
                max_jobs: i32::try_from(max_jobs).unwrap_or(i32::MAX),
                max_cost: config.max_batch_cost,
                load: MODEL_LOAD,
            })
            .await?;
        let metrics = &self.shared.metrics;
        metrics.claims.add(1);
        metrics.claim_micros.add(asked.elapsed().as_micros() as u64);
        metrics.claimed_jobs.add(jobs.len() as u64);
        Ok(jobs)
    }

    fn cope(&mut self, error: Error) -> Duration {
        match error {
            Error::Fenced => self.shared.beat_now.notify_one(),
            Error::Retry(_) => {
                tracing::warn!(error = %report::chain(&error), "cannot claim");
                self.lost_until = Some(Instant::now() + LOST_ANSWER);
            }
            error => self
                .shared
                .break_down(format!("cannot claim: {}", report::chain(&error))),
        }
        TROUBLE_PAUSE.mul_f64(0.75 + rand::random::<f64>() / 2.0)
    }

    /// Gives back leases of this worker that came of a claim whose answer was lost.
    async fn release_unknown(&mut self, session: &Session) {
        let now = Instant::now();
        if self.look_at > now || self.lost_until.is_none() {
            return;
        }
        self.look_at = now + LOOK_FOR_LOST_EVERY;
        self.lost_until = self.lost_until.filter(|until| *until > now);
        let known = self.shared.books.held();
        let Ok(unknown) = self
            .shared
            .queue
            .unknown_leases(session.worker, &known)
            .await
        else {
            return;
        };
        let settlements: Vec<Settlement> = unknown
            .into_iter()
            .map(|(job, token)| Settlement {
                job,
                token,
                outcome: Outcome::Released,
            })
            .collect();
        if !settlements.is_empty()
            && self
                .shared
                .queue
                .settle(session.worker, &settlements)
                .await
                .is_ok()
        {
            tracing::info!(
                count = settlements.len(),
                "gave back leases whose claim was never answered"
            );
        }
    }

    /// Starts the jobs of a claim as slots become free. Returns when all have started, or cannot any more.
    async fn start(&self, session: &Session, jobs: Vec<Claimed>, claimed_at: Instant) {
        let books = &self.shared.books;
        let mut waiting: VecDeque<InHand> = jobs
            .into_iter()
            .map(|job| InHand::new(job, session.clone(), claimed_at, books))
            .collect();
        while let Some(first) = waiting.front() {
            let alone = first.job.isolate;
            let Some(permit) = self.slots(session, alone, waiting.len()).await else {
                break;
            };
            let started = seat(&mut waiting, permit, alone);
            let batch = execute(Arc::clone(&self.shared), started, self.settling.clone());
            self.running.spawn(batch);
        }
        for hand in waiting {
            // What is fenced off is dropped by the settler.
            let _ = self.settling.send(hand.give_back());
        }
    }

    /// As many slots as are free, at least one and at most `wanted`; all of them for a job that is to run alone. None when
    /// nothing is to be started any more.
    async fn slots(
        &self,
        session: &Session,
        alone: bool,
        wanted: usize,
    ) -> Option<OwnedSemaphorePermit> {
        let least = if alone { self.shared.config.slots } else { 1 };
        let slots = Arc::clone(&self.shared.slots);
        let mut permit = tokio::select! {
            biased;
            () = self.shared.stop.cancelled() => return None,
            () = session.fenced.cancelled() => return None,
            permit = Arc::clone(&slots).acquire_many_owned(u32::try_from(least).unwrap_or(u32::MAX)) => permit.ok()?,
        };
        while permit.num_permits() < wanted && !alone {
            match Arc::clone(&slots).try_acquire_owned() {
                Ok(further) => permit.merge(further),
                Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => break,
            }
        }
        Some(permit)
    }
}

/// Gives each of the first jobs a slot; the job that runs alone gets them all.
fn seat(
    waiting: &mut VecDeque<InHand>,
    mut permit: OwnedSemaphorePermit,
    alone: bool,
) -> Vec<InHand> {
    let mut started = Vec::new();
    while permit.num_permits() > 0 {
        let Some(mut hand) = waiting.pop_front() else {
            break;
        };
        if alone {
            hand.permit = Some(permit);
            return vec![hand];
        }
        hand.permit = permit.split(1);
        started.push(hand);
    }
    started
}
