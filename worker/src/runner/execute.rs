//! Runs a started batch to its end: every job is settled once, whether its body answers, breaks down or does not listen.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{FutureExt as _, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    attempt::{Ended, InHand, Made},
    body::{Answer, answers},
    books::Stop,
    shared::Shared,
};
use crate::run::JobError;

/// A body that was told to stop answers within this, or is left behind.
const DEAF_AFTER: Duration = Duration::from_secs(5);

/// The way to the queue. It has no bound of its own: who ends holds a slot until the queue has acknowledged it.
pub(crate) type Settling = mpsc::UnboundedSender<Ended>;

/// Runs jobs that hold their slots.
pub(crate) async fn execute(shared: Arc<Shared>, mut batch: Vec<InHand>, settling: Settling) {
    for hand in &mut batch {
        hand.started_at = Some(Instant::now());
        hand.span.in_scope(|| tracing::debug!("started"));
    }
    if let Some(first) = batch.first() {
        shared.note_model(&first.job.batch_key);
    }
    let (answer, mut answered) = mpsc::unbounded_channel::<Answer>();
    let watchers: FuturesUnordered<_> = batch.iter().map(watch).collect();
    let body = AbortOnDropHandle::new(tokio::spawn(run_body(&shared, &batch, answer)));
    let mut running = Running {
        shared,
        settling,
        hands: batch
            .into_iter()
            .map(|hand| (hand.job.job_id, hand))
            .collect(),
    };
    running.until_answered(&mut answered, watchers).await;
    let broken = match body.now_or_never() {
        Some(Err(error)) if error.is_panic() => Some("the job broke down: its body panicked"),
        _ => None,
    };
    running.end_the_rest(broken);
}

/// The body in a task of its own, so that a panic in it is nobody else's.
fn run_body(
    shared: &Arc<Shared>,
    batch: &[InHand],
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
fn watch(hand: &InHand) -> BoxFuture<'static, Uuid> {
    let (entry, deadline, job) = (Arc::clone(&hand.entry), hand.deadline(), hand.job.job_id);
    async move {
        tokio::select! {
            () = entry.cancel.cancelled() => {}
            () = tokio::time::sleep_until(deadline.into()) => entry.stop(Stop::Overran),
        }
        sleep(DEAF_AFTER).await;
        job
    }
    .instrument(hand.span.clone())
    .boxed()
}

struct Running {
    shared: Arc<Shared>,
    settling: Settling,
    hands: HashMap<Uuid, InHand>,
}

impl Running {
    async fn until_answered(
        &mut self,
        answered: &mut mpsc::UnboundedReceiver<Answer>,
        mut watchers: FuturesUnordered<BoxFuture<'static, Uuid>>,
    ) {
        while !self.hands.is_empty() {
            tokio::select! {
                answer = answered.recv() => match answer {
                    Some((job, answer)) => self.end(job, answer),
                    None => return,
                },
                Some(job) = watchers.next() => {
                    if let Some(hand) = self.hands.get(&job) {
                        hand.span.in_scope(|| tracing::error!("the job does not stop; it is left behind"));
                    }
                    self.end(job, Err(JobError::Cancelled));
                }
            }
        }
    }

    fn end(&mut self, job: Uuid, answer: Result<Made, JobError>) {
        let Some(hand) = self.hands.remove(&job) else {
            return;
        };
        match &answer {
            Err(JobError::Fatal(why)) => self.shared.break_down(why.clone()),
            Err(JobError::Snooze(_)) => self.shared.doubt_storage(),
            _ => {}
        }
        let _span = hand.span.clone().entered();
        if let Err(error) = &answer {
            tracing::warn!(%error, "no result");
        }
        // Only after the settler has ended, when nothing more can be settled.
        let _ = self.settling.send(hand.end(answer));
    }

    /// The body has ended without an answer for these.
    fn end_the_rest(mut self, broken: Option<&str>) {
        let rest: Vec<Uuid> = self.hands.keys().copied().collect();
        if !rest.is_empty() && broken.is_some() {
            self.shared.metrics.panics.add(1);
        }
        for job in rest {
            let why = broken.unwrap_or("the job's body ended without an answer");
            self.end(job, Err(JobError::Retry(why.to_owned())));
        }
    }
}
