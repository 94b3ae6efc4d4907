//! A worker's role may do everything that a worker does, and nothing of what an edge does.

use std::time::Duration;

use kiskadee_queue::{
    ClaimRequest, ConnectOptions, Held, Lead, Outcome, Queue, Settlement,
    testing::{NewJob, TestDatabase, enqueue, enqueue_batch},
};
use serde_json::json;
use uuid::Uuid;

const LANE: &str = "speech:kiskadee";
const ARCHIVES: &str = "archive:zip";
const TTL: Duration = Duration::from_mins(1);

async fn as_worker(database: &TestDatabase) -> Queue {
    let separator = if database.url().contains('?') {
        '&'
    } else {
        '?'
    };
    let url = format!("{}{separator}options[role]=kiskadee_worker", database.url());
    let queue = Queue::connect(&ConnectOptions::new(url)).unwrap();
    let role: String = sqlx::query_scalar("select current_user::text")
        .fetch_one(queue.pool())
        .await
        .unwrap();
    assert_eq!(role, "kiskadee_worker");
    queue
}

async fn claim(queue: &Queue, worker: Uuid) -> Vec<Settlement> {
    let lanes = [LANE.to_owned(), ARCHIVES.to_owned()];
    let request = ClaimRequest {
        worker,
        batch_keys: &lanes,
        resident: &lanes,
        max_jobs: 1,
        max_cost: 1000,
        load: Duration::from_secs(1),
    };
    let claimed = queue.claim(&request).await.unwrap();
    let settle = |job: kiskadee_queue::Claimed| Settlement {
        job: job.job_id,
        token: job.token,
        outcome: Outcome::Completed(json!({"key": "results/x", "bytes": 1})),
    };
    claimed.into_iter().map(settle).collect()
}

#[tokio::test]
async fn a_worker_lives_with_the_rights_of_its_role() {
    let database = TestDatabase::create().await;
    let (edge, queue) = (database.queue(), as_worker(&database).await);
    let owner = Uuid::now_v7();
    let job = NewJob {
        priority: 0,
        ..NewJob::speech(LANE, 10)
    };
    enqueue(&edge, owner, 1000, std::slice::from_ref(&job))
        .await
        .unwrap();
    enqueue_batch(&edge, owner, 1000, &[job]).await.unwrap();
    sqlx::raw_sql(
        "update queue.job set webhook_url = 'https://example.com/' where kind = 'speech';
         update queue.batch set webhook_url = 'https://example.com/'",
    )
    .execute(edge.pool())
    .await
    .unwrap();

    let worker = Uuid::now_v7();
    queue
        .register(worker, &json!({"name": "one", "slots": 2}), TTL)
        .await
        .unwrap();
    for _ in 0..3 {
        let ended = claim(&queue, worker).await;
        let held = Held {
            job: ended[0].job,
            token: ended[0].token,
            progress: 50,
            detail: Some(json!({"stage": "speaking"})),
        };
        let info = json!({"rates": {LANE: 12.5}, "resident": [LANE], "storage_ok": true});
        queue
            .heartbeat(worker, TTL, &info, std::slice::from_ref(&held))
            .await
            .unwrap();
        let mark = queue.draw_token().await.unwrap();
        let unknown =
            async |known: &[Held], mark| queue.unknown_leases(worker, known, mark).await.unwrap();
        assert_eq!(unknown(std::slice::from_ref(&held), mark).await, []);
        assert_eq!(unknown(&[], mark).await, [(held.job, held.token)]);
        assert_eq!(unknown(&[], held.token).await, [], "claimed after the mark");
        assert_eq!(queue.settle(worker, &ended).await.unwrap().len(), 1);
        let attempt = (ended[0].job, ended[0].token);
        assert!(
            queue
                .kept_attempts(&[attempt])
                .await
                .unwrap()
                .contains(&attempt)
        );
    }
    let finished: i64 =
        sqlx::query_scalar("select count(*) from queue.batch_progress where status = 'completed'")
            .fetch_one(edge.pool())
            .await
            .unwrap();
    assert_eq!(finished, 1);
    let messages: i64 = sqlx::query_scalar("select count(*) from webhook.message")
        .fetch_one(edge.pool())
        .await
        .unwrap();
    assert_eq!(messages, 2 + 1, "two jobs and their batch");
    queue.retire(worker).await.unwrap();
}

#[tokio::test]
async fn a_worker_may_do_the_leaders_chores() {
    let database = TestDatabase::create().await;
    let queue = as_worker(&database).await;
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    for worker in [first, second] {
        queue.register(worker, &json!({}), TTL).await.unwrap();
    }
    assert_eq!(queue.lead(first, TTL).await.unwrap(), Lead::Own);
    assert!(matches!(
        queue.lead(second, TTL).await.unwrap(),
        Lead::Other { .. }
    ));

    queue.promote(10).await.unwrap();
    queue.rescue(10).await.unwrap();
    queue.lower_watermarks().await.unwrap();
    queue.measure_depth().await.unwrap();
    queue.measure_system().await.unwrap();
    queue.measure_stock().await.unwrap();
    queue.rotate_partitions().await.unwrap();
    queue.forget(10).await.unwrap();
    queue.objects_deleted(&[]).await.unwrap();
    let key = "results/x".to_owned();
    assert!(queue.discarded_objects(10).await.unwrap().is_empty());
    assert!(
        queue
            .kept_objects(&[key])
            .await
            .unwrap()
            .contains("results/x"),
        "of another making"
    );
    assert!(
        queue
            .object_prefixes()
            .await
            .unwrap()
            .contains(&"results".to_owned())
    );
    queue.sweep_admission().await.unwrap();
    queue.rotate_audit().await.unwrap();
    queue.erase_leavers(10).await.unwrap();
    let sample = json!([{"name": "cache_hits_total", "labels": {"cache": "models"}, "value": 2}]);
    queue.record(&sample).await.unwrap();
    queue.fold_telemetry(100).await.unwrap();
    queue.ring().await.unwrap();
    let engines = json!([{"name": "kiskadee", "languages": ["en"]}]);
    let announce = sqlx::query("select speech.announce($1, '[]')").bind(engines);
    queue.run(announce).await.unwrap();
}

#[tokio::test]
async fn a_worker_has_no_business_with_accounts_and_the_api() {
    let database = TestDatabase::create().await;
    let queue = as_worker(&database).await;
    for statement in [
        "select password_hash from account.\"user\"",
        "select * from api.idempotency",
        "select api.spend('x', 1)",
        "drop table queue.ready",
    ] {
        let refused = sqlx::query(statement)
            .execute(queue.pool())
            .await
            .unwrap_err();
        let code = refused
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        assert_eq!(code.as_deref(), Some("42501"), "{statement}");
    }
}
