//! Takes a step in the database and in the model, and compares the two.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};

use kiskadee_queue::{
    ClaimRequest, Claimed, Error, Held, Queue, Settlement, Verdict,
    testing::{NewJob, enqueue, enqueue_batch},
};
use uuid::Uuid;

use crate::{
    model::{Batch, End, Job, Model, Place, Tally},
    step::{How, LANES, OWNERS, Step, WORKERS},
};

const TTL: Duration = Duration::from_mins(10);
const CAP: i64 = 1_000_000;
const ARCHIVE_LANE: &str = "archive:zip";
/// How many of its past attempts a worker still believes in.
const BELIEFS: usize = 12;

type Checked = Result<(), String>;

struct Worker {
    id: Uuid,
    alive: bool,
    /// Attempts that it believes to hold, ended ones among them.
    held: Vec<(Uuid, i64)>,
}

pub(crate) struct Run<'a> {
    queue: &'a Queue,
    model: Model,
    owners: Vec<Uuid>,
    workers: Vec<Worker>,
    holder: BTreeMap<Uuid, Uuid>,
    overrun: BTreeSet<Uuid>,
    paused: HashSet<String>,
}

macro_rules! agree {
    ($left:expr, $right:expr, $what:literal) => {
        let (left, right) = ($left, $right);
        if left != right {
            return Err(format!(
                concat!($what, ": database {:?}, model {:?}"),
                left, right
            ));
        }
    };
}

impl<'a> Run<'a> {
    pub(crate) async fn start(queue: &'a Queue) -> Self {
        sqlx::raw_sql(
            "truncate queue.job, queue.ready, queue.later, queue.lease, queue.failure, queue.done, queue.dead,
               queue.batch, queue.batch_progress, queue.unique_job, queue.worker, queue.pause, queue.watermark,
               queue.depth, telemetry.delta",
        )
        .execute(queue.pool())
        .await
        .unwrap();
        let mut run = Self {
            queue,
            model: Model::default(),
            owners: (0..OWNERS).map(|_| Uuid::now_v7()).collect(),
            workers: Vec::new(),
            holder: BTreeMap::new(),
            overrun: BTreeSet::new(),
            paused: HashSet::new(),
        };
        for _ in 0..WORKERS {
            run.workers.push(Worker {
                id: Uuid::nil(),
                alive: false,
                held: Vec::new(),
            });
        }
        for worker in 0..WORKERS {
            run.register(worker).await;
        }
        run
    }

    pub(crate) async fn take(&mut self, step: &Step) -> Checked {
        match step {
            Step::Enqueue {
                owner,
                lane,
                priority,
                costs,
                max_attempts,
            } => {
                self.enqueue(*owner, *lane, *priority, costs, *max_attempts)
                    .await;
            }
            Step::EnqueueNamed { owner, name } => self.enqueue_named(*owner, *name).await?,
            Step::EnqueueBatch { owner, lane, costs } => {
                self.enqueue_batch(*owner, *lane, costs).await
            }
            Step::Claim {
                worker,
                max_jobs,
                max_cost,
            } => self.claim(*worker, *max_jobs, *max_cost).await?,
            Step::Heartbeat { worker } => self.heartbeat(*worker).await?,
            Step::Settle { worker, picks } => self.settle(*worker, picks).await?,
            Step::Expire { worker } => self.expire(*worker).await,
            Step::Register { worker } => self.register(*worker).await,
            Step::Crash { worker } => self.crash(*worker).await?,
            Step::Rescue => self.rescue().await?,
            Step::Overrun { pick } => self.overrun(*pick).await,
            Step::Promote => self.promote().await?,
            Step::Cancel { pick } => self.cancel(*pick).await?,
            Step::CancelBatch { pick } => self.cancel_batch(*pick).await?,
            Step::Pause { lane, paused } => self.pause(*lane, *paused).await,
            Step::Redrive { pick } => self.redrive(*pick).await?,
            Step::Upkeep => self.upkeep().await?,
        }
        self.check().await
    }

    /// Whatever happened before, everything ends when workers live and lanes are open.
    pub(crate) async fn drain(&mut self) -> Checked {
        for lane in 0..LANES.len() {
            self.pause(lane, false).await;
        }
        for worker in 0..WORKERS {
            self.expire(worker).await;
            self.register(worker).await;
        }
        loop {
            self.rescue().await?;
            self.promote().await?;
            self.check().await?;
            if self.model.ids(|job| job.place == Place::Ready).is_empty() {
                break;
            }
            self.claim(0, 50, 10_000).await?;
            let picks: Vec<_> = (0..self.workers[0].held.len())
                .map(|pick| (pick, How::Completed))
                .collect();
            self.settle(0, &picks).await?;
        }
        let open = self
            .model
            .batches
            .values()
            .filter(|batch| !batch.finished)
            .count();
        if open > 0 {
            return Err(format!("{open} batches never ended"));
        }
        Ok(())
    }

    async fn enqueue(
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

    fn adopt(&mut self, id: Uuid, owner: usize, job: &NewJob, batch: Option<Uuid>) {
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

    async fn enqueue_named(&mut self, owner: usize, name: u8) -> Checked {
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

    async fn enqueue_batch(&mut self, owner: usize, lane: usize, costs: &[i32]) {
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

    async fn claim(&mut self, worker: usize, max_jobs: i32, max_cost: i32) -> Checked {
        let lanes: Vec<String> = [LANES[0], LANES[1], ARCHIVE_LANE]
            .map(str::to_owned)
            .to_vec();
        let request = ClaimRequest {
            worker: self.workers[worker].id,
            batch_keys: &lanes,
            resident: &lanes[..1],
            max_jobs,
            max_cost,
            load: Duration::from_secs(1),
        };
        let claimed = match self.queue.claim(&request).await {
            Err(Error::Fenced) if !self.workers[worker].alive => return Ok(()),
            Ok(claimed) if self.workers[worker].alive => claimed,
            other => {
                return Err(format!(
                    "claim of a worker (alive: {}): {other:?}",
                    self.workers[worker].alive
                ));
            }
        };
        self.check_claim(&claimed, max_jobs, max_cost)?;
        for job in claimed {
            let lease = Place::Leased {
                token: job.token,
                cancel: false,
            };
            self.model.jobs.get_mut(&job.job_id).unwrap().place = lease;
            self.holder.insert(job.job_id, self.workers[worker].id);
            self.overrun.remove(&job.job_id);
            let held = &mut self.workers[worker].held;
            held.push((job.job_id, job.token));
            let forgotten = held
                .len()
                .saturating_sub(BELIEFS.max(usize::try_from(max_jobs).unwrap()));
            held.drain(..forgotten);
        }
        Ok(())
    }

    fn check_claim(&self, claimed: &[Claimed], max_jobs: i32, max_cost: i32) -> Checked {
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

    async fn heartbeat(&mut self, worker: usize) -> Checked {
        let worker = &self.workers[worker];
        let held: Vec<Held> = worker
            .held
            .iter()
            .map(|(job, token)| Held {
                job: *job,
                token: *token,
                progress: 50,
            })
            .collect();
        let answer = self
            .queue
            .heartbeat(worker.id, TTL, &serde_json::json!({}), &held)
            .await;
        let warnings = match answer {
            Err(Error::Fenced) if !worker.alive => return Ok(()),
            Ok(warnings) if worker.alive => warnings,
            other => {
                return Err(format!(
                    "heartbeat of a worker (alive: {}): {other:?}",
                    worker.alive
                ));
            }
        };
        let told: HashSet<(Uuid, i64, bool)> = warnings
            .iter()
            .map(|w| (w.job, w.token, w.verdict == Verdict::Lost))
            .collect();
        let expected: HashSet<(Uuid, i64, bool)> = worker
            .held
            .iter()
            .filter_map(|(id, token)| match self.model.jobs[id].place {
                Place::Leased {
                    token: current,
                    cancel,
                } if current == *token => cancel.then_some((*id, *token, false)),
                _ => Some((*id, *token, true)),
            })
            .collect();
        agree!(told, expected, "what the heartbeat tells");
        Ok(())
    }

    async fn settle(&mut self, worker: usize, picks: &[(usize, How)]) -> Checked {
        let held = &self.workers[worker].held;
        let mut chosen: BTreeMap<(Uuid, i64), How> = BTreeMap::new();
        for (pick, how) in picks.iter().filter(|_| !held.is_empty()) {
            chosen.entry(held[pick % held.len()]).or_insert(*how);
        }
        let settlements: Vec<Settlement> = chosen
            .iter()
            .map(|((job, token), how)| Settlement {
                job: *job,
                token: *token,
                outcome: how.outcome(),
            })
            .collect();
        let accepted = self
            .queue
            .settle(self.workers[worker].id, &settlements)
            .await
            .unwrap();
        let mut expected = HashSet::new();
        for ((id, token), how) in chosen {
            if matches!(self.model.jobs[&id].place, Place::Leased { token: current, .. } if current == token)
            {
                expected.insert(id);
                self.model.end(id, End::Settled(how));
            }
        }
        agree!(accepted, expected, "the settlements accepted");
        Ok(())
    }

    async fn expire(&mut self, worker: usize) {
        self.workers[worker].alive = false;
        self.execute(
            "update queue.worker set expires_at = '-infinity' where id = $1",
            self.workers[worker].id,
        )
        .await;
    }

    async fn register(&mut self, worker: usize) {
        let worker = &mut self.workers[worker];
        let before = std::mem::replace(&mut worker.id, Uuid::now_v7());
        worker.alive = true;
        self.queue
            .register(worker.id, &serde_json::json!({}), TTL)
            .await
            .unwrap();
        self.queue.retire(before).await.unwrap();
    }

    async fn crash(&mut self, worker: usize) -> Checked {
        self.register(worker).await;
        self.claim(worker, 2, 100).await?;
        self.expire(worker).await;
        self.rescue().await?;
        self.register(worker).await;
        Ok(())
    }

    async fn rescue(&mut self) -> Checked {
        let live: HashSet<Uuid> = self
            .workers
            .iter()
            .filter(|w| w.alive)
            .map(|w| w.id)
            .collect();
        let mut expected = 0;
        for id in self
            .model
            .ids(|job| matches!(job.place, Place::Leased { .. }))
        {
            let end = match (live.contains(&self.holder[&id]), self.overrun.contains(&id)) {
                (false, _) => End::Crashed,
                (true, true) => End::TimedOut,
                (true, false) => continue,
            };
            expected += 1;
            self.model.end(id, end);
        }
        agree!(
            self.queue.rescue(1000).await.unwrap(),
            expected,
            "the leases rescued"
        );
        Ok(())
    }

    async fn overrun(&mut self, pick: usize) {
        let running = self
            .model
            .ids(|job| matches!(job.place, Place::Leased { .. }));
        if running.is_empty() {
            return;
        }
        let id = running[pick % running.len()];
        self.overrun.insert(id);
        self.execute(
            "update queue.lease set deadline_at = '-infinity' where job_id = $1",
            id,
        )
        .await;
    }

    async fn promote(&mut self) -> Checked {
        sqlx::raw_sql("update queue.later set run_at = '-infinity'")
            .execute(self.queue.pool())
            .await
            .unwrap();
        let due = self.model.ids(|job| job.place == Place::Later);
        agree!(
            self.queue.promote(1000).await.unwrap() as usize,
            due.len(),
            "the jobs promoted"
        );
        for id in due {
            self.model.jobs.get_mut(&id).unwrap().place = Place::Ready;
        }
        Ok(())
    }

    async fn cancel(&mut self, pick: usize) -> Checked {
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

    async fn cancel_batch(&mut self, pick: usize) -> Checked {
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

    async fn pause(&mut self, lane: usize, paused: bool) {
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

    async fn redrive(&mut self, pick: usize) -> Checked {
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

    async fn upkeep(&mut self) -> Checked {
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

    async fn execute(&self, statement: &'static str, id: Uuid) {
        sqlx::query(statement)
            .bind(id)
            .execute(self.queue.pool())
            .await
            .unwrap();
    }

    async fn check(&mut self) -> Checked {
        self.adopt_archives().await?;
        let mut found: BTreeMap<Uuid, Vec<(Place, bool)>> = BTreeMap::new();
        for (id, place, token, flag) in places(self.queue).await {
            let isolate =
                flag && place != "lease" || place == "lease" && self.model.jobs[&id].isolate;
            let place = match place.as_str() {
                "ready" => Place::Ready,
                "later" => Place::Later,
                "lease" => Place::Leased {
                    token: token.unwrap(),
                    cancel: flag,
                },
                "completed" => Place::Completed,
                "cancelled" => Place::Cancelled,
                _ => Place::Dead,
            };
            found.entry(id).or_default().push((place, isolate));
        }
        for (id, job) in &self.model.jobs {
            let ended = matches!(job.place, Place::Completed | Place::Cancelled | Place::Dead);
            let expected = vec![(job.place, job.isolate && !ended)];
            agree!(
                (id, found.remove(id).unwrap_or_default()),
                (id, expected),
                "the place of a job"
            );
            agree!(job.accepted <= 1, true, "at most one accepted completion");
        }
        agree!(found.len(), 0, "jobs that nobody enqueued");
        self.check_batches().await
    }

    async fn adopt_archives(&mut self) -> Checked {
        let archives: Vec<(Uuid, Uuid)> =
            sqlx::query_as("select id, batch_id from queue.job where kind = 'archive'")
                .fetch_all(self.queue.pool())
                .await
                .unwrap();
        for (id, batch) in archives {
            let owner = self.model.batches[&batch].owner;
            let cost = 100 + i32::try_from(self.model.batches[&batch].jobs.len()).unwrap();
            self.model.jobs.entry(id).or_insert(Job {
                owner,
                lane: ARCHIVE_LANE.to_owned(),
                priority: 1,
                cost,
                max_attempts: 8,
                batch: Some(batch),
                name: None,
                archive: true,
                place: Place::Ready,
                isolate: false,
                errors: 0,
                crashes: 0,
                accepted: 0,
            });
        }
        for (id, batch) in &self.model.batches {
            let made = self
                .model
                .ids(|job| job.archive && job.batch == Some(*id))
                .len();
            agree!(made, batch.closings, "the archives of a batch");
        }
        Ok(())
    }

    async fn check_batches(&self) -> Checked {
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
async fn places(queue: &Queue) -> Vec<(Uuid, String, Option<i64>, bool)> {
    sqlx::query_as(
        "select job_id, 'ready', null::bigint, isolate from queue.ready
         union all select job_id, 'later', null, isolate from queue.later
         union all select job_id, 'lease', token, cancel_requested from queue.lease
         union all select job_id, outcome, token, false from queue.done
         union all select job_id, 'dead', null, false from queue.dead",
    )
    .fetch_all(queue.pool())
    .await
    .unwrap()
}
