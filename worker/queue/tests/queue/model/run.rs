//! Takes a step in the database and in the model, and compares the two.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use kiskadee_queue::Queue;
use uuid::Uuid;

use super::{
    state::{Model, Place},
    step::{How, LANES, OWNERS, Step, WORKERS},
};

pub(crate) const ARCHIVE_LANE: &str = "archive:zip";

pub(crate) type Checked = Result<(), String>;

/// Compares what the database says with what the model says, and tells both when they differ.
#[macro_export]
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

pub(crate) struct Worker {
    pub(crate) id: Uuid,
    pub(crate) alive: bool,
    /// Attempts that it believes to hold, ended ones among them.
    pub(crate) held: Vec<(Uuid, i64)>,
}

pub(crate) struct Run<'a> {
    pub(crate) queue: &'a Queue,
    pub(crate) model: Model,
    pub(crate) owners: Vec<Uuid>,
    pub(crate) workers: Vec<Worker>,
    pub(crate) holder: BTreeMap<Uuid, Uuid>,
    pub(crate) overrun: BTreeSet<Uuid>,
    pub(crate) paused: HashSet<String>,
}

impl<'a> Run<'a> {
    pub(crate) async fn start(queue: &'a Queue) -> Self {
        sqlx::raw_sql(
            "truncate queue.job, queue.ready, queue.later, queue.lease, queue.failure, queue.done, queue.dead,
               queue.batch, queue.batch_progress, queue.unique_job, queue.worker, queue.pause, queue.watermark,
               queue.depth, queue.head, queue.owner_lane, queue.start_limit, queue.waiting, queue.edge, telemetry.delta",
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
            Step::EnqueueBatch {
                owner,
                lane,
                costs,
                after,
            } => self.enqueue_batch(*owner, *lane, costs, after).await,
            Step::EnqueueAfter {
                owner,
                costs,
                after,
                soft,
            } => self.enqueue_after(*owner, costs, after, *soft).await,
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
        let shut_in = self.model.ids(|job| job.place == Place::Waiting);
        if !shut_in.is_empty() {
            return Err(format!("{shut_in:?} wait for ever"));
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

    pub(super) async fn promote(&mut self) -> Checked {
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

    pub(super) async fn execute(&self, statement: &'static str, id: Uuid) {
        sqlx::query(statement)
            .bind(id)
            .execute(self.queue.pool())
            .await
            .unwrap();
    }
}
