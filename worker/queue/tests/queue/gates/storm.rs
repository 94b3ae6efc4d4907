//! A thousand jobs in graphs drawn at random, while workers die, jobs fail, are cancelled and redriven: none is lost, none starts
//! before those it comes after, and whatever comes after a dead one has ended.
use std::{collections::HashMap, time::Duration};

use super::fixture::{LANE, after, claim, count, places, settlements};
use kiskadee_queue::{
    Claimed, Error, Outcome, Queue,
    testing::{NewJob, TestDatabase, enqueue},
};
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const JOBS: usize = 1000;
const OWNERS: usize = 3;
const WORKERS: usize = 4;

/// What a job comes after, and whether it can do without.
type Graph = HashMap<Uuid, (Vec<Uuid>, bool)>;

/// Numbers that are the same in each run (Knuth's multiplier).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_job_is_lost_and_none_runs_before_its_turn() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let calm = CancellationToken::new();
    let mut others = JoinSet::new();
    for number in 0..WORKERS {
        others.spawn(work(queue.clone(), calm.clone(), Draw(number as u64)));
    }
    others.spawn(lead(queue.clone(), calm.clone()));
    others.spawn(disturb(queue.clone(), calm.clone()));
    let graph = fill(&queue).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    calm.cancel();
    others.join_all().await;
    finish(&queue).await;
    check(&queue, &graph).await;
}

async fn fill(queue: &Queue) -> Graph {
    let owners: Vec<Uuid> = (0..OWNERS).map(|_| Uuid::now_v7()).collect();
    let mut known: Vec<Vec<Uuid>> = vec![Vec::new(); OWNERS];
    let mut graph = Graph::new();
    let mut draw = Draw(7);
    while graph.len() < JOBS {
        let owner = draw.below(OWNERS);
        let jobs: Vec<NewJob> = (0..4)
            .map(|_| {
                let recent = known[owner].len().min(40);
                let mut before: Vec<Uuid> = (0..draw.below(4).min(recent))
                    .map(|_| known[owner][known[owner].len() - 1 - draw.below(recent)])
                    .collect();
                before.sort_unstable();
                before.dedup();
                after(&before, draw.below(4) == 0)
            })
            .collect();
        let ids = loop {
            match enqueue(queue, owners[owner], 1_000_000, &jobs).await {
                Err(Error::Retry(_)) => {}
                enqueued => break enqueued.unwrap(),
            }
        };
        for (id, job) in ids.into_iter().zip(jobs) {
            known[owner].push(id);
            graph.insert(id, (job.after, job.soft));
        }
    }
    graph
}

/// None of them may have been claimed while a job that it cannot do without had not been completed.
async fn assert_turn(queue: &Queue, claimed: &[Claimed]) {
    let early: Vec<Uuid> = sqlx::query_scalar(
        "select j.id from queue.job j, unnest(j.after) before where j.id = any($1) and not j.soft
           and not exists (select from queue.done d where d.job_id = before and d.outcome = 'completed')",
    )
    .bind(claimed.iter().map(|job| job.job_id).collect::<Vec<_>>())
    .fetch_all(queue.pool())
    .await
    .unwrap();
    assert!(early.is_empty(), "{early:?} were claimed too early");
}

/// Claims and settles, and now and then dies with what it has.
async fn work(queue: Queue, calm: CancellationToken, mut draw: Draw) {
    while !calm.is_cancelled() {
        let (worker, jobs) = claim(&queue, LANE, 8).await;
        assert_turn(&queue, &jobs).await;
        if draw.below(9) > 0 {
            let outcome = match draw.below(12) {
                0 | 1 => Outcome::Failed("it never works".to_owned()),
                2 => Outcome::Error("it broke".to_owned()),
                3 => Outcome::Released,
                _ => Outcome::Completed(json!({})),
            };
            settle(&queue, worker, &jobs, &outcome).await;
        }
        queue.retire(worker).await.unwrap();
    }
}

async fn settle(queue: &Queue, worker: Uuid, jobs: &[Claimed], outcome: &Outcome) {
    while let Err(error) = queue.settle(worker, &settlements(jobs, outcome)).await {
        assert!(matches!(error, Error::Retry(_)), "{error:?}");
    }
}

async fn lead(queue: Queue, calm: CancellationToken) {
    while !calm.is_cancelled() {
        chores(&queue).await;
    }
}

async fn chores(queue: &Queue) {
    run(
        queue,
        "update queue.later set run_at = '-infinity' where job_id in (select job_id from queue.later for update skip locked)",
    )
    .await;
    run(
        queue,
        "select queue.promote(100), queue.rescue(100), queue.lower_watermarks()",
    )
    .await;
}

/// Cancels jobs wherever they are, some together, and gives dead ones another life.
async fn disturb(queue: Queue, calm: CancellationToken) {
    while !calm.is_cancelled() {
        for statement in [
            "select queue.cancel_job(j.owner, j.id) from (
               select * from queue.job j where not exists (select from queue.dead d where d.job_id = j.id)
               order by random() limit 1) j where random() < 0.5",
            "select queue.cancel_waiting(j.owner, array_agg(j.id)) from (
               select w.owner, w.job_id as id from queue.waiting w order by random() limit 2) j where random() < 0.1 group by j.owner",
            "select queue.redrive(d.job_id) from (
               select * from queue.dead where cause is null order by random() limit 1) d where random() < 0.3",
        ] {
            run(&queue, statement).await;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

async fn run(queue: &Queue, statement: &'static str) {
    let done = sqlx::query(statement).execute(queue.pool()).await;
    let refused = done.map_err(Error::from).err();
    assert!(
        matches!(refused, None | Some(Error::Retry(_))),
        "{statement}: {refused:?}"
    );
}

/// In calm weather everything ends.
async fn finish(queue: &Queue) {
    let live = "select count(*) from queue.job j where not exists (select from queue.dead d where d.job_id = j.id)";
    while count(queue, live).await > 0 {
        chores(queue).await;
        let (worker, jobs) = claim(queue, LANE, 50).await;
        assert_turn(queue, &jobs).await;
        settle(queue, worker, &jobs, &Outcome::Completed(json!({}))).await;
        queue.retire(worker).await.unwrap();
    }
}

async fn check(queue: &Queue, graph: &Graph) {
    let ids: Vec<Uuid> = graph.keys().copied().collect();
    let places: HashMap<Uuid, String> =
        ids.iter().copied().zip(places(queue, &ids).await).collect();
    let mut tally: HashMap<&str, usize> = HashMap::new();
    for (id, (before, soft)) in graph {
        let place = places[id].as_str();
        *tally.entry(place).or_default() += 1;
        let well = before.iter().all(|job| places[job] == "completed");
        let ended = if well || *soft {
            ["completed", "cancelled", "dead"].contains(&place)
        } else {
            ["cancelled", "shut"].contains(&place)
        };
        assert!(ended, "{id} is {place}, behind {before:?} (soft: {soft})");
    }
    println!("{tally:?}");
    assert!(tally.len() == 4 && tally["completed"] > 100, "{tally:?}");
    for nothing in [
        "select count(*) from queue.waiting",
        "select count(*) from queue.edge",
        "select count(*) from queue.dead d where d.cause is not null
           and not exists (select from queue.dead r where r.job_id = d.cause and r.cause is null)",
    ] {
        assert_eq!(count(queue, nothing).await, 0, "{nothing}");
    }
    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(count(queue, deadlocks).await, 0);
}
