//! Claims batches and starts them: one fetcher for the process, which holds exactly one batch that has not started.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use kiskadee_queue::{ClaimRequest, Claimed, Error};
use tokio::{
    sync::{OwnedSemaphorePermit, TryAcquireError},
    time::{sleep, timeout},
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
/// A claim that is not answered by then is given up; what it may have leased is found by [`super::lost_claims`].
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

pub(crate) struct Fetcher {
    shared: Arc<Shared>,
    settling: Settling,
    running: TaskTracker,
    pace: Pace,
}

impl Fetcher {
    pub(crate) fn new(shared: Arc<Shared>, settling: Settling, running: TaskTracker) -> Self {
        Self {
            shared,
            settling,
            running,
            pace: Pace::new(),
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
        match self.claim(session).await {
            Ok(hands) if hands.is_empty() => {
                self.shared.metrics.empty_claims.add(1);
                self.pace.wait(self.shared.busy_slots() > 0, rand::random())
            }
            Ok(hands) => {
                self.pace.found();
                self.start(session, hands).await;
                Duration::ZERO
            }
            Err(error) => self.cope(error),
        }
    }

    /// It is under way until its jobs are in the books.
    async fn claim(&self, session: &Session) -> Result<VecDeque<InHand>, Error> {
        let _under_way = self.shared.claims.begin();
        let asked = Instant::now();
        let jobs = self.ask(session).await?;
        let metrics = &self.shared.metrics;
        metrics.claims.add(1);
        metrics.claim_micros.add(asked.elapsed().as_micros() as u64);
        metrics.claimed_jobs.add(jobs.len() as u64);
        let books = &self.shared.books;
        Ok(jobs
            .into_iter()
            .map(|job| InHand::new(job, session.clone(), asked, books))
            .collect())
    }

    async fn ask(&self, session: &Session) -> Result<Vec<Claimed>, Error> {
        let config = &self.shared.config;
        let max_jobs = config.max_batch_jobs.min(config.slots);
        let request = ClaimRequest {
            worker: session.worker,
            batch_keys: &self.shared.batch_keys,
            resident: report::resident(&self.shared),
            max_jobs: i32::try_from(max_jobs).unwrap_or(i32::MAX),
            max_cost: config.max_batch_cost,
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
                tracing::warn!(error = %report::chain(&error), "cannot claim");
                self.shared.claims.doubt();
            }
            error => self
                .shared
                .break_down(format!("cannot claim: {}", report::chain(&error))),
        }
        TROUBLE_PAUSE.mul_f64(0.75 + rand::random::<f64>() / 2.0)
    }

    /// Starts the jobs of a claim as slots become free. Returns when all have started, or cannot any more.
    async fn start(&self, session: &Session, mut waiting: VecDeque<InHand>) {
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
