//! A worker of three dies in the middle of its work, by `kill -9` (its supervisor sees that at once) or by standing still
//! (nobody sees anything until its lease is over). Measured until the last of its jobs has been claimed by another.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use kiskadee_tests::{Options, System, eventually, process};
use sqlx::PgPool;
use uuid::Uuid;

const LOOK_EVERY: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_mins(3);

/// How a worker ends.
#[derive(Clone, Copy)]
enum End {
    Killed,
    Stopped,
}

/// A job in the hands of the victim.
#[derive(sqlx::FromRow)]
struct Held {
    job_id: Uuid,
    token: i64,
}

pub(crate) async fn measure(rounds: usize, lease_ttl: u32) -> Result<()> {
    let options = Options::default()
        .workers(3)
        .with("--lease-ttl", &lease_ttl.to_string());
    let system = System::start(options).await?;
    let database = system.database().await?;
    for (name, end) in [("killed", End::Killed), ("stopped", End::Stopped)] {
        let mut waits = Vec::new();
        for round in 0..rounds {
            waits.push(one_death(&system, &database, end, round).await?);
        }
        waits.sort();
        let (Some(middle), Some(worst)) = (waits.get(waits.len() / 2), waits.last()) else {
            return Ok(());
        };
        println!(
            "{name}: p50 {:.0} ms, max {:.0} ms over {rounds} deaths (lease of {lease_ttl} s)",
            middle.as_secs_f64() * 1e3,
            worst.as_secs_f64() * 1e3
        );
    }
    Ok(())
}

async fn one_death(system: &System, database: &PgPool, end: End, round: usize) -> Result<Duration> {
    eventually("three workers", PATIENCE, || async {
        Ok((alive(database).await? == 3).then_some(()))
    })
    .await?;
    let batch = system.client().submit_batch(100).await?;
    let (pid, held) = eventually("a worker at work", PATIENCE, || async {
        let workers = system.worker_pids()?;
        let pid = *workers
            .get(round % workers.len().max(1))
            .context("no worker runs")?;
        let held = held_by(database, &name_of(pid)?).await?;
        Ok((workers.len() == 3 && !held.is_empty()).then_some((pid, held)))
    })
    .await?;
    process::signal(
        pid,
        if matches!(end, End::Killed) {
            "KILL"
        } else {
            "STOP"
        },
    )?;
    let died = Instant::now();
    while still_held(database, &held).await? {
        tokio::time::sleep(LOOK_EVERY).await;
        anyhow::ensure!(
            died.elapsed() < PATIENCE,
            "the jobs of the dead worker are never taken over"
        );
    }
    let wait = died.elapsed();
    if matches!(end, End::Stopped) {
        process::signal(pid, "KILL")?;
    }
    eventually("the batch to end", PATIENCE, || async {
        Ok((system.client().batch_status(&batch).await?["pending"] == 0).then_some(()))
    })
    .await?;
    Ok(wait)
}

async fn alive(database: &PgPool) -> Result<i64> {
    let count = "select count(*) from queue.worker w where w.expires_at > clock_timestamp()";
    Ok(sqlx::query_scalar(count).fetch_one(database).await?)
}

/// `kiskadee up` gives each worker its name on the command line.
pub(crate) fn name_of(pid: u32) -> Result<String> {
    let command = std::fs::read_to_string(format!("/proc/{pid}/cmdline"))?;
    let mut words = command
        .split('\0')
        .skip_while(|word| *word != "--name")
        .skip(1);
    Ok(words.next().context("a worker without a name")?.to_owned())
}

async fn held_by(database: &PgPool, name: &str) -> Result<Vec<Held>> {
    let held = sqlx::query_as(
        "select l.job_id, l.token from queue.lease l join queue.worker w on w.id = l.worker_id
         where w.name = $1 and w.expires_at > clock_timestamp()",
    );
    Ok(held.bind(name).fetch_all(database).await?)
}

/// Whether some of the attempts are neither settled nor replaced by another.
async fn still_held(database: &PgPool, held: &[Held]) -> Result<bool> {
    let jobs: Vec<Uuid> = held.iter().map(|held| held.job_id).collect();
    let tokens: Vec<i64> = held.iter().map(|held| held.token).collect();
    let waiting: i64 = sqlx::query_scalar(
        "select count(*) from unnest($1::uuid[], $2::bigint[]) h(job_id, token)
         where not exists (select from queue.done d where d.job_id = h.job_id)
           and not exists (select from queue.lease l where l.job_id = h.job_id and l.token > h.token)",
    )
    .bind(jobs)
    .bind(tokens)
    .fetch_one(database)
    .await?;
    Ok(waiting > 0)
}
