//! How long an interactive job takes on one runner with four slots: alone, and while the pool of long jobs is full.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, ensure};
use futures::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use kiskadee_queue::Queue;
use kiskadee_queue::testing::{NewJob, enqueue};
use kiskadee_runner::{
    Answers, Family, Job, JobError, Lane, Made, PoolName, RunnerConfig, Slots, run,
};
use kiskadee_storage::Store;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::claim_latency::report;
use crate::server::Server;

const QUICK: &str = "load:quick";
const LONG: &str = "load:long";
/// What an interactive job takes, as a sentence on a fast engine does.
const QUICK_WORK: Duration = Duration::from_millis(20);
const LONG_WORK: Duration = Duration::from_mins(10);
/// One in the slot, one in the fetcher's hand, the others in the queue.
const LONG_JOBS: usize = 8;
const EVERY: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_mins(1);

struct Load;

impl Family for Load {
    fn name(&self) -> &'static str {
        "load"
    }

    fn lanes(&self) -> Vec<Lane> {
        [(QUICK, PoolName::Device), (LONG, PoolName::Long)]
            .map(|(batch_key, pool)| Lane {
                batch_key: batch_key.to_owned(),
                pool,
            })
            .to_vec()
    }

    fn run(&self, jobs: Vec<Job>) -> Answers {
        let running = jobs.into_iter().map(|job| {
            let id = job.attempt.job;
            work(job).map(move |made| (id, made))
        });
        running.collect::<FuturesUnordered<_>>().boxed()
    }
}

async fn work(job: Job) -> Result<Made, JobError> {
    let length = if job.kind == "long" {
        LONG_WORK
    } else {
        QUICK_WORK
    };
    let cancel = &job.attempt.cancel;
    let worked = cancel.run_until_cancelled(sleep(length)).await;
    worked.ok_or(JobError::Cancelled)?;
    Made::new(&serde_json::json!({}), None)
}

pub(crate) async fn measure(server: &Server, rounds: usize, jobs: usize) -> Result<()> {
    let (queue, _, url) = server.queue("load_pools").await?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        alone.extend(sample(&queue, &url, jobs, 0).await?);
        beside.extend(sample(&queue, &url, jobs, LONG_JOBS).await?);
        println!("round {round} of {rounds}");
    }
    report("enqueue to completion, alone", &alone, &alone);
    report("enqueue to completion, beside long jobs", &beside, &alone);
    Ok(())
}

/// Times of interactive jobs that come one by one.
async fn sample(queue: &Queue, url: &str, jobs: usize, long: usize) -> Result<Vec<Duration>> {
    let directory = tempfile::tempdir()?;
    let store = Store::open(&directory.path().display().to_string())?;
    let config = RunnerConfig {
        slots: Slots::from([(PoolName::Device, 4), (PoolName::Long, 1)]),
        doorbell: true,
        drain: Duration::from_secs(2),
        ..RunnerConfig::new(url)
    };
    let stop = CancellationToken::new();
    let families = vec![Arc::new(Load) as _];
    let running = tokio::spawn(run(config, queue.clone(), store, families, stop.clone()));
    if long > 0 {
        enqueue(
            queue,
            Uuid::now_v7(),
            i64::MAX,
            &vec![job("long", LONG); long],
        )
        .await?;
        until(queue, "select count(*) from queue.lease", 2).await?;
    }
    let owner = Uuid::now_v7();
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for _ in 0..jobs {
        tick.tick().await;
        enqueue(queue, owner, i64::MAX, &[job("quick", QUICK)]).await?;
    }
    let wanted = i64::try_from(jobs)?;
    until(queue, "select count(*) from queue.done", wanted).await?;
    let times = times(queue).await?;
    stop.cancel();
    running.await??;
    for table in ["done", "ready"] {
        let delete = sqlx::AssertSqlSafe(format!("delete from queue.{table}"));
        sqlx::raw_sql(delete).execute(queue.pool()).await?;
    }
    Ok(times)
}

fn job(kind: &str, lane: &str) -> NewJob {
    NewJob {
        kind: kind.to_owned(),
        priority: 0,
        ..NewJob::speech(lane, 20)
    }
}

async fn until(queue: &Queue, count: &'static str, wanted: i64) -> Result<()> {
    let counted = async {
        while sqlx::query_scalar::<_, i64>(count)
            .fetch_one(queue.pool())
            .await?
            < wanted
        {
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    let counted: Result<Result<(), sqlx::Error>, _> = timeout(PATIENCE, counted).await;
    ensure!(counted.is_ok(), "`{count}` does not reach {wanted}");
    Ok(counted??)
}

/// By the server's clock: from the statement that enqueued a job to the one that settled it.
async fn times(queue: &Queue) -> Result<Vec<Duration>> {
    let seconds: Vec<f64> = sqlx::query_scalar(
        "select extract(epoch from finished_at - created_at)::float8 from queue.done",
    )
    .fetch_all(queue.pool())
    .await?;
    Ok(seconds.into_iter().map(Duration::from_secs_f64).collect())
}
