//! Jobs that name a time by which they must begin: they never begin too late, and end as `expired`.

use std::time::Duration;

use kiskadee_queue::{
    Outcome, Queue,
    testing::{NewJob, TestDatabase, enqueue, enqueue_batch},
};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::gates::fixture::{LANE, after, claim, count, enqueue_one, places, settlements, work};

const CAP: i64 = 1_000_000;
const SOON: Duration = Duration::from_hours(1);

fn before(ahead: Duration) -> NewJob {
    NewJob {
        start_before: Some(OffsetDateTime::now_utc() + ahead),
        ..NewJob::speech(LANE, 10)
    }
}

/// Their time has come.
async fn pass(queue: &Queue, jobs: &[Uuid]) {
    sqlx::query(
        "update queue.start_limit set start_before = now() - interval '1 s' where job_id = any($1)",
    )
    .bind(jobs)
    .execute(queue.pool())
    .await
    .unwrap();
}

#[tokio::test]
async fn what_is_overdue_is_never_claimed_though_nobody_leads() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let jobs = [before(SOON), before(SOON), NewJob::speech(LANE, 10)];
    let jobs = enqueue(&queue, Uuid::now_v7(), CAP, &jobs).await.unwrap();
    pass(&queue, &jobs[..1]).await;
    let (_, claimed) = claim(&queue, LANE, 10).await;
    let ids: Vec<Uuid> = claimed.iter().map(|job| job.job_id).collect();
    assert_eq!(ids, jobs[1..]);
    let within = claimed[0].start_within().unwrap();
    assert!(within <= SOON && within > SOON / 2, "{within:?}");
    assert_eq!(claimed[1].start_within(), None);
}

#[tokio::test]
async fn the_leader_ends_what_is_overdue_in_every_place() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let (owner, other) = (Uuid::now_v7(), Uuid::now_v7());
    let gate = enqueue_one(&queue, owner, NewJob::speech("other lane", 10)).await;
    let scheduled = NewJob {
        run_at: Some(OffsetDateTime::now_utc() + SOON),
        ..before(SOON)
    };
    let gated = NewJob {
        after: vec![gate],
        ..before(SOON)
    };
    let mut jobs = enqueue(&queue, owner, CAP, &[before(SOON), scheduled, gated])
        .await
        .unwrap();
    jobs.push(enqueue_one(&queue, other, before(SOON)).await);
    let patient = enqueue_one(&queue, owner, before(SOON)).await;
    assert_eq!(queue.expire(10).await.unwrap(), 0);
    pass(&queue, &jobs).await;
    assert_eq!(queue.expire(10).await.unwrap(), 4);
    assert_eq!(places(&queue, &jobs).await, ["expired"; 4]);
    assert_eq!(places(&queue, &[gate, patient]).await, ["ready"; 2]);
    let told = "select count(*) from queue.done where reason like '%start_before%' and attempts = 0 and started_at is null";
    assert_eq!(count(&queue, told).await, 4);
    assert_eq!(
        count(&queue, "select count(*) from queue.start_limit").await,
        1
    );
    assert_eq!(queue.expire(10).await.unwrap(), 0, "nothing is left to do");
}

#[tokio::test]
async fn what_has_begun_has_kept_its_time() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let jobs = [before(SOON), before(SOON)];
    let jobs = enqueue(&queue, Uuid::now_v7(), CAP, &jobs).await.unwrap();
    let (worker, claimed) = claim(&queue, LANE, 2).await;
    queue.begin(&[(jobs[0], claimed[0].token)]).await.unwrap();
    let failed = settlements(&claimed[1..], &Outcome::Error("again".to_owned()));
    queue.settle(worker, &failed).await.unwrap();
    queue.retire(worker).await.unwrap();
    queue.rescue(10).await.unwrap();
    pass(&queue, &jobs).await;
    assert_eq!(queue.expire(10).await.unwrap(), 0);
    assert_eq!(places(&queue, &jobs).await, ["ready", "later"]);
}

#[tokio::test]
async fn what_waited_too_long_in_its_worker_ends_there() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let job = enqueue_one(&queue, Uuid::now_v7(), before(SOON)).await;
    let (worker, claimed) = claim(&queue, LANE, 1).await;
    pass(&queue, &[job]).await;
    assert_eq!(queue.expire(10).await.unwrap(), 0, "it is its worker's");
    let settled = settlements(&claimed, &Outcome::Expired);
    queue.settle(worker, &settled).await.unwrap();
    assert_eq!(places(&queue, &[job]).await, ["expired"]);
    let told = "select count(*) from queue.done where reason like '%start_before%' and attempts = 0 and started_at is null";
    assert_eq!(count(&queue, told).await, 1);
}

#[tokio::test]
async fn given_back_unbegun_it_still_has_its_time() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let job = enqueue_one(&queue, Uuid::now_v7(), before(SOON)).await;
    work(&queue, LANE, 1, Outcome::Released).await;
    pass(&queue, &[job]).await;
    assert_eq!(queue.expire(10).await.unwrap(), 1);
    assert_eq!(places(&queue, &[job]).await, ["expired"]);
}

#[tokio::test]
async fn followers_of_an_expired_job_end_unless_they_are_soft() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let owner = Uuid::now_v7();
    let first = enqueue_one(&queue, owner, before(SOON)).await;
    let hard = enqueue_one(&queue, owner, after(&[first], false)).await;
    let soft = enqueue_one(&queue, owner, after(&[first], true)).await;
    pass(&queue, &[first]).await;
    queue.expire(10).await.unwrap();
    let late = enqueue_one(&queue, owner, after(&[first], false)).await;
    let late_soft = enqueue_one(&queue, owner, after(&[first], true)).await;
    assert_eq!(
        places(&queue, &[first, hard, soft, late, late_soft]).await,
        ["expired", "cancelled", "ready", "cancelled", "ready"]
    );
    let why = "select count(*) from queue.done where outcome = 'cancelled' and reason ~ '^the job job_[0-9a-f]{32} expired$'";
    assert_eq!(count(&queue, why).await, 2);
    let before = queue.results_before(soft).await.unwrap();
    assert_eq!(before[0].state.as_deref(), Some("expired"));
}

#[tokio::test]
async fn a_batch_ends_with_its_expired_jobs() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let owner = Uuid::now_v7();
    let mixed = enqueue_batch(
        &queue,
        owner,
        CAP,
        &[before(SOON), NewJob::speech(LANE, 10)],
    )
    .await
    .unwrap();
    let late = enqueue_batch(&queue, owner, CAP, &[before(SOON), before(SOON)])
        .await
        .unwrap();
    sqlx::query("update queue.batch set webhook_url = 'https://example.com/'")
        .execute(queue.pool())
        .await
        .unwrap();
    sqlx::query("update queue.start_limit set start_before = now()")
        .execute(queue.pool())
        .await
        .unwrap();
    queue.expire(10).await.unwrap();
    let over = "select count(*) from queue.batch_progress where status = 'failed' and expired = 2 and finished_at is not null";
    assert_eq!(count(&queue, over).await, 1, "all of it expired");
    work(
        &queue,
        LANE,
        1,
        Outcome::Completed(json!({"key": "results/x"})),
    )
    .await;
    work(
        &queue,
        "archive:zip",
        1,
        Outcome::Completed(json!({"key": "archives/x"})),
    )
    .await;
    let over = "select count(*) from queue.batch_progress where status = 'completed_with_errors' and expired = 1 and completed = 1
        and pending = 0 and finished_at is not null";
    assert_eq!(count(&queue, over).await, 1, "one of two expired");
    let told = "select count(*) from webhook.message where payload::jsonb #>> '{data,expired}' is not null";
    assert_eq!(count(&queue, told).await, 2);
    let items = queue.batch_items(mixed).await.unwrap();
    assert_eq!(items[0].state.as_deref(), Some("expired"));
    assert!(items[0].error.is_some());
    assert_eq!(queue.batch_items(late).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_expired_job_is_told_to_its_receiver() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let job = enqueue_one(&queue, Uuid::now_v7(), before(SOON)).await;
    sqlx::query("update queue.job set webhook_url = 'https://example.com/'")
        .execute(queue.pool())
        .await
        .unwrap();
    pass(&queue, &[job]).await;
    queue.expire(10).await.unwrap();
    let told =
        "select count(*) from webhook.message where payload::jsonb ->> 'type' = 'job.expired'
        and payload::jsonb #>> '{data,status}' = 'expired'";
    assert_eq!(count(&queue, told).await, 1);
}
