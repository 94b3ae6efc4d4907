//! The model: where each job is and why, in plain maps.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::step::How;

/// What the schema gives every job (see `queue.enqueue`).
const MAX_CRASHES: i64 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Ready,
    Later,
    Leased { token: i64, cancel: bool },
    Completed,
    Cancelled,
    Dead,
}

#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) owner: Uuid,
    pub(crate) lane: String,
    pub(crate) priority: i16,
    pub(crate) cost: i32,
    pub(crate) max_attempts: i64,
    pub(crate) batch: Option<Uuid>,
    pub(crate) name: Option<String>,
    pub(crate) archive: bool,
    pub(crate) place: Place,
    pub(crate) isolate: bool,
    pub(crate) errors: i64,
    pub(crate) crashes: i64,
    /// Completions that the queue accepted.
    pub(crate) accepted: u32,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Batch {
    pub(crate) owner: Uuid,
    pub(crate) jobs: Vec<Uuid>,
    /// How often its last job ended with something to pack.
    pub(crate) closings: usize,
    /// A redrive or the end of the archive moved it on since.
    pub(crate) finished: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) jobs: BTreeMap<Uuid, Job>,
    pub(crate) batches: BTreeMap<Uuid, Batch>,
}

/// How an attempt ended in the eyes of the queue.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Settled(How),
    Crashed,
    TimedOut,
}

impl Model {
    pub(crate) fn ids(&self, wanted: impl Fn(&Job) -> bool) -> Vec<Uuid> {
        let chosen = self.jobs.iter().filter(|(_, job)| wanted(job));
        chosen.map(|(id, _)| *id).collect()
    }

    /// The queue's rule for the end of an attempt.
    pub(crate) fn end(&mut self, id: Uuid, end: End) {
        let job = self.jobs.get_mut(&id).unwrap();
        let cancelled = matches!(job.place, Place::Leased { cancel: true, .. });
        job.place = match end {
            End::Settled(How::Completed) => {
                job.accepted += 1;
                Place::Completed
            }
            End::Settled(How::Failed) => {
                job.errors += 1;
                Place::Dead
            }
            _ if cancelled => Place::Cancelled,
            End::Settled(How::Cancelled) => Place::Cancelled,
            End::Settled(How::Error) => {
                job.errors += 1;
                if job.errors >= job.max_attempts {
                    Place::Dead
                } else {
                    Place::Later
                }
            }
            End::Settled(How::Snoozed) => Place::Later,
            End::Settled(How::Released) => Place::Ready,
            End::Crashed | End::TimedOut => {
                job.crashes += 1;
                job.isolate = true;
                if job.crashes >= MAX_CRASHES {
                    Place::Dead
                } else {
                    Place::Ready
                }
            }
        };
        self.after_end(id);
    }

    pub(crate) fn cancel_waiting(&mut self, id: Uuid) {
        self.jobs.get_mut(&id).unwrap().place = Place::Cancelled;
        self.after_end(id);
    }

    fn after_end(&mut self, id: Uuid) {
        let job = self.jobs.get_mut(&id).unwrap();
        if !matches!(job.place, Place::Completed | Place::Cancelled | Place::Dead) {
            return;
        }
        job.name = None;
        let (archive, Some(batch)) = (job.archive, job.batch) else {
            return;
        };
        let tally = self.tally(batch);
        let batch = self.batches.get_mut(&batch).unwrap();
        if tally.pending > 0 {
            return;
        }
        let packs = tally.completed + tally.failed > 0;
        batch.finished = archive || !packs;
        batch.closings += usize::from(!archive && packs);
    }

    pub(crate) fn redrive(&mut self, id: Uuid) {
        let job = self.jobs.get_mut(&id).unwrap();
        (job.place, job.isolate, job.errors, job.crashes) = (Place::Later, false, 0, 0);
        if let Some(batch) = job.batch {
            self.batches.get_mut(&batch).unwrap().finished = false;
        }
    }

    /// A batch's counters, counted anew from its jobs.
    pub(crate) fn tally(&self, batch: Uuid) -> Tally {
        let mut tally = Tally::default();
        for id in &self.batches[&batch].jobs {
            match self.jobs[id].place {
                Place::Completed => tally.completed += 1,
                Place::Cancelled => tally.cancelled += 1,
                Place::Dead => tally.failed += 1,
                _ => tally.pending += 1,
            }
        }
        tally
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) pending: i32,
    pub(crate) completed: i32,
    pub(crate) failed: i32,
    pub(crate) cancelled: i32,
}
