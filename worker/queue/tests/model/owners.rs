//! What people do: enqueue, cancel, pause, redrive.

use kiskadee_queue::testing::{NewJob, enqueue, enqueue_batch};
use uuid::Uuid;

use crate::{
    agree,
    model::{Batch, Job, Place},
    run::{Checked, Run},
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

    pub(super) async fn enqueue_batch(&mut self, owner: usize, lane: usize, costs: &[i32]) {
        let jobs: Vec<NewJob> = costs
            .iter()
            .map(|cost| NewJob::speech(LANES[lane], *cost))
            .collect();
        let batch = enqueue_batch(self.queue, self.owners[owner], CAP, &jobs)
            .await
            .unwrap();
        let items = self.queue.batch_items(batch).await.unwrap();
        for (item, job) in items.iter().zip(&jobs) {
            self.adopt(item.job_id, owner, job, Some(batch));
        }
        let jobs = items.iter().map(|item| item.job_id).collect();
        self.model.batches.insert(
            batch,
            Batch {
                owner: self.owners[owner],
                jobs,
                ..Batch::default()
            },
        );
    }

    pub(super) async fn cancel(&mut self, pick: usize) -> Checked {
        let jobs = self.model.ids(|_| true);
        if jobs.is_empty() {
            return Ok(());
        }
        let id = jobs[pick % jobs.len()];
        let (owner, place) = (self.model.jobs[&id].owner, self.model.jobs[&id].place);
        let expected = match place {
            Place::Ready | Place::Later => {
                self.model.cancel_waiting(id);
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
        let waits = |id: &Uuid| matches!(self.model.jobs[id].place, Place::Ready | Place::Later);
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
        for id in waiting {
            self.model.cancel_waiting(id);
        }
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
            self.model.redrive(id);
        }
        Ok(())
    }
}
