//! What is forgotten, and when: by the end of work, never by its beginning, and a little at a time.

use kiskadee_queue::{Queue, testing::TestDatabase};
use sqlx::AssertSqlSafe;

const LANE: &str = "speech:kiskadee";

async fn run(queue: &Queue, statements: impl Into<String>) {
    sqlx::raw_sql(AssertSqlSafe(statements.into()))
        .execute(queue.pool())
        .await
        .unwrap();
}

async fn count(queue: &Queue, of: &str) -> i64 {
    let statement = AssertSqlSafe(format!("select count(*) from {of}"));
    sqlx::query_scalar(statement)
        .fetch_one(queue.pool())
        .await
        .unwrap()
}

/// An id of a minute forty days ago.
const OLD_ID: &str = "(overlay(queue.uuid7()::text placing left(queue.uuid7_floor( \
    date_trunc('day', now() - interval '40 days', 'UTC') + i * interval '1 minute')::text, 13) from 1 for 13))::uuid";

/// A day of 1000 jobs, accepted forty days ago; every hundredth has ended only now.
async fn old_day(queue: &Queue) {
    run(
        queue,
        format!(
            "do $$ begin
               execute format('create table queue.%I partition of queue.done for values from (%L) to (%L)',
                 'done_' || to_char((now() - interval '40 days') at time zone 'UTC', 'YYYYMMDD'),
                 queue.uuid7_floor(date_trunc('day', now() - interval '40 days', 'UTC')),
                 queue.uuid7_floor(date_trunc('day', now() - interval '39 days', 'UTC')));
             end $$;
             insert into queue.done (job_id, owner, created_at, finished_at, attempts, kind, batch_key, outcome)
             select {OLD_ID}, gen_random_uuid(), now() - interval '40 days',
               now() - case when i % 100 = 0 then interval '0' else interval '39 days' end, 1, 'speech', '{LANE}', 'completed'
             from generate_series(1, 1000) i"
        ),
    )
    .await;
}

#[tokio::test]
async fn work_that_waited_long_is_kept_as_long_as_any_other() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    old_day(&queue).await;
    queue.rotate_partitions().await.unwrap();
    assert_eq!(count(&queue, "queue.done").await, 10);
    assert_eq!(queue.forget(100).await.unwrap(), 0);
    assert_eq!(count(&queue, "queue.done").await, 10);
    run(
        &queue,
        "update queue.done set finished_at = now() - interval '32 days'",
    )
    .await;
    assert_eq!(queue.forget(4).await.unwrap(), 4, "a few at a time");
    assert_eq!(queue.forget(100).await.unwrap(), 6);
    assert_eq!(count(&queue, "queue.done").await, 0);
}

#[tokio::test]
async fn what_has_not_ended_is_never_forgotten() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    run(
        &queue,
        format!(
            "insert into queue.dead (job_id, reason) select {OLD_ID}, 'broken' from generate_series(1, 1) i;
             insert into queue.batch (id, owner, total, job_ids)
             select {OLD_ID}, gen_random_uuid(), 1, '{{}}' from generate_series(2, 3) i;
             insert into queue.batch_progress (batch_id, pending, finished_at)
             select id, n - 1, case n when 1 then now() end from (select id, row_number() over (order by id) as n from queue.batch) b"
        ),
    )
    .await;
    assert_eq!(queue.forget(100).await.unwrap(), 0);
    run(
        &queue,
        "update queue.dead set finished_at = now() - interval '32 days';
         update queue.batch_progress set finished_at = now() - interval '32 days' where pending = 0",
    )
    .await;
    assert_eq!(queue.forget(100).await.unwrap(), 1);
    assert_eq!(count(&queue, "queue.dead").await, 0);
    assert_eq!(
        count(&queue, "queue.batch").await,
        1,
        "one is pending still"
    );
}

#[tokio::test]
async fn who_keeps_work_for_fewer_days_is_forgotten_earlier() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let accepted = "(overlay(queue.uuid7()::text placing left(queue.uuid7_floor(now() - interval '9 days')::text, 13) from 1 for 13))::uuid";
    run(
        &queue,
        format!(
            "insert into account.\"user\" (id, username, email, password_hash, retention_days)
             values ('00000000-0000-7000-8000-000000000001', 'brief', 'brief@example.com', '', 7),
               ('00000000-0000-7000-8000-000000000002', 'usual', 'usual@example.com', '', null);
             insert into queue.done (job_id, owner, created_at, finished_at, attempts, kind, batch_key, outcome, result)
             select {accepted}, u.id, now() - interval '9 days', now() - days * interval '1 day', 1, 'speech', '{LANE}', 'completed',
               jsonb_build_object('key', 'results/' || u.username || days)
             from account.\"user\" u, unnest(array[1, 8]) days"
        ),
    )
    .await;
    assert_eq!(queue.forget(100).await.unwrap(), 1);
    assert_eq!(count(&queue, "queue.done").await, 3);
    assert_eq!(
        count(
            &queue,
            "storage.object where key = 'results/brief8' and state = 'discarded'"
        )
        .await,
        1
    );
    assert_eq!(queue.forget(100).await.unwrap(), 0);
}
