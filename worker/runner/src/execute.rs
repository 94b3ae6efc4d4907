//! Runs a started batch to its end: every job is settled once, whether its body answers, breaks down or does not listen.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::{FutureExt as _, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::{
    chain,
    claimed_job::{ClaimedJob, Ended},
    dispatch::{Answer, answers},
    in_flight::Stop,
    job::{JobError, Made},
    shared::Shared,
};

/// A body that was told to stop answers within this, or is left behind.
const DEAF_AFTER: Duration = Duration::from_secs(5);

/// Most jobs have ended by then.
const TELL_AFTER: Duration = Duration::from_secs(1);

/// The way to the queue. It has no bound of its own: who ends holds a slot until the queue has acknowledged it.
pub(crate) type Settling = mpsc::UnboundedSender<Ended>;

/// Runs jobs that hold their slots.
pub(crate) async fn execute(shared: Arc<Shared>, mut batch: Vec<ClaimedJob>, settling: Settling) {
    for job in &mut batch {
        job.begin();
        job.span.in_scope(|| tracing::debug!("started"));
        shared.observed.begun(job.job.priority, job.waited());
    }
    if let Some(first) = batch.first() {
        let switches = first.pool.switches_to(&first.job.batch_key);
        shared.metrics.model_switches.add(u64::from(switches));
    }
    let (answer, mut answered) = mpsc::unbounded_channel::<Answer>();
    let watchers: FuturesUnordered<_> = batch.iter().map(watch).collect();
    let _telling = tell_begun(&shared, &batch);
    let body = AbortOnDropHandle::new(tokio::spawn(run_body(&shared, &batch, answer)));
    let mut running = Running {
        shared,
        settling,
        jobs: batch
            .into_iter()
            .map(|claimed| (claimed.job.job_id, claimed))
            .collect(),
    };
    running.until_answered(&mut answered, watchers).await;
    let broken = match body.now_or_never() {
        Some(Err(error)) if error.is_panic() => Some("the job broke down: its body panicked"),
        _ => None,
    };
    running.end_the_rest(broken);
}

/// Tells the queue that these run, until it has heard. What has ended by then needs no statement.
fn tell_begun(shared: &Arc<Shared>, batch: &[ClaimedJob]) -> AbortOnDropHandle<()> {
    let attempts: Vec<_> = batch.iter().map(ClaimedJob::id).collect();
    let shared = Arc::clone(shared);
    AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            sleep(TELL_AFTER).await;
            let running = shared.in_flight.among(&attempts);
            match shared.queue.begin(&running).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(error = %chain(&error), "cannot tell what runs yet"),
            }
        }
    }))
}

/// The body in a task of its own, so that a panic in it is nobody else's.
fn run_body(
    shared: &Arc<Shared>,
    batch: &[ClaimedJob],
    answer: mpsc::UnboundedSender<Answer>,
) -> impl Future<Output = ()> + use<> {
    let mut answering = answers(shared, batch);
    async move {
        while let Some(answered) = answering.next().await {
            // Nobody listens any more once all jobs have been left behind.
            if answer.send(answered).is_err() {
                return;
            }
        }
    }
}

/// Ends when the job should have stopped long ago: it was told to, or its time is up, and it does not answer.
fn watch(claimed: &ClaimedJob) -> BoxFuture<'static, Uuid> {
    let (entry, deadline, job) = (
        Arc::clone(&claimed.entry),
        claimed.deadline(),
        claimed.job.job_id,
    );
    async move {
        tokio::select! {
            () = entry.cancel.cancelled() => {}
            () = tokio::time::sleep_until(deadline.into()) => entry.stop(Stop::Overran),
        }
        sleep(DEAF_AFTER).await;
        job
    }
    .instrument(claimed.span.clone())
    .boxed()
}

struct Running {
    shared: Arc<Shared>,
    settling: Settling,
    jobs: HashMap<Uuid, ClaimedJob>,
}

impl Running {
    async fn until_answered(
        &mut self,
        answered: &mut mpsc::UnboundedReceiver<Answer>,
        mut watchers: FuturesUnordered<BoxFuture<'static, Uuid>>,
    ) {
        while !self.jobs.is_empty() {
            tokio::select! {
                answer = answered.recv() => match answer {
                    Some((job, answer)) => self.end(job, answer),
                    None => return,
                },
                Some(job) = watchers.next() => {
                    if let Some(claimed) = self.jobs.get(&job) {
                        claimed.span.in_scope(|| tracing::error!("the job does not stop; it is left behind"));
                    }
                    self.end(job, Err(JobError::Cancelled));
                }
            }
        }
    }

    fn end(&mut self, job: Uuid, answer: Result<Made, JobError>) {
        let Some(claimed) = self.jobs.remove(&job) else {
            return;
        };
        match &answer {
            Err(JobError::Fatal(why)) => self.shared.break_down(why.clone()),
            Err(JobError::Snooze(_)) => self.shared.suspect_storage(),
            _ => {}
        }
        let _span = claimed.span.clone().entered();
        match &answer {
            Ok(_) => {}
            Err(error @ JobError::Yielded) => tracing::debug!(%error, "the job goes on later"),
            // The words are for the owner, and may have the owner's own in them.
            Err(JobError::Reject(words)) => {
                tracing::warn!("no result: the work is refused");
                tracing::debug!(words, "refused");
            }
            Err(error) => tracing::warn!(%error, "no result"),
        }
        // Only after the settler has ended, when nothing more can be settled.
        let _ = self.settling.send(claimed.end(answer));
    }

    /// The body has ended without an answer for these.
    fn end_the_rest(mut self, broken: Option<&str>) {
        let rest: Vec<Uuid> = self.jobs.keys().copied().collect();
        if !rest.is_empty() && broken.is_some() {
            self.shared.metrics.panics.add(1);
        }
        for job in rest {
            let why = broken.unwrap_or("the job's body ended without an answer");
            self.end(job, Err(JobError::Retry(why.to_owned())));
        }
    }
}
