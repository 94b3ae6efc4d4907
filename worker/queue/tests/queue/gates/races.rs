//! What two do at the same moment to one gate. Each case runs in both orders on two connections: the second begins while the
//! transaction of the first is open, and ends as if it had come after it.
use std::time::Duration;

use super::fixture::{LANE, after, claim, count, enqueue_one, places, redrive, work};
use kiskadee_queue::{
    Claimed, Outcome, Queue,
    testing::{NewJob, TestDatabase, enqueue_batch},
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use uuid::Uuid;

/// How long the first one's transaction stays open.
const PAUSE: Duration = Duration::from_millis(150);

async fn run(connection: &mut PgConnection, statement: String) {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await
        .unwrap();
}

async fn race(database: &TestDatabase, first: String, second: String) {
    let mut one = PgConnection::connect(database.url()).await.unwrap();
    let mut two = PgConnection::connect(database.url()).await.unwrap();
    run(&mut one, "begin".to_owned()).await;
    run(&mut one, first).await;
    let other = tokio::spawn(async move { run(&mut two, second).await });
    tokio::time::sleep(PAUSE).await;
    run(&mut one, "commit".to_owned()).await;
    other.await.unwrap();
}

fn settle(job: &Claimed, outcome: &str) -> String {
    format!(
        "select queue.settle(null, array['{}'::uuid], array[{}::bigint], array['{outcome}'], array['{{}}'::jsonb],
           array['it broke'], array[null::int])",
        job.job_id, job.token
    )
}

fn cancel(owner: Uuid, job: Uuid) -> String {
    format!("select queue.cancel_job('{owner}', '{job}')")
}

/// Enqueues a job behind another, in a lane where it can be found.
fn enqueue_behind(owner: Uuid, job: Uuid) -> String {
    format!(
        "select queue.enqueue('{owner}', 1, 1000, array[jsonb_populate_record(null::queue.new_job,
           '{{\"kind\": \"speech\", \"batch_key\": \"behind\", \"priority\": 1, \"cost\": 5, \"args\": {{}}, \"after\": [\"{job}\"]}}')])"
    )
}

async fn behind(queue: &Queue) -> Uuid {
    let query = "select id from queue.job where batch_key = 'behind'
        union all select job_id from queue.done where batch_key = 'behind'";
    sqlx::query_scalar(query)
        .fetch_one(queue.pool())
        .await
        .unwrap()
}

/// A job that runs.
async fn running(queue: &Queue, owner: Uuid) -> Claimed {
    enqueue_one(queue, owner, NewJob::speech(LANE, 10)).await;
    claim(queue, LANE, 1).await.1.remove(0)
}

#[tokio::test]
async fn two_workers_end_two_predecessors() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    for (outcomes, expected) in [
        (["completed", "completed"], "ready"),
        (["completed", "failed"], "shut"),
        (["failed", "completed"], "shut"),
        (["failed", "failed"], "shut"),
        (["completed", "cancelled"], "cancelled"),
    ] {
        let (first, second) = (running(&queue, owner).await, running(&queue, owner).await);
        let before = [first.job_id, second.job_id];
        let one = enqueue_one(&queue, owner, after(&before, false)).await;
        let two = enqueue_one(&queue, owner, after(&before, false)).await;
        race(
            &database,
            settle(&first, outcomes[0]),
            settle(&second, outcomes[1]),
        )
        .await;
        assert_eq!(
            places(&queue, &[one, two]).await,
            [expected; 2],
            "{outcomes:?}"
        );
        work(&queue, LANE, 2, Outcome::Cancelled).await;
    }
}

#[tokio::test]
async fn a_cancellation_and_the_end_of_the_predecessor() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    for cancelled_first in [true, false] {
        let before = running(&queue, owner).await;
        let job = enqueue_one(&queue, owner, after(&[before.job_id], false)).await;
        let last = enqueue_one(&queue, owner, after(&[job], false)).await;
        let both = (cancel(owner, job), settle(&before, "completed"));
        if cancelled_first {
            race(&database, both.0, both.1).await;
        } else {
            race(&database, both.1, both.0).await;
        }
        assert_eq!(
            places(&queue, &[before.job_id, job, last]).await,
            ["completed", "cancelled", "cancelled"]
        );
    }
}

#[tokio::test]
async fn an_enqueue_and_the_end_of_the_predecessor() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    for (outcome, expected) in [
        ("completed", "ready"),
        ("failed", "shut"),
        ("cancelled", "cancelled"),
        ("released", "waiting"),
    ] {
        for enqueued_first in [true, false] {
            let before = running(&queue, owner).await;
            let both = (
                enqueue_behind(owner, before.job_id),
                settle(&before, outcome),
            );
            if enqueued_first {
                race(&database, both.0, both.1).await;
            } else {
                race(&database, both.1, both.0).await;
            }
            let job = behind(&queue).await;
            assert_eq!(
                places(&queue, &[job]).await,
                [expected],
                "{outcome}, enqueued first: {enqueued_first}"
            );
            sqlx::raw_sql(
                "truncate queue.job, queue.ready, queue.waiting, queue.edge, queue.done, queue.dead, queue.failure",
            )
            .execute(queue.pool())
            .await
            .unwrap();
        }
    }
}

#[tokio::test]
async fn an_enqueue_and_the_redrive_of_the_predecessor() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    for chained in [false, true] {
        for enqueued_first in [true, false] {
            let root = running(&queue, owner).await;
            let next = enqueue_one(&queue, owner, after(&[root.job_id], false)).await;
            run(
                &mut PgConnection::connect(database.url()).await.unwrap(),
                settle(&root, "failed"),
            )
            .await;
            let before = if chained { next } else { root.job_id };
            let both = (
                enqueue_behind(owner, before),
                format!("select queue.redrive('{}')", root.job_id),
            );
            if enqueued_first {
                race(&database, both.0, both.1).await;
            } else {
                race(&database, both.1, both.0).await;
            }
            let job = behind(&queue).await;
            assert_eq!(
                places(&queue, &[root.job_id, next, job]).await,
                ["later", "waiting", "waiting"],
                "chained: {chained}, enqueued first: {enqueued_first}"
            );
            sqlx::raw_sql("truncate queue.job, queue.later, queue.waiting, queue.edge")
                .execute(queue.pool())
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn the_redrive_of_a_job_and_the_end_of_the_last_one_of_its_batch() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    for redriven_first in [true, false] {
        let jobs = [NewJob::speech(LANE, 10), NewJob::speech(LANE, 10)];
        enqueue_batch(&queue, owner, 1000, &jobs).await.unwrap();
        work(&queue, LANE, 1, Outcome::Failed("it broke".to_owned())).await;
        let last = claim(&queue, LANE, 1).await.1.remove(0);
        let dead: Uuid = sqlx::query_scalar("select job_id from queue.dead")
            .fetch_one(queue.pool())
            .await
            .unwrap();
        let both = (
            format!("select queue.redrive('{dead}')"),
            settle(&last, "completed"),
        );
        if redriven_first {
            race(&database, both.0, both.1).await;
        } else {
            race(&database, both.1, both.0).await;
        }
        let waits = "select count(*) from queue.batch_progress p join queue.waiting w on w.job_id = p.archive_job
            where (p.pending, p.completed, p.failed) = (1, 1, 0) and w.left_open = 1 and p.finished_at is null";
        assert_eq!(
            count(&queue, waits).await,
            1,
            "redriven first: {redriven_first}"
        );
        queue.promote(10).await.unwrap();
        work(&queue, LANE, 9, Outcome::Completed(serde_json::json!({}))).await;
        let packed = Outcome::Completed(serde_json::json!({"key": "results/x"}));
        work(&queue, "archive:zip", 9, packed).await;
    }
    let completed = "select count(*) from queue.batch_progress where status = 'completed' and archive_key is not null";
    assert_eq!(count(&queue, completed).await, 2);
    let packed = "select count(*) from queue.done where kind = 'archive' and outcome = 'completed'";
    assert_eq!(
        count(&queue, packed).await,
        2,
        "what was overtaken before it began is not packed"
    );
}

#[tokio::test]
async fn a_connection_that_dies_midway_has_done_nothing() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let root = running(&queue, owner).await;
    let next = enqueue_one(&queue, owner, after(&[root.job_id], false)).await;
    let last = enqueue_one(&queue, owner, after(&[next], false)).await;
    let all = [root.job_id, next, last];
    for (statement, between) in [
        (settle(&root, "completed"), ["lease", "waiting", "waiting"]),
        (settle(&root, "failed"), ["lease", "waiting", "waiting"]),
        (cancel(owner, next), ["lease", "waiting", "waiting"]),
    ] {
        let mut doomed = PgConnection::connect(database.url()).await.unwrap();
        run(&mut doomed, "begin".to_owned()).await;
        run(&mut doomed, statement).await;
        let pid: i32 = sqlx::query_scalar("select pg_backend_pid()")
            .fetch_one(&mut doomed)
            .await
            .unwrap();
        sqlx::query("select pg_terminate_backend($1, 5000)")
            .bind(pid)
            .execute(queue.pool())
            .await
            .unwrap();
        assert_eq!(places(&queue, &all).await, between);
    }
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    run(&mut connection, settle(&root, "failed")).await;
    assert!(redrive(&queue, root.job_id).await);
    queue.promote(10).await.unwrap();
    for _ in 0..3 {
        work(&queue, LANE, 9, Outcome::Completed(serde_json::json!({}))).await;
    }
    assert_eq!(places(&queue, &all).await, ["completed"; 3]);
}
