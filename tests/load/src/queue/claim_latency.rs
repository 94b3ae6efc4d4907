//! How long a claim of 8 takes: quiet, beside millions of finished jobs, and while a transaction held open keeps every
//! deleted row in place.

use std::time::{Duration, Instant};

use anyhow::Result;
use kiskadee_queue::Queue;
use kiskadee_queue::testing::{NewJob, enqueue};
use sqlx::{Connection, PgConnection};
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use crate::server::{LANE, Server};
use crate::throughput::{claim_and_complete, request};

const BATCH: i32 = 8;
const SAMPLES: usize = 2_000;

pub(crate) async fn measure(server: &Server, finished: i64, minutes: u64, rate: u64) -> Result<()> {
    let (queue, worker, url) = server.queue("load_claim").await?;
    let quiet = sample(&queue, worker).await?;
    report("quiet", &quiet, &quiet);
    fill_ledger(&url, finished).await?;
    let beside = sample(&queue, worker).await?;
    report(&format!("beside {finished} finished jobs"), &beside, &quiet);

    let mut holder = PgConnection::connect(&url).await?;
    // A transaction with a snapshot: nothing deleted from now on can be vacuumed.
    sqlx::raw_sql("begin isolation level repeatable read; select count(*) from queue.worker")
        .execute(&mut holder)
        .await?;
    for minute in 1..=minutes {
        let pinned = load_for_a_minute(&queue, worker, rate).await?;
        report(
            &format!("transaction held open for {minute} min, {rate} jobs/s"),
            &pinned,
            &quiet,
        );
    }
    sqlx::raw_sql("rollback").execute(&mut holder).await?;
    Ok(())
}

/// Claims from a queue that always holds something.
async fn sample(queue: &Queue, worker: Uuid) -> Result<Vec<Duration>> {
    let owner = Uuid::now_v7();
    let jobs = vec![NewJob::speech(LANE, 20); 400];
    let mut times = Vec::with_capacity(SAMPLES);
    while times.len() < SAMPLES {
        enqueue(queue, owner, i64::MAX, &jobs).await?;
        for _ in 0..jobs.len() / 8 {
            times.push(timed_claim(queue, worker).await?);
        }
    }
    Ok(times)
}

/// Keeps up with a steady rate for a minute: every 10 ms some jobs come and are run.
async fn load_for_a_minute(queue: &Queue, worker: Uuid, rate: u64) -> Result<Vec<Duration>> {
    let owner = Uuid::now_v7();
    let jobs = vec![NewJob::speech(LANE, 20); usize::try_from(rate / 100)?];
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let start = Instant::now();
    let mut times = Vec::new();
    while start.elapsed() < Duration::from_mins(1) {
        ticks.tick().await;
        enqueue(queue, owner, i64::MAX, &jobs).await?;
        times.push(timed_claim(queue, worker).await?);
    }
    while claim_and_complete(queue, worker, 100).await? > 0 {}
    queue.lower_watermarks().await?;
    Ok(times)
}

async fn timed_claim(queue: &Queue, worker: Uuid) -> Result<Duration> {
    let lanes = [LANE.to_owned()];
    let start = Instant::now();
    let claimed = queue.claim(&request(worker, &lanes, BATCH)).await?;
    let time = start.elapsed();
    let settlements: Vec<_> = claimed
        .iter()
        .map(|job| kiskadee_queue::Settlement {
            job: job.job_id,
            token: job.token,
            outcome: kiskadee_queue::Outcome::Completed(serde_json::Value::Null),
        })
        .collect();
    queue.settle(worker, &settlements).await?;
    Ok(time)
}

/// Puts finished jobs into the ledger as settlements would have, a day's worth.
async fn fill_ledger(url: &str, finished: i64) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(
        "insert into queue.done (job_id, owner, token, created_at, started_at, attempts, kind, batch_key, outcome, result)
         select queue.uuid7(), queue.uuid7(), n, now(), now(), 1, 'speech', $1, 'completed', '{}'
         from generate_series(1, $2) n",
    )
    .bind(LANE)
    .bind(finished)
    .execute(&mut connection)
    .await?;
    sqlx::raw_sql("analyze queue.done")
        .execute(&mut connection)
        .await?;
    Ok(())
}

pub(crate) fn report(what: &str, times: &[Duration], quiet: &[Duration]) {
    let (p50, p99) = (percentile(times, 50), percentile(times, 99));
    println!(
        "{what:60} p50 {p50:>7.2} ms (x{:.2})   p99 {p99:>7.2} ms (x{:.2})",
        p50 / percentile(quiet, 50),
        p99 / percentile(quiet, 99),
    );
}

/// In milliseconds.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted
        .get(sorted.len() * percent / 100)
        .map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
}
