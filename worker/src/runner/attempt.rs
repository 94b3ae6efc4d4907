//! A claimed job in the hands of this process, and what follows from the way in which it ends.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kiskadee_queue::{AttemptId, Claimed, Outcome, Settlement};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use tracing::Span;

use super::{
    books::{Books, Entry, Stop},
    session::Session,
    span::attempt_span,
};
use crate::run::{Attempt, JobError};

/// How long a job waits for something it stands on that is away.
const SNOOZE: Duration = Duration::from_secs(5);

/// What a job has made.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) result: Value,
    /// What was stored, if anything was.
    pub(crate) key: Option<String>,
    pub(crate) bytes: u64,
    /// The engine that spoke; none for an archive.
    pub(crate) engine: Option<String>,
}

pub(crate) struct InHand {
    pub(crate) job: Claimed,
    pub(crate) session: Session,
    pub(crate) entry: Arc<Entry>,
    pub(crate) span: Span,
    pub(crate) claimed_at: Instant,
    /// The slots that it occupies until its settlement is acknowledged; none while it waits for them.
    pub(crate) permit: Option<OwnedSemaphorePermit>,
    pub(crate) started_at: Option<Instant>,
}

/// An attempt that is over for this process, on its way to the queue.
pub(crate) struct Ended {
    pub(crate) hand: InHand,
    pub(crate) outcome: Outcome,
    pub(crate) made: Option<Made>,
    pub(crate) elapsed: Duration,
}

impl InHand {
    pub(crate) fn new(job: Claimed, session: Session, claimed_at: Instant, books: &Books) -> Self {
        let span = attempt_span(&job);
        span.in_scope(|| tracing::info!(token = job.token, "claimed"));
        Self {
            entry: books.open((job.job_id, job.token)),
            session,
            span,
            claimed_at,
            permit: None,
            started_at: None,
            job,
        }
    }

    pub(crate) fn id(&self) -> AttemptId {
        (self.job.job_id, self.job.token)
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.claimed_at + self.job.time_limit()
    }

    pub(crate) fn attempt(&self) -> Attempt {
        Attempt {
            job: self.job.job_id,
            token: self.job.token,
            cancel: self.entry.cancel.clone(),
            progress: self.entry.progress.clone(),
            span: self.span.clone(),
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
            hand: self,
            outcome,
            made,
            elapsed,
        }
    }

    /// Gives the job back without having begun it.
    pub(crate) fn give_back(self) -> Ended {
        Ended {
            hand: self,
            outcome: Outcome::Released,
            made: None,
            elapsed: Duration::ZERO,
        }
    }
}

impl Ended {
    /// Somebody else's by now: nothing may be settled.
    pub(crate) fn is_lost(&self) -> bool {
        self.hand.session.fenced.is_cancelled() || self.hand.entry.stopped() == Some(Stop::Lost)
    }

    pub(crate) fn settlement(&self) -> Settlement {
        let (job, token) = self.hand.id();
        Settlement {
            job,
            token,
            outcome: self.outcome.clone(),
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
        (JobError::Cancelled, _)
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
