//! The attempts in flight in this process: what the heartbeat reports, and how a running job learns that it must stop.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Instant,
};

use kiskadee_queue::{AttemptId, Held, Verdict, Warning};
use tokio_util::sync::CancellationToken;

use crate::{pool::PoolName, progress::Progress};

/// Why an attempt was stopped. The first reason stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Somebody asked for it.
    Cancelled,
    /// The lease is another's now: whatever the attempt made counts for nothing.
    Lost,
    /// It ran past its hard deadline.
    Overran,
    /// The worker shuts down; the job goes back.
    Drained,
}

/// One attempt.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    pub(crate) cancel: CancellationToken,
    pub(crate) progress: Progress,
    stop: OnceLock<Stop>,
    begun: OnceLock<(Work, Instant)>,
}

/// What says how long an attempt may take.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) batch_key: String,
    pub(crate) cost: i32,
    pub(crate) pool: PoolName,
}

impl Entry {
    pub(crate) fn stop(&self, why: Stop) {
        let first = *self.stop.get_or_init(|| why);
        tracing::debug!(?first, ?why, "an attempt is stopped");
        self.cancel.cancel();
    }

    pub(crate) fn begin(&self, work: Work) {
        let _ = self.begun.set((work, Instant::now()));
    }

    /// What it does, and since when; none before it has begun.
    pub(crate) fn work(&self) -> Option<&(Work, Instant)> {
        self.begun.get()
    }

    pub(crate) fn stopped(&self) -> Option<Stop> {
        self.stop.get().copied()
    }
}

#[derive(Debug, Default)]
pub(crate) struct InFlight {
    entries: Mutex<HashMap<AttemptId, Arc<Entry>>>,
}

impl InFlight {
    pub(crate) fn open(&self, attempt: AttemptId) -> Arc<Entry> {
        Arc::clone(self.entries().entry(attempt).or_default())
    }

    pub(crate) fn close(&self, attempt: AttemptId) {
        self.entries().remove(&attempt);
    }

    /// Those of the attempts that have not ended.
    pub(crate) fn among(&self, attempts: &[AttemptId]) -> Vec<AttemptId> {
        let entries = self.entries();
        let mut attempts = attempts.to_vec();
        attempts.retain(|attempt| entries.contains_key(attempt));
        attempts
    }

    pub(crate) fn len(&self) -> usize {
        self.entries().len()
    }

    pub(crate) fn held(&self) -> Vec<Held> {
        let entries = self.entries();
        let held = entries.iter().map(|((job, token), entry)| Held {
            job: *job,
            token: *token,
            progress: i16::from(entry.progress.percent()),
            detail: entry.progress.detail(),
        });
        held.collect()
    }

    /// Passes on what a heartbeat said. True when an attempt was lost, which is then no longer held; one that has ended
    /// meanwhile is not.
    pub(crate) fn heed(&self, warning: &Warning) -> bool {
        let attempt = (warning.job, warning.token);
        let entry = match warning.verdict {
            Verdict::Cancel => self.entries().get(&attempt).map(Arc::clone),
            Verdict::Lost => self.entries().remove(&attempt),
        };
        match (entry, warning.verdict) {
            (Some(entry), Verdict::Cancel) => {
                entry.stop(Stop::Cancelled);
                false
            }
            (Some(entry), Verdict::Lost) => {
                entry.stop(Stop::Lost);
                true
            }
            (None, _) => false,
        }
    }

    pub(crate) fn all(&self) -> Vec<Arc<Entry>> {
        self.entries().values().map(Arc::clone).collect()
    }

    pub(crate) fn stop_all(&self, why: Stop) {
        for entry in self.entries().values() {
            entry.stop(why);
        }
    }

    /// Stops everything as lost and forgets it; says what it was.
    pub(crate) fn drop_all(&self) -> Vec<AttemptId> {
        let dropped = std::mem::take(&mut *self.entries());
        for entry in dropped.values() {
            entry.stop(Stop::Lost);
        }
        dropped.into_keys().collect()
    }

    /// The map is consistent between any two statements, so a panic elsewhere does not spoil them.
    fn entries(&self) -> MutexGuard<'_, HashMap<AttemptId, Arc<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_first_reason_stays() {
        let in_flight = InFlight::default();
        let attempt = (Uuid::now_v7(), 7);
        let entry = in_flight.open(attempt);
        let warning = |verdict| Warning {
            job: attempt.0,
            token: attempt.1,
            verdict,
        };
        assert!(!in_flight.heed(&warning(Verdict::Cancel)));
        assert!(in_flight.heed(&warning(Verdict::Lost)));
        assert_eq!(entry.stopped(), Some(Stop::Cancelled));
        assert!(entry.cancel.is_cancelled());
        assert_eq!(in_flight.len(), 0, "what is lost is not held any more");
    }

    #[test]
    fn a_warning_about_another_attempt_changes_nothing() {
        let in_flight = InFlight::default();
        let job = Uuid::now_v7();
        let entry = in_flight.open((job, 2));
        assert!(!in_flight.heed(&Warning {
            job,
            token: 1,
            verdict: Verdict::Lost
        }));
        assert_eq!(entry.stopped(), None);
    }

    #[test]
    fn what_is_dropped_is_stopped_and_forgotten() {
        let in_flight = InFlight::default();
        let attempt = (Uuid::now_v7(), 1);
        let entry = in_flight.open(attempt);
        assert_eq!(in_flight.drop_all(), [attempt]);
        assert_eq!((entry.stopped(), in_flight.len()), (Some(Stop::Lost), 0));
    }
}
