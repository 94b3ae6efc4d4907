//! Jobs that change their place in the moment in which their batch is cancelled.

use std::time::Duration;

use kiskadee_queue::{
    Queue,
    testing::{NewJob, TestDatabase, enqueue_batch},
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use uuid::Uuid;

const LANE: &str = "speech:kiskadee";
const CAP: i64 = 1_000_000;
/// How long the transaction that moves the job stays open.
const PAUSE: Duration = Duration::from_millis(150);

async fn run(connection: &mut PgConnection, statement: &'static str) {
    sqlx::raw_sql(statement).execute(connection).await.unwrap();
}

/// A batch whose only job waits for its next attempt, which is due.
async fn due_again(queue: &Queue, owner: Uuid) -> Uuid {
    let batch = enqueue_batch(queue, owner, CAP, &[NewJob::speech(LANE, 1)]).await;
    let moved = "with taken as (delete from queue.ready returning job_id)
        insert into queue.later (run_at, job_id) select now() - interval '1 s', job_id from taken";
    sqlx::query(moved).execute(queue.pool()).await.unwrap();
    batch.unwrap()
}

#[tokio::test]
async fn a_job_that_becomes_ready_meanwhile_is_cancelled_with_its_batch() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let batch = due_again(&queue, owner).await;
    let mut one = PgConnection::connect(database.url()).await.unwrap();
    let mut two = PgConnection::connect(database.url()).await.unwrap();
    run(&mut one, "begin; select queue.promote(10)").await;
    let cancelling = tokio::spawn(async move {
        let cancel = AssertSqlSafe(format!("select queue.cancel_batch('{owner}', '{batch}')"));
        sqlx::query_scalar::<_, i32>(cancel)
            .fetch_one(&mut two)
            .await
            .unwrap()
    });
    tokio::time::sleep(PAUSE).await;
    run(&mut one, "commit").await;
    assert_eq!(cancelling.await.unwrap(), 1);
    let left = "select (select count(*) from queue.ready where batch_key like 'speech:%') + (select count(*) from queue.later)";
    let left: i64 = sqlx::query_scalar(left)
        .fetch_one(queue.pool())
        .await
        .unwrap();
    assert_eq!(left, 0);
}
