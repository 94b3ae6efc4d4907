//! Jobs per second, ours and the peers' in turn, round by round, so that a machine whose speed drifts drifts for all.

use std::time::Instant;

use anyhow::{Result, ensure};
use kiskadee_queue::testing::{NewJob, enqueue};
use kiskadee_queue::{ClaimRequest, Outcome, Queue, Settlement};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

use crate::peers::{self, Rates};
use crate::server::{LANE, Server};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) jobs: usize,
    pub(crate) batch: usize,
    pub(crate) consumers: usize,
}

struct Contender {
    name: &'static str,
    rounds: Vec<Rates>,
}

pub(crate) async fn compare(server: &Server, shape: Shape, rounds: usize) -> Result<()> {
    peers::install().await?;
    let names = [
        "kiskadee",
        "graphile-worker",
        "graphile-worker, local queue 500",
        "pg-boss",
    ];
    let mut contenders = names.map(|name| Contender {
        name,
        rounds: Vec::new(),
    });
    for round in 1..=rounds {
        println!(
            "round {round}: {} jobs, batches of {}, {} consumers",
            shape.jobs, shape.batch, shape.consumers
        );
        let sizes = [shape.jobs, shape.batch];
        let measured = [
            ours(server, shape).await?,
            // One job at a time is slow: a tenth of the jobs tells enough.
            peers::run(
                "graphile.mjs",
                &server.scratch("load_graphile").await?,
                &[shape.jobs / 10, shape.batch, 0],
            )
            .await?,
            peers::run(
                "graphile.mjs",
                &server.scratch("load_graphile").await?,
                &[sizes[0], sizes[1], 500],
            )
            .await?,
            peers::run(
                "pgboss.mjs",
                &server.scratch("load_pgboss").await?,
                &[sizes[0], sizes[1], shape.consumers],
            )
            .await?,
        ];
        for (contender, rates) in contenders.iter_mut().zip(measured) {
            println!(
                "  {:34} enqueue {:>8.0}/s   run {:>8.0}/s",
                contender.name, rates.enqueue, rates.run
            );
            contender.rounds.push(rates);
        }
    }
    report(&contenders);
    Ok(())
}

pub(crate) async fn alone(server: &Server, shape: Shape, rounds: usize) -> Result<()> {
    let mut contenders = [Contender {
        name: "kiskadee",
        rounds: Vec::new(),
    }];
    for _ in 0..rounds {
        contenders[0].rounds.push(ours(server, shape).await?);
    }
    report(&contenders);
    Ok(())
}

fn report(contenders: &[Contender]) {
    let enqueue =
        |contender: &Contender| median(contender.rounds.iter().map(|rates| rates.enqueue));
    let run = |contender: &Contender| median(contender.rounds.iter().map(|rates| rates.run));
    println!("median, and kiskadee's as a multiple of it:");
    for contender in contenders {
        let (own_enqueue, own_run) = (enqueue(&contenders[0]), run(&contenders[0]));
        println!(
            "  {:34} enqueue {:>8.0}/s (x{:.2})   run {:>8.0}/s (x{:.2})",
            contender.name,
            enqueue(contender),
            own_enqueue / enqueue(contender),
            run(contender),
            own_run / run(contender),
        );
    }
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

async fn ours(server: &Server, shape: Shape) -> Result<Rates> {
    let (queue, worker, _) = server.queue("load_kiskadee").await?;
    let owner = Uuid::now_v7();
    let jobs = vec![NewJob::speech(LANE, 20); shape.batch];
    let start = Instant::now();
    for _ in 0..shape.jobs / shape.batch {
        enqueue(&queue, owner, i64::MAX, &jobs).await?;
    }
    let enqueue_rate = rate(shape.jobs, start);

    let start = Instant::now();
    let consumers: Vec<_> = (0..shape.consumers)
        .map(|_| {
            tokio::spawn(consume(
                queue.clone(),
                worker,
                i32::try_from(shape.batch).unwrap_or(i32::MAX),
            ))
        })
        .collect();
    let mut completed = 0;
    for consumer in consumers {
        completed += consumer.await??;
    }
    ensure!(
        completed == shape.jobs,
        "{completed} of {} jobs were completed",
        shape.jobs
    );
    Ok(Rates {
        enqueue: enqueue_rate,
        run: rate(shape.jobs, start),
    })
}

/// Claims and completes until nothing is left.
async fn consume(queue: Queue, worker: Uuid, batch: i32) -> Result<usize> {
    let mut completed = 0;
    loop {
        let taken = claim_and_complete(&queue, worker, batch).await?;
        if taken == 0 {
            return Ok(completed);
        }
        completed += taken;
    }
}

pub(crate) async fn claim_and_complete(queue: &Queue, worker: Uuid, batch: i32) -> Result<usize> {
    let lanes = [LANE.to_owned()];
    let claimed = queue.claim(&request(worker, &lanes, batch)).await?;
    let settlements: Vec<Settlement> = claimed
        .iter()
        .map(|job| Settlement {
            job: job.job_id,
            token: job.token,
            outcome: Outcome::Completed(Value::Null),
        })
        .collect();
    if settlements.is_empty() {
        return Ok(0);
    }
    Ok(queue.settle(worker, &settlements).await?.len())
}

pub(crate) fn request(worker: Uuid, lanes: &[String], max_jobs: i32) -> ClaimRequest<'_> {
    ClaimRequest {
        worker,
        batch_keys: lanes,
        resident: lanes,
        max_jobs,
        max_cost: i32::MAX,
        load: Duration::from_secs(1),
    }
}

fn rate(jobs: usize, start: Instant) -> f64 {
    jobs as f64 / start.elapsed().as_secs_f64()
}
