//! What those who watch are told: measured figures, the end of attempts, changes of the lead, how long a job had waited.

use std::time::Duration;

use kiskadee_queue::{
    ClaimRequest, Claimed, Outcome, Queue, Settlement,
    testing::{NewJob, TestDatabase, enqueue},
};
use serde_json::json;
use uuid::Uuid;

const LANE: &str = "speech:kiskadee";
const TTL: Duration = Duration::from_mins(10);

async fn run(queue: &Queue, statements: &'static str) {
    sqlx::raw_sql(statements)
        .execute(queue.pool())
        .await
        .unwrap();
}

/// The samples of a metric on the page of the fleet, as `labels value`.
async fn on_the_page(queue: &Queue, metric: &str) -> Vec<String> {
    let samples = "select format('%s %s', s -> 'labels', s -> 'value')
        from jsonb_array_elements(api.metrics()::jsonb) m, jsonb_array_elements(m -> 'samples') s
        where m ->> 'name' = $1 order by 1";
    sqlx::query_scalar(samples)
        .bind(metric)
        .fetch_all(queue.pool())
        .await
        .unwrap()
}

async fn register(queue: &Queue) -> Uuid {
    let worker = Uuid::now_v7();
    queue.register(worker, &json!({}), TTL).await.unwrap();
    worker
}

async fn claim(queue: &Queue, worker: Uuid) -> Vec<Claimed> {
    let lanes = [LANE.to_owned()];
    let request = ClaimRequest {
        worker,
        batch_keys: &lanes,
        resident: &lanes,
        max_jobs: 100,
        max_cost: 100_000,
        load: TTL,
    };
    queue.claim(&request).await.unwrap()
}

#[tokio::test]
async fn a_measurement_is_on_the_page_until_it_is_old() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    assert_eq!(
        on_the_page(&queue, "fleet_measured_timestamp_seconds").await,
        ["{} 0"]
    );
    // A counter that nobody has read is not zero.
    assert!(
        on_the_page(&queue, "postgres_wal_bytes_total")
            .await
            .is_empty()
    );
    queue.measure_system().await.unwrap();
    queue.measure_stock().await.unwrap();
    queue.measure_system().await.unwrap();
    for once in [
        "postgres_wal_bytes_total",
        "postgres_max_connections",
        "queue_partitions",
        "queue_stranded_jobs",
        "schema_version",
    ] {
        assert_eq!(on_the_page(&queue, once).await.len(), 1, "{once}");
    }
    assert_eq!(
        on_the_page(&queue, "accounts_active").await.len(),
        3,
        "also where there is none"
    );
    run(
        &queue,
        "update telemetry.measurement set at = at - interval '3 minutes'",
    )
    .await;
    assert!(on_the_page(&queue, "queue_partitions").await.is_empty());
    assert_eq!(on_the_page(&queue, "queue_stranded_jobs").await.len(), 1);
}

#[tokio::test]
async fn only_a_job_that_is_nowhere_is_stranded() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue).await;
    let job = || NewJob::speech(LANE, 10);
    let jobs = [job(), job(), job(), job()];
    enqueue(&queue, Uuid::now_v7(), 1000, &jobs).await.unwrap();
    let claimed = claim(&queue, worker).await;
    let ends = [
        Outcome::Completed(json!({})),
        Outcome::Failed("no voice".to_owned()),
        Outcome::Error("a gust".to_owned()),
    ];
    let ended: Vec<Settlement> = claimed
        .iter()
        .zip(ends)
        .map(|(job, outcome)| Settlement {
            job: job.job_id,
            token: job.token,
            outcome,
        })
        .collect();
    queue.settle(worker, &ended).await.unwrap();
    enqueue(&queue, Uuid::now_v7(), 1000, &[job()])
        .await
        .unwrap();
    run(
        &queue,
        "update queue.job set created_at = created_at - interval '2 minutes'",
    )
    .await;
    queue.measure_stock().await.unwrap();
    assert_eq!(on_the_page(&queue, "queue_stranded_jobs").await, ["{} 0"]);
    run(&queue, "delete from queue.ready").await;
    queue.measure_stock().await.unwrap();
    assert_eq!(on_the_page(&queue, "queue_stranded_jobs").await, ["{} 1"]);
}

#[tokio::test]
async fn attempts_are_counted_by_their_ends_and_waits_are_told() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue).await;
    let jobs = [NewJob::speech(LANE, 10), NewJob::speech(LANE, 10)];
    enqueue(&queue, Uuid::now_v7(), 1000, &jobs).await.unwrap();
    run(
        &queue,
        "update queue.ready set ready_at = ready_at - interval '7 seconds'",
    )
    .await;
    let claimed = claim(&queue, worker).await;
    for job in &claimed {
        let waited = job.waited();
        assert!(
            (Duration::from_secs(7)..Duration::from_mins(1)).contains(&waited),
            "{waited:?}"
        );
    }
    let first = claimed.first().unwrap();
    let made = Settlement {
        job: first.job_id,
        token: first.token,
        outcome: Outcome::Completed(json!({})),
    };
    queue.settle(worker, &[made]).await.unwrap();
    queue.retire(worker).await.unwrap();
    assert_eq!(queue.rescue(10).await.unwrap(), 1);
    assert_eq!(
        on_the_page(&queue, "queue_attempts_total").await,
        [
            r#"{"queue": "speech:kiskadee", "outcome": "completed"} 1"#,
            r#"{"queue": "speech:kiskadee", "outcome": "crash"} 1"#,
        ]
    );
    assert_eq!(
        on_the_page(&queue, "queue_rescues_total").await,
        [r#"{"reason": "crash"} 1"#]
    );
}

#[tokio::test]
async fn a_lead_that_is_kept_is_no_change() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let (first, second) = (register(&queue).await, register(&queue).await);
    for _ in 0..3 {
        queue.lead(first, TTL).await.unwrap();
        queue.lead(second, TTL).await.unwrap();
    }
    assert_eq!(
        on_the_page(&queue, "queue_leader_changes_total").await,
        ["{} 1"]
    );
    queue.retire(first).await.unwrap();
    queue.lead(second, TTL).await.unwrap();
    assert_eq!(
        on_the_page(&queue, "queue_leader_changes_total").await,
        ["{} 2"]
    );
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue).await;
    let beat =
        "select count(*) from queue.heartbeat($1, 60000, jsonb_build_object('load', '{}'::jsonb,
        'clock', extract(epoch from clock_timestamp()) - 90), '{}', '{}', '{}')";
    sqlx::query(beat)
        .bind(worker)
        .execute(queue.pool())
        .await
        .unwrap();
    let skews = on_the_page(&queue, "worker_clock_skew_seconds").await;
    assert_eq!(skews.len(), 1);
    assert!(
        skews[0].contains(" -90") || skews[0].contains(" -89.9"),
        "{skews:?}"
    );
}
