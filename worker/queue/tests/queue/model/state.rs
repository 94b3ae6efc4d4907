//! The model: where each job is and why, in plain maps.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::step::How;

/// What the schema gives every job (see `queue.enqueue`).
const MAX_CRASHES: i64 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Behind jobs that have not ended.
    Waiting,
    Ready,
    Later,
    Leased {
        token: i64,
        cancel: bool,
    },
    Completed,
    Cancelled,
    Dead,
    /// Ended because another is dead, and comes back with it.
    Shut {
        cause: Uuid,
    },
}

impl Place {
    pub(crate) fn has_ended(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Cancelled | Self::Dead | Self::Shut { .. }
        )
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) owner: Uuid,
    pub(crate) lane: String,
    pub(crate) priority: i16,
    pub(crate) cost: i32,
    pub(crate) max_attempts: i64,
    pub(crate) batch: Option<Uuid>,
    /// What it comes after, and those of them that it still waits for.
    pub(crate) after: Vec<Uuid>,
    pub(crate) open: BTreeSet<Uuid>,
    pub(crate) soft: bool,
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
    /// The job that closes it, which is not among its jobs, and how many it has had.
    pub(crate) closing: Option<Uuid>,
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
    }

    /// Jobs that wait anywhere end by somebody's wish.
    pub(crate) fn cancel_waiting(&mut self, ids: &[Uuid]) {
        for id in ids {
            self.jobs.get_mut(id).unwrap().place = Place::Cancelled;
        }
        self.carry(ids);
    }

    /// What follows from what has just happened to these: to those behind them, to their batches.
    pub(crate) fn carry(&mut self, ids: &[Uuid]) {
        let mut ends: Vec<Uuid> = ids.to_vec();
        ends.retain(|id| self.jobs[id].place.has_ended());
        let mut wave = ends.clone();
        while !wave.is_empty() {
            wave = self.pass_on(&wave);
            ends.extend(&wave);
        }
        for id in &ends {
            self.jobs.get_mut(id).unwrap().name = None;
        }
        self.finish_batches(&ends);
    }

    /// Lets in what waited for these alone, and ends what must not run without one of them.
    fn pass_on(&mut self, ended: &[Uuid]) -> Vec<Uuid> {
        let mut shut = Vec::new();
        for id in self.ids(|job| job.place == Place::Waiting) {
            let job = self.jobs.get_mut(&id).unwrap();
            let passed: Vec<Uuid> = ended
                .iter()
                .copied()
                .filter(|before| job.open.remove(before))
                .collect();
            if passed.is_empty() {
                continue;
            }
            let (free, soft) = (job.open.is_empty(), job.soft);
            let place = match self.barred(&passed).filter(|_| !soft) {
                Some(end) => {
                    shut.push(id);
                    end
                }
                None if free => Place::Ready,
                None => Place::Waiting,
            };
            self.jobs.get_mut(&id).unwrap().place = place;
        }
        shut
    }

    /// The end of a job that cannot do without each of these, if one did not go well.
    fn barred(&self, before: &[Uuid]) -> Option<Place> {
        let places: BTreeMap<Uuid, Place> =
            before.iter().map(|id| (*id, self.jobs[id].place)).collect();
        if places.values().any(|place| *place == Place::Cancelled) {
            return Some(Place::Cancelled);
        }
        places.iter().find_map(|(id, place)| match place {
            Place::Dead => Some(Place::Shut { cause: *id }),
            Place::Shut { cause } => Some(Place::Shut { cause: *cause }),
            _ => None,
        })
    }

    /// Puts a job where those before it let it be.
    pub(crate) fn place_gated(&mut self, id: Uuid) {
        let (after, soft) = (self.jobs[&id].after.clone(), self.jobs[&id].soft);
        let open: BTreeSet<Uuid> = after
            .iter()
            .copied()
            .filter(|before| !self.jobs[before].place.has_ended())
            .collect();
        let place = match self.barred(&after).filter(|_| !soft) {
            Some(end) => end,
            None if open.is_empty() => Place::Ready,
            None => Place::Waiting,
        };
        let job = self.jobs.get_mut(&id).unwrap();
        (job.place, job.open) = (place, open);
    }

    fn finish_batches(&mut self, ends: &[Uuid]) {
        let touched: BTreeSet<Uuid> = ends.iter().filter_map(|id| self.jobs[id].batch).collect();
        for id in touched {
            let (tally, closing) = (self.tally(id), self.batches[&id].closing);
            if tally.pending > 0 {
                continue;
            }
            let closing_lives = closing.is_some_and(|job| !self.jobs[&job].place.has_ended());
            let nothing_made = tally.completed + tally.failed == 0;
            if closing_lives && nothing_made {
                self.jobs.get_mut(&closing.unwrap()).unwrap().place = Place::Cancelled;
            }
            let members_ended = ends.iter().any(|end| self.batches[&id].jobs.contains(end));
            let closed = closing.is_some_and(|job| ends.contains(&job));
            if closed || (members_ended && (nothing_made || !closing_lives)) {
                self.batches.get_mut(&id).unwrap().finished = true;
            }
        }
    }

    /// Returns those that ended because of it and are back with it, or have ended again; what follows is still to be carried on.
    /// And the batches that another job closes now.
    pub(crate) fn redrive(&mut self, id: Uuid) -> (Vec<Uuid>, BTreeSet<Uuid>) {
        let revived = self.ids(|job| job.place == Place::Shut { cause: id });
        let job = self.jobs.get_mut(&id).unwrap();
        (job.place, job.isolate, job.errors, job.crashes) = (Place::Later, false, 0, 0);
        for job in &revived {
            self.jobs.get_mut(job).unwrap().place = Place::Waiting;
        }
        let mut overtaken = BTreeSet::new();
        for id in revived.iter().chain([&id]) {
            if let Some(batch) = self.jobs[id].batch {
                overtaken.extend(self.reopen(batch, *id));
            }
        }
        (revived, overtaken)
    }

    fn reopen(&mut self, id: Uuid, job: Uuid) -> Option<Uuid> {
        let batch = self.batches.get_mut(&id).unwrap();
        if !batch.jobs.contains(&job) {
            batch.finished &= batch.closing != Some(job);
            return None;
        }
        batch.finished = false;
        let closing = batch
            .closing
            .and_then(|closing| self.jobs.get_mut(&closing));
        if let Some(closing) = closing.filter(|closing| closing.place == Place::Waiting) {
            closing.open.insert(job);
            return None;
        }
        Some(id)
    }

    /// A batch's counters, counted anew from its jobs.
    pub(crate) fn tally(&self, batch: Uuid) -> Tally {
        let mut tally = Tally::default();
        for id in &self.batches[&batch].jobs {
            match self.jobs[id].place {
                Place::Completed => tally.completed += 1,
                Place::Cancelled | Place::Shut { .. } => tally.cancelled += 1,
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
