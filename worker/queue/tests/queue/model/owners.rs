//! What people do: enqueue, cancel, pause, redrive.

use std::collections::BTreeSet;

use kiskadee_queue::testing::{NewJob, enqueue, enqueue_batch};
use uuid::Uuid;

use crate::agree;

use super::{
    run::{ARCHIVE_LANE, Checked, Run},
    state::{Batch, Job, Place},
    step::LANES,
};

const CAP: i64 = 1_000_000;

impl Run<'_> {
    pub(super) async fn enqueue(
        &mut self,
        owner: usize,
        lane: usize,
        priority: i16,
        costs: &[i32],
        max_attempts: i16,
    ) {
        let jobs: Vec<NewJob> = costs
            .iter()
            .map(|cost| NewJob {
                priority,
                max_attempts: Some(max_attempts),
                ..NewJob::speech(LANES[lane], *cost)
            })
            .collect();
        let ids = enqueue(self.queue, self.owners[owner], CAP, &jobs)
            .await
            .unwrap();
        for (id, job) in ids.into_iter().zip(&jobs) {
            self.adopt(id, owner, job, None);
        }
    }

    pub(super) fn adopt(&mut self, id: Uuid, owner: usize, job: &NewJob, batch: Option<Uuid>) {
        let job = Job {
            owner: self.owners[owner],
            lane: job.batch_key.clone(),
            priority: job.priority,
            cost: job.cost,
            max_attempts: i64::from(job.max_attempts.unwrap_or(5)),
            batch,
            after: job.after.clone(),
            open: BTreeSet::new(),
            soft: job.soft,
            name: job.unique_key.clone(),
            archive: false,
            place: Place::Ready,
            isolate: false,
            errors: 0,
            crashes: 0,
            accepted: 0,
        };
        assert!(
            self.model.jobs.insert(id, job).is_none(),
            "an id was given twice"
        );
        self.model.place_gated(id);
    }

    pub(super) async fn enqueue_named(&mut self, owner: usize, name: u8) -> Checked {
        let name = name.to_string();
        let job = NewJob {
            unique_key: Some(name.clone()),
            ..NewJob::speech(LANES[0], 10)
        };
        let ids = enqueue(
            self.queue,
            self.owners[owner],
            CAP,
            std::slice::from_ref(&job),
        )
        .await
        .unwrap();
        let owner_id = self.owners[owner];
        let twin = self
            .model
            .ids(|job| job.owner == owner_id && job.name.as_deref() == Some(&name));
        match twin.first() {
            Some(twin) => {
                agree!(&ids[0], twin, "the job that has the name");
            }
            None => self.adopt(ids[0], owner, &job, None),
        }
        Ok(())
    }

    /// Some of the owner's jobs, whatever became of them.
    fn pick(&self, owner: usize, picks: &[usize]) -> Vec<Uuid> {
        let jobs = self
            .model
            .ids(|job| job.owner == self.owners[owner] && !job.archive);
        let mut chosen: Vec<Uuid> = picks
            .iter()
            .filter_map(|pick| jobs.get(pick % jobs.len().max(1)).copied())
            .collect();
        chosen.dedup();
        chosen
    }

    pub(super) async fn enqueue_after(
        &mut self,
        owner: usize,
        costs: &[i32],
        picks: &[usize],
        soft: bool,
    ) {
        let after = self.pick(owner, picks);
        let jobs: Vec<NewJob> = costs
            .iter()
            .map(|cost| NewJob {
                after: after.clone(),
                soft: soft && !after.is_empty(),
                ..NewJob::speech(LANES[0], *cost)
            })
            .collect();
        let ids = enqueue(self.queue, self.owners[owner], CAP, &jobs)
            .await
            .unwrap();
        for (id, job) in ids.iter().zip(&jobs) {
            self.adopt(*id, owner, job, None);
        }
        self.model.carry(&ids);
    }

    pub(super) async fn enqueue_batch(
        &mut self,
        owner: usize,
        lane: usize,
        costs: &[i32],
        picks: &[usize],
    ) {
        let after = self.pick(owner, picks);
        let jobs: Vec<NewJob> = costs
            .iter()
            .map(|cost| NewJob {
                after: after.clone(),
                ..NewJob::speech(LANES[lane], *cost)
            })
            .collect();
        let batch = enqueue_batch(self.queue, self.owners[owner], CAP, &jobs)
            .await
            .unwrap();
        let items = self.queue.batch_items(batch).await.unwrap();
        for (item, job) in items.iter().zip(&jobs) {
            self.adopt(item.job_id, owner, job, Some(batch));
        }
        let jobs: Vec<Uuid> = items.iter().map(|item| item.job_id).collect();
        self.model.batches.insert(
            batch,
            Batch {
                owner: self.owners[owner],
                jobs: jobs.clone(),
                ..Batch::default()
            },
        );
        self.model.carry(&jobs);
        if !self.model.batches[&batch].finished {
            self.adopt_closing(batch, &[]).await;
        }
    }

    /// A batch has got another job that closes it, behind those of its jobs that have not ended, and these.
    async fn adopt_closing(&mut self, id: Uuid, reopened: &[Uuid]) {
        let closing: Uuid =
            sqlx::query_scalar("select archive_job from queue.batch_progress where batch_id = $1")
                .bind(id)
                .fetch_one(self.queue.pool())
                .await
                .unwrap();
        let batch = self.model.batches.get_mut(&id).unwrap();
        let overtaken = batch.closing.replace(closing);
        batch.closings += 1;
        let (owner, jobs) = (batch.owner, batch.jobs.clone());
        let is_open =
            |job: &Uuid| reopened.contains(job) || !self.model.jobs[job].place.has_ended();
        let closing_job = Job {
            owner,
            lane: ARCHIVE_LANE.to_owned(),
            priority: 1,
            cost: 100 + i32::try_from(jobs.len()).unwrap(),
            max_attempts: 8,
            batch: Some(id),
            open: jobs.iter().copied().filter(is_open).collect(),
            after: jobs,
            soft: true,
            name: None,
            archive: true,
            place: Place::Waiting,
            isolate: false,
            errors: 0,
            crashes: 0,
            accepted: 0,
        };
        assert!(self.model.jobs.insert(closing, closing_job).is_none());
        if let Some(job) = overtaken.and_then(|job| self.model.jobs.get_mut(&job))
            && matches!(job.place, Place::Ready | Place::Later)
        {
            job.place = Place::Cancelled;
        }
    }

    pub(super) async fn cancel(&mut self, pick: usize) -> Checked {
        let jobs = self.model.ids(|_| true);
        if jobs.is_empty() {
            return Ok(());
        }
        let id = jobs[pick % jobs.len()];
        let (owner, place) = (self.model.jobs[&id].owner, self.model.jobs[&id].place);
        let expected = match place {
            Place::Waiting | Place::Ready | Place::Later => {
                self.model.cancel_waiting(&[id]);
                "cancelled"
            }
            Place::Leased { token, .. } => {
                self.model.jobs.get_mut(&id).unwrap().place = Place::Leased {
                    token,
                    cancel: true,
                };
                "cancelling"
            }
            _ => "ended",
        };
        let answer: Option<String> = sqlx::query_scalar("select queue.cancel_job($1, $2)")
            .bind(owner)
            .bind(id)
            .fetch_one(self.queue.pool())
            .await
            .unwrap();
        agree!(
            answer.as_deref(),
            Some(expected),
            "the answer to a cancellation"
        );
        Ok(())
    }

    pub(super) async fn cancel_batch(&mut self, pick: usize) -> Checked {
        let batches: Vec<Uuid> = self.model.batches.keys().copied().collect();
        if batches.is_empty() {
            return Ok(());
        }
        let batch = batches[pick % batches.len()];
        let waits = |id: &Uuid| {
            matches!(
                self.model.jobs[id].place,
                Place::Waiting | Place::Ready | Place::Later
            )
        };
        let waiting: Vec<Uuid> = self.model.batches[&batch]
            .jobs
            .iter()
            .copied()
            .filter(waits)
            .collect();
        let answer: Option<i32> = sqlx::query_scalar("select queue.cancel_batch($1, $2)")
            .bind(self.model.batches[&batch].owner)
            .bind(batch)
            .fetch_one(self.queue.pool())
            .await
            .unwrap();
        agree!(
            answer.map(|count| count as usize),
            Some(waiting.len()),
            "the jobs cancelled"
        );
        self.model.cancel_waiting(&waiting);
        Ok(())
    }

    pub(super) async fn pause(&mut self, lane: usize, paused: bool) {
        sqlx::query("select queue.set_paused($1, $2, 'test')")
            .bind(LANES[lane])
            .bind(paused)
            .execute(self.queue.pool())
            .await
            .unwrap();
        if paused {
            self.paused.insert(LANES[lane].to_owned());
        } else {
            self.paused.remove(LANES[lane]);
        }
    }

    pub(super) async fn redrive(&mut self, pick: usize) -> Checked {
        let dead = self.model.ids(|job| job.place == Place::Dead);
        let jobs = if dead.is_empty() {
            self.model.ids(|_| true)
        } else {
            dead.clone()
        };
        if jobs.is_empty() {
            return Ok(());
        }
        let id = jobs[pick % jobs.len()];
        let answer: bool = sqlx::query_scalar("select queue.redrive($1)")
            .bind(id)
            .fetch_one(self.queue.pool())
            .await
            .unwrap();
        agree!(answer, dead.contains(&id), "the answer to a redrive");
        if answer {
            let (revived, overtaken) = self.model.redrive(id);
            for batch in overtaken {
                self.adopt_closing(batch, &revived).await;
            }
            for job in &revived {
                self.model.place_gated(*job);
            }
            self.model.carry(&revived);
        }
        Ok(())
    }
}
