//! A job that this process has claimed, and what follows from the way in which it ends.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kiskadee_queue::{AttemptId, Claimed, Outcome, Settlement};
use tokio::sync::OwnedSemaphorePermit;
use tracing::Span;

use crate::{
    in_flight::{Entry, InFlight, Stop, Work},
    job::{Attempt, Job, JobError, Made},
    pool::Pool,
    session::Session,
    span::attempt_span,
};

/// How long a job waits for something it stands on that is away.
const SNOOZE: Duration = Duration::from_secs(5);

pub(crate) struct ClaimedJob {
    pub(crate) job: Claimed,
    pub(crate) session: Session,
    pub(crate) pool: Arc<Pool>,
    pub(crate) entry: Arc<Entry>,
    pub(crate) span: Span,
    /// The slots that it occupies until its settlement is acknowledged; none while it waits for them.
    pub(crate) permits: Vec<OwnedSemaphorePermit>,
    pub(crate) started_at: Option<Instant>,
    claimed_at: Instant,
}

/// An attempt that is over for this process, on its way to the queue.
pub(crate) struct Ended {
    pub(crate) claimed: ClaimedJob,
    pub(crate) outcome: Outcome,
    pub(crate) made: Option<Made>,
    pub(crate) elapsed: Duration,
}

impl ClaimedJob {
    pub(crate) fn new(
        job: Claimed,
        session: Session,
        pool: Arc<Pool>,
        in_flight: &InFlight,
    ) -> Self {
        let span = attempt_span(&job);
        span.in_scope(|| tracing::info!(token = job.token, "claimed"));
        Self {
            entry: in_flight.open((job.job_id, job.token)),
            session,
            pool,
            span,
            permits: Vec::new(),
            started_at: None,
            claimed_at: Instant::now(),
            job,
        }
    }

    pub(crate) fn id(&self) -> AttemptId {
        (self.job.job_id, self.job.token)
    }

    /// It has its slot and runs.
    pub(crate) fn begin(&mut self) {
        self.started_at = Some(Instant::now());
        self.entry.begin(Work {
            batch_key: self.job.batch_key.clone(),
            cost: self.job.cost,
            pool: self.pool.name,
        });
    }

    /// From its beginning: the wait for a slot is none of its time.
    pub(crate) fn deadline(&self) -> Instant {
        self.started_at.unwrap_or_else(Instant::now) + self.job.time_limit()
    }

    /// Since it could have run: in the queue, and here for a slot.
    pub(crate) fn waited(&self) -> Duration {
        self.job.waited() + self.claimed_at.elapsed()
    }

    /// As its family sees it.
    pub(crate) fn job(&self) -> Job {
        Job {
            kind: self.job.kind.clone(),
            args: self.job.args.clone(),
            attempt: Attempt {
                job: self.job.job_id,
                token: self.job.token,
                cancel: self.entry.cancel.clone(),
                progress: self.entry.progress.clone(),
                span: self.span.clone(),
            },
        }
    }

    /// Ends the attempt with what its body answered.
    pub(crate) fn end(self, answer: Result<Made, JobError>) -> Ended {
        let (made, error) = match answer {
            Ok(made) => (Some(made), None),
            Err(error) => (None, Some(error)),
        };
        let outcome = match (&made, error) {
            (Some(made), _) => Outcome::Completed(made.result.clone()),
            (None, error) => outcome_of(
                error.unwrap_or(JobError::Cancelled),
                self.entry.stopped(),
                self.job.time_limit(),
            ),
        };
        let elapsed = self
            .started_at
            .map_or(Duration::ZERO, |started| started.elapsed());
        Ended {
            claimed: self,
            outcome,
            made,
            elapsed,
        }
    }

    /// When its time to begin is over.
    pub(crate) fn late_at(&self) -> Option<Instant> {
        Some(self.claimed_at + self.job.start_within()?)
    }

    pub(crate) fn is_late(&self) -> bool {
        self.late_at().is_some_and(|at| at <= Instant::now())
    }

    /// Gives the job back without having begun it.
    pub(crate) fn give_back(self) -> Ended {
        self.unbegun(Outcome::Released)
    }

    /// Ends the job, which was to begin earlier.
    pub(crate) fn expire(self) -> Ended {
        self.unbegun(Outcome::Expired)
    }

    fn unbegun(self, outcome: Outcome) -> Ended {
        Ended {
            claimed: self,
            outcome,
            made: None,
            elapsed: Duration::ZERO,
        }
    }
}

impl Ended {
    /// Somebody else's by now: nothing may be settled.
    pub(crate) fn is_lost(&self) -> bool {
        self.claimed.session.fenced.is_cancelled()
            || self.claimed.entry.stopped() == Some(Stop::Lost)
    }

    /// What breaks while the worker leaves is not counted: who stops a worker may have stopped the processes that it stands on as well.
    pub(crate) fn settlement(&self, is_leaving: bool) -> Settlement {
        let (job, token) = self.claimed.id();
        let outcome = match &self.outcome {
            Outcome::Error(_) if is_leaving => Outcome::Released,
            outcome => outcome.clone(),
        };
        Settlement {
            job,
            token,
            outcome,
        }
    }
}

fn outcome_of(error: JobError, stopped: Option<Stop>, limit: Duration) -> Outcome {
    match (error, stopped) {
        (JobError::Cancelled, Some(Stop::Cancelled)) | (JobError::Abandoned, _) => {
            Outcome::Cancelled
        }
        (JobError::Cancelled, Some(Stop::Overran)) => Outcome::Error(format!(
            "the job ran past its deadline of {} s",
            limit.as_secs()
        )),
        (JobError::Cancelled | JobError::Yielded, _)
        | (JobError::Retry(_) | JobError::Snooze(_), Some(Stop::Drained)) => Outcome::Released,
        (JobError::Reject(message), _) => Outcome::Failed(message),
        (JobError::Snooze(reason), _) => Outcome::Snoozed {
            reason,
            delay: SNOOZE,
        },
        (JobError::Retry(message) | JobError::Fatal(message), _) => Outcome::Error(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_mins(10);

    #[test]
    fn a_stopped_job_ends_by_the_reason_of_the_stop() {
        let end = |stop| outcome_of(JobError::Cancelled, stop, LIMIT);
        assert_eq!(end(Some(Stop::Cancelled)), Outcome::Cancelled);
        assert_eq!(end(Some(Stop::Drained)), Outcome::Released);
        assert_eq!(end(None), Outcome::Released);
        let late = Outcome::Error("the job ran past its deadline of 600 s".to_owned());
        assert_eq!(end(Some(Stop::Overran)), late);
    }

    #[test]
    fn an_error_ends_by_its_kind() {
        let end = |error| outcome_of(error, None, LIMIT);
        assert_eq!(end(JobError::Retry("a".into())), Outcome::Error("a".into()));
        assert_eq!(end(JobError::Fatal("b".into())), Outcome::Error("b".into()));
        assert_eq!(
            end(JobError::Reject("c".into())),
            Outcome::Failed("c".into())
        );
        assert_eq!(end(JobError::Yielded), Outcome::Released);
        assert!(matches!(
            end(JobError::Snooze("d".into())),
            Outcome::Snoozed { .. }
        ));
    }

    #[test]
    fn what_breaks_during_a_drain_is_not_counted() {
        let end = outcome_of(JobError::Retry("a".into()), Some(Stop::Drained), LIMIT);
        assert_eq!(end, Outcome::Released);
    }
}
