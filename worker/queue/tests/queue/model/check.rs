//! Where the database and the model must agree.

use std::collections::{BTreeMap, HashSet};

use kiskadee_queue::{Claimed, Queue};
use uuid::Uuid;

use crate::agree;

use super::{
    run::{Checked, Run},
    state::{Place, Tally},
};

impl Run<'_> {
    pub(super) fn check_claim(&self, claimed: &[Claimed], max_jobs: i32, max_cost: i32) -> Checked {
        let waiting = self
            .model
            .ids(|job| job.place == Place::Ready && !self.paused.contains(&job.lane));
        let best = waiting.iter().map(|id| self.model.jobs[id].priority).min();
        agree!(
            claimed.first().map(|job| job.priority),
            best,
            "the priority that is served"
        );
        let Some(first) = claimed.first() else {
            return Ok(());
        };
        for job in claimed {
            let known = &self.model.jobs[&job.job_id];
            agree!(
                waiting.contains(&job.job_id),
                true,
                "a claimed job was ready"
            );
            agree!(
                (
                    job.batch_key.as_str(),
                    job.priority,
                    job.isolate,
                    i64::from(job.attempt)
                ),
                (
                    first.batch_key.as_str(),
                    first.priority,
                    known.isolate,
                    known.errors + known.crashes + 1
                ),
                "a claimed job"
            );
        }
        let distinct: HashSet<Uuid> = claimed.iter().map(|job| job.job_id).collect();
        agree!(distinct.len(), claimed.len(), "distinct jobs");
        let cost: i32 = claimed.iter().map(|job| job.cost).sum();
        let fits =
            claimed.len() == 1 || (cost <= max_cost && claimed.iter().all(|job| !job.isolate));
        agree!(
            (fits, claimed.len() <= max_jobs as usize),
            (true, true),
            "the claim fits"
        );
        Ok(())
    }

    pub(super) async fn upkeep(&mut self) -> Checked {
        self.queue.lower_watermarks().await.unwrap();
        self.queue.measure_depth().await.unwrap();
        let (jobs, cost): (i64, i64) =
            sqlx::query_as("select coalesce(sum(jobs), 0)::bigint, coalesce(sum(cost), 0)::bigint from queue.depth")
                .fetch_one(self.queue.pool())
                .await
                .unwrap();
        let ready = self.model.ids(|job| job.place == Place::Ready);
        let expected: i64 = ready
            .iter()
            .map(|id| i64::from(self.model.jobs[id].cost))
            .sum();
        agree!(
            (jobs, cost),
            (i64::try_from(ready.len()).unwrap(), expected),
            "the depth"
        );
        Ok(())
    }

    pub(super) async fn check(&mut self) -> Checked {
        let mut found: BTreeMap<Uuid, Vec<(Place, bool)>> = BTreeMap::new();
        for (id, place, token, flag, cause) in places(self.queue).await {
            let isolate =
                flag && place != "lease" || place == "lease" && self.model.jobs[&id].isolate;
            let place = match place.as_str() {
                "waiting" => Place::Waiting,
                "ready" => Place::Ready,
                "later" => Place::Later,
                "lease" => Place::Leased {
                    token: token.unwrap(),
                    cancel: flag,
                },
                "completed" => Place::Completed,
                "cancelled" => Place::Cancelled,
                _ => cause.map_or(Place::Dead, |cause| Place::Shut { cause }),
            };
            found.entry(id).or_default().push((place, isolate));
        }
        for (id, job) in &self.model.jobs {
            let expected = vec![(job.place, job.isolate && !job.place.has_ended())];
            agree!(
                (id, found.remove(id).unwrap_or_default()),
                (id, expected),
                "the place of a job"
            );
            agree!(job.accepted <= 1, true, "at most one accepted completion");
        }
        agree!(found, BTreeMap::new(), "jobs that nobody enqueued");
        self.check_batches().await
    }

    pub(super) async fn check_batches(&self) -> Checked {
        let rows: Vec<(Uuid, i32, i32, i32, i32, bool)> = sqlx::query_as(
            "select batch_id, pending, completed, failed, cancelled, finished_at is not null from queue.batch_progress",
        )
        .fetch_all(self.queue.pool())
        .await
        .unwrap();
        agree!(
            rows.len(),
            self.model.batches.len(),
            "the number of batches"
        );
        let archives = "select (select count(*) from queue.job where kind = 'archive')
            + (select count(*) from queue.done where kind = 'archive')";
        let made: i64 = sqlx::query_scalar(archives)
            .fetch_one(self.queue.pool())
            .await
            .unwrap();
        let closings: usize = self
            .model
            .batches
            .values()
            .map(|batch| batch.closings)
            .sum();
        agree!(made as usize, closings, "the archives of all batches");
        for (id, pending, completed, failed, cancelled, finished) in rows {
            let tally = Tally {
                pending,
                completed,
                failed,
                cancelled,
            };
            agree!(
                (tally, finished),
                (self.model.tally(id), self.model.batches[&id].finished),
                "a batch"
            );
        }
        Ok(())
    }
}

/// Every place in which a job is: its token under a lease; the flag says whether it is to run alone, and of a lease
/// whether its end was asked for.
async fn places(queue: &Queue) -> Vec<(Uuid, String, Option<i64>, bool, Option<Uuid>)> {
    sqlx::query_as(
        "select job_id, 'ready', null::bigint, isolate, null::uuid from queue.ready
         union all select job_id, 'waiting', null, false, null from queue.waiting
         union all select job_id, 'later', null, isolate, null from queue.later
         union all select job_id, 'lease', token, cancel_requested, null from queue.lease
         union all select job_id, outcome, token, false, null from queue.done
         union all select job_id, 'dead', null, false, cause from queue.dead",
    )
    .fetch_all(queue.pool())
    .await
    .unwrap()
}
