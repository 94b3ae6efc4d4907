//! Graphs of jobs, and work on them, in a line each.

use std::time::Duration;

use kiskadee_queue::{
    ClaimRequest, Claimed, Outcome, Queue, Settlement,
    testing::{NewJob, enqueue},
};
use serde_json::json;
use uuid::Uuid;

pub(crate) const LANE: &str = "lane";
const TTL: Duration = Duration::from_mins(10);

/// A job behind these.
pub(crate) fn after(before: &[Uuid], soft: bool) -> NewJob {
    NewJob {
        after: before.to_vec(),
        soft,
        ..NewJob::speech(LANE, 10)
    }
}

pub(crate) async fn enqueue_one(queue: &Queue, owner: Uuid, job: NewJob) -> Uuid {
    enqueue(queue, owner, 1_000_000, &[job]).await.unwrap()[0]
}

/// Takes up to so many jobs of a lane with a worker of its own.
pub(crate) async fn claim(queue: &Queue, lane: &str, jobs: i32) -> (Uuid, Vec<Claimed>) {
    let worker = Uuid::now_v7();
    queue.register(worker, &json!({}), TTL).await.unwrap();
    let lanes = [lane.to_owned()];
    let request = ClaimRequest {
        worker,
        batch_keys: &lanes,
        resident: &lanes,
        max_jobs: jobs,
        max_cost: i32::MAX,
        load: TTL,
    };
    (worker, queue.claim(&request).await.unwrap())
}

pub(crate) fn settlements(jobs: &[Claimed], outcome: &Outcome) -> Vec<Settlement> {
    let settle = |job: &Claimed| Settlement {
        job: job.job_id,
        token: job.token,
        outcome: outcome.clone(),
    };
    jobs.iter().map(settle).collect()
}

/// Takes up to so many jobs of a lane and ends them all alike.
pub(crate) async fn work(queue: &Queue, lane: &str, jobs: i32, outcome: Outcome) {
    let (worker, claimed) = claim(queue, lane, jobs).await;
    let settled = settlements(&claimed, &outcome);
    let accepted = queue.settle(worker, &settled).await.unwrap();
    assert_eq!(accepted.len(), claimed.len());
}

pub(crate) async fn redrive(queue: &Queue, job: Uuid) -> bool {
    let query = sqlx::query_scalar("select queue.redrive($1)").bind(job);
    query.fetch_one(queue.pool()).await.unwrap()
}

/// Where each job is; every one must be in one place.
pub(crate) async fn places(queue: &Queue, jobs: &[Uuid]) -> Vec<String> {
    sqlx::query_scalar(
        "select string_agg(p.place, ' and ') from unnest($1) with ordinality as j(id, number) left join (
           select job_id, 'ready' as place from queue.ready
           union all select job_id, 'waiting' from queue.waiting
           union all select job_id, 'later' from queue.later
           union all select job_id, 'lease' from queue.lease
           union all select job_id, outcome from queue.done
           union all select job_id, case when cause is null then 'dead' else 'shut' end from queue.dead) p on p.job_id = j.id
         group by j.number order by j.number",
    )
    .bind(jobs)
    .fetch_all(queue.pool())
    .await
    .unwrap()
}

pub(crate) async fn count(queue: &Queue, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement)
        .fetch_one(queue.pool())
        .await
        .unwrap()
}
