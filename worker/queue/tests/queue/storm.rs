//! Everything at once: workers that claim, settle and die, rescues, cancellations and batches, without any order. At the
//! end every job is in one place, was accepted at most once, and every batch agrees with its jobs.

use std::{collections::HashMap, time::Duration};

use kiskadee_queue::{
    ClaimRequest, Claimed, Error, Outcome, Queue, Settlement,
    testing::{NewJob, TestDatabase, enqueue, enqueue_batch},
};
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const LANES: [&str; 3] = ["speech:kiskadee", "speech:espeak", "archive:zip"];
const WORKERS: usize = 6;
const BATCHES: usize = 60;
const LONE_JOBS: usize = 600;
const TTL: Duration = Duration::from_mins(10);
const CAP: i64 = 1_000_000;

/// The tokens under which a job's completion was accepted.
type Accepted = HashMap<Uuid, Vec<i64>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_accepted_twice() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let owners: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
    let calm = CancellationToken::new();
    let mut disturbers = JoinSet::new();
    disturbers.spawn(lead(queue.clone(), calm.clone()));
    disturbers.spawn(cancel(queue.clone(), calm.clone()));
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        workers.spawn(work(queue.clone(), calm.clone(), worker));
    }
    fill(&queue, &owners).await;

    tokio::time::sleep(Duration::from_secs(3)).await;
    calm.cancel();
    disturbers.join_all().await;
    let mut accepted = Accepted::new();
    for (job, token) in workers.join_all().await.into_iter().flatten() {
        accepted.entry(job).or_default().push(token);
    }
    finish(&queue, &mut accepted).await;
    check(&queue, &accepted).await;
}

async fn fill(queue: &Queue, owners: &[Uuid]) {
    for number in 0..BATCHES {
        let jobs: Vec<NewJob> = (0..10)
            .map(|_| NewJob::speech(LANES[number % 2], 50))
            .collect();
        enqueue_batch(queue, owners[number % 3], CAP, &jobs)
            .await
            .unwrap();
        let jobs: Vec<NewJob> = (0..LONE_JOBS / BATCHES)
            .map(|_| NewJob::speech(LANES[0], 10))
            .collect();
        enqueue(queue, owners[number % 3], CAP, &jobs)
            .await
            .unwrap();
    }
}

/// Claims and settles. Now and then it dies, holds what it had and settles it late under its old tokens.
async fn work(queue: Queue, calm: CancellationToken, number: usize) -> Vec<(Uuid, i64)> {
    let mut accepted = Vec::new();
    let mut late: Vec<Claimed> = Vec::new();
    let mut worker = register(&queue).await;
    let mut round = number;
    while !calm.is_cancelled() {
        round += 1;
        let jobs = match claim(&queue, worker, 8).await {
            Err(Error::Fenced) => {
                worker = register(&queue).await;
                continue;
            }
            jobs => jobs.unwrap(),
        };
        if round.is_multiple_of(7) {
            expire(&queue, worker).await;
            late.extend(jobs);
        } else {
            accepted.extend(settle(&queue, worker, jobs, round).await);
        }
        if round.is_multiple_of(11) {
            accepted.extend(settle(&queue, worker, std::mem::take(&mut late), 0).await);
        }
    }
    expire(&queue, worker).await;
    accepted
}

/// Settles, most as completed, and returns the completions that were accepted.
async fn settle(queue: &Queue, worker: Uuid, jobs: Vec<Claimed>, round: usize) -> Vec<(Uuid, i64)> {
    let outcome = |place: usize| match (round + place) % 9 {
        5 => Outcome::Error("it broke".to_owned()),
        6 => Outcome::Released,
        7 => Outcome::Snoozed {
            reason: "storage".to_owned(),
            delay: Duration::ZERO,
        },
        _ => Outcome::Completed(json!({"key": "results/x"})),
    };
    let settlements: Vec<Settlement> = jobs
        .iter()
        .enumerate()
        .map(|(place, job)| Settlement {
            job: job.job_id,
            token: job.token,
            outcome: outcome(place),
        })
        .collect();
    let won = loop {
        match queue.settle(worker, &settlements).await {
            Err(Error::Retry(_)) => {}
            settled => break settled.unwrap(),
        }
    };
    settlements
        .into_iter()
        .filter(|settled| {
            won.contains(&(settled.job, settled.token))
                && matches!(settled.outcome, Outcome::Completed(_))
        })
        .map(|settled| (settled.job, settled.token))
        .collect()
}

async fn claim(queue: &Queue, worker: Uuid, max_jobs: i32) -> Result<Vec<Claimed>, Error> {
    let lanes = LANES.map(str::to_owned);
    let request = ClaimRequest {
        worker,
        batch_keys: &lanes,
        resident: &lanes[..1],
        max_jobs,
        max_cost: 1000,
        load: Duration::ZERO,
    };
    queue.claim(&request).await
}

async fn register(queue: &Queue) -> Uuid {
    let worker = Uuid::now_v7();
    queue.register(worker, &json!({}), TTL).await.unwrap();
    worker
}

async fn expire(queue: &Queue, worker: Uuid) {
    sqlx::query("update queue.worker set expires_at = '-infinity' where id = $1")
        .bind(worker)
        .execute(queue.pool())
        .await
        .unwrap();
}

async fn lead(queue: Queue, calm: CancellationToken) {
    while !calm.is_cancelled() {
        chores(&queue).await;
    }
}

async fn chores(queue: &Queue) {
    sqlx::query("update queue.later set run_at = '-infinity' where job_id in (select job_id from queue.later for update skip locked)")
        .execute(queue.pool())
        .await
        .unwrap();
    queue.promote(100).await.unwrap();
    queue.rescue(100).await.unwrap();
    queue.lower_watermarks().await.unwrap();
    queue.measure_depth().await.unwrap();
    queue.fold_telemetry(1000).await.unwrap();
}

/// Cancels a job here and a batch there.
async fn cancel(queue: Queue, calm: CancellationToken) {
    while !calm.is_cancelled() {
        for statement in [
            "select queue.cancel_job(j.owner, j.id) from (
               select * from queue.job where kind = 'speech' order by random() limit 1) j",
            "select queue.cancel_batch(b.owner, b.id) from (
               select * from queue.batch where random() < 0.05 order by random() limit 1) b",
        ] {
            let cancelled = sqlx::query(statement).execute(queue.pool()).await;
            let refused = cancelled.map_err(Error::from).err();
            assert!(
                matches!(refused, None | Some(Error::Retry(_))),
                "{refused:?}"
            );
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// In calm weather everything ends.
async fn finish(queue: &Queue, accepted: &mut Accepted) {
    let worker = register(queue).await;
    let live = "select count(*) from queue.job j where not exists (select from queue.dead d where d.job_id = j.id)";
    while count(queue, live).await > 0 {
        chores(queue).await;
        let jobs = claim(queue, worker, 50).await.unwrap();
        for (job, token) in settle(queue, worker, jobs, 0).await {
            accepted.entry(job).or_default().push(token);
        }
    }
}

async fn count(queue: &Queue, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement)
        .fetch_one(queue.pool())
        .await
        .unwrap()
}

async fn check(queue: &Queue, accepted: &Accepted) {
    let twice: Vec<_> = accepted
        .iter()
        .filter(|(_, tokens)| tokens.len() > 1)
        .collect();
    assert!(twice.is_empty(), "accepted more than once: {twice:?}");

    let ended = "select count(*) from (select job_id from queue.done where kind = 'speech' union
                 select d.job_id from queue.dead d join queue.job j on j.id = d.job_id where j.kind = 'speech') x";
    let jobs = i64::try_from(BATCHES * 10 + LONE_JOBS).unwrap();
    assert_eq!(count(queue, ended).await, jobs, "no job is lost");
    let both = "select count(*) from queue.done d join queue.dead using (job_id)";
    assert_eq!(count(queue, both).await, 0);

    let done: Vec<(Uuid, i64)> =
        sqlx::query_as("select job_id, token from queue.done where outcome = 'completed'")
            .fetch_all(queue.pool())
            .await
            .unwrap();
    assert_eq!(done.len(), accepted.len());
    for (job, token) in done {
        assert_eq!(
            accepted.get(&job),
            Some(&vec![token]),
            "the accepted attempt is the recorded one"
        );
    }

    let wrong = "select count(*) from queue.batch b join queue.batch_progress p on p.batch_id = b.id,
        lateral (select count(*) filter (where d.outcome = 'completed') as completed,
            count(*) filter (where d.outcome = 'cancelled') as cancelled,
            count(*) filter (where x.job_id is not null) as failed
          from unnest(b.job_ids) item(id) left join queue.done d on d.job_id = item.id
            left join queue.dead x on x.job_id = item.id) t,
        lateral (select count(*) as archives from queue.done a where a.batch_id = b.id and a.kind = 'archive'
          and a.outcome = 'completed') y,
        lateral (select count(*) as stuck from queue.dead a join queue.job j on j.id = a.job_id
          where j.batch_id = b.id and j.kind = 'archive') z
      where (p.pending, p.completed, p.cancelled, p.failed) is distinct from (0, t.completed, t.cancelled, t.failed)
        or p.finished_at is null or y.archives + z.stuck <> (t.completed + t.failed > 0)::int";
    assert_eq!(
        count(queue, wrong).await,
        0,
        "batches that disagree with their jobs"
    );
}
