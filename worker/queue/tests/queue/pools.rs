//! How many workers a pool should have: for what waits and what is held, with a leader and without, with workers and without.

use std::time::Duration;

use kiskadee_queue::{
    Outcome, Queue, Settlement,
    testing::{NewJob, TestDatabase, enqueue},
};
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::claims::{CAP, LANE, claim, count, execute};

const TTL: Duration = Duration::from_mins(10);
const OTHER: &str = "archive:zip";

/// A worker of the pool `gpu`, which does a cost of 10 a second in its lane.
async fn register(queue: &Queue) -> Uuid {
    let worker = Uuid::now_v7();
    let info = json!({"name": "one", "pool": "gpu", "lanes": [LANE]});
    queue.register(worker, &info, TTL).await.unwrap();
    let info = json!({"rates": {LANE: 10.0}});
    queue.heartbeat(worker, TTL, &info, &[]).await.unwrap();
    worker
}

async fn wanted(queue: &Queue, pool: &str, target_seconds: i32) -> i32 {
    sqlx::query_scalar("select queue.wanted_workers($1, $2)")
        .bind(pool)
        .bind(target_seconds)
        .fetch_one(queue.pool())
        .await
        .unwrap()
}

async fn gpus(queue: &Queue) -> i32 {
    wanted(queue, "gpu", 60).await
}

async fn add(queue: &Queue, jobs: usize, job: &NewJob) -> Vec<Uuid> {
    let jobs = vec![job.clone(); jobs];
    enqueue(queue, Uuid::now_v7(), CAP, &jobs).await.unwrap()
}

async fn settle_all(queue: &Queue, worker: Uuid, outcome: &Outcome) {
    let claimed = claim(queue, worker, 1000).await;
    let settle = |job: &kiskadee_queue::Claimed| Settlement {
        job: job.job_id,
        token: job.token,
        outcome: outcome.clone(),
    };
    let ends: Vec<_> = claimed.iter().map(settle).collect();
    queue.settle(worker, &ends).await.unwrap();
}

fn completed() -> Outcome {
    Outcome::Completed(json!({"key": "results/x"}))
}

#[tokio::test]
async fn workers_are_wanted_for_the_cost_that_waits_and_that_is_held() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue).await;
    assert_eq!(gpus(&queue).await, 0);
    add(&queue, 60, &NewJob::speech(LANE, 100)).await;
    // 6,000 at 10 a second and worker, within a minute.
    assert_eq!(gpus(&queue).await, 10);
    assert_eq!(wanted(&queue, "gpu", 600).await, 1);
    let rounded_up = wanted(&queue, "gpu", 500).await;
    assert_eq!(rounded_up, 2);
    assert_eq!(wanted(&queue, "gpu", 1).await, 60, "a job is one worker's");

    let held = claim(&queue, worker, 20).await;
    assert_eq!(held.len(), 20);
    assert_eq!(gpus(&queue).await, 10, "what is held counts as it did");
    queue.measure_depth().await.unwrap();
    assert_eq!(gpus(&queue).await, 10, "by the leader's count as well");
    settle_all(&queue, worker, &completed()).await;
    queue.measure_depth().await.unwrap();
    assert_eq!(gpus(&queue).await, 4, "20 are held still");
    assert_eq!(wanted(&queue, "gpu", 86_400).await, 1, "never none");
    execute(&queue, "delete from queue.lease").await;
    assert_eq!(gpus(&queue).await, 0);
}

/// Workers wanted and alive; jobs and cost that wait, and that are held; cost a second; seconds of interactive work; lanes.
type Reasons = (i32, i32, i64, i64, i64, i64, Option<f64>, Option<f64>, i32);

#[tokio::test]
async fn the_figure_is_never_null_and_comes_with_its_reasons() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let nothing: Option<i32> = sqlx::query_scalar("select queue.wanted_workers(null, null)")
        .fetch_one(queue.pool())
        .await
        .unwrap();
    assert_eq!(nothing, Some(0));
    let worker = register(&queue).await;
    add(&queue, 30, &NewJob::speech(LANE, 100)).await;
    claim(&queue, worker, 10).await;
    let reasons: Reasons = sqlx::query_as(
        "select workers, alive, waiting_jobs, waiting_cost, held_jobs, held_cost, cost_per_second, interactive_seconds,
           jsonb_array_length(lanes) from queue.scaling('gpu', 30)",
    )
    .fetch_one(queue.pool())
    .await
    .unwrap();
    assert_eq!(reasons, (10, 1, 20, 2000, 10, 1000, Some(10.0), None, 1));
}

#[tokio::test]
async fn a_pool_of_none_is_asked_for_what_it_could_do() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    // Nobody has come yet: whoever is asked for gets what nobody does.
    execute(
        &queue,
        "insert into queue.lane values ('speech:kiskadee') on conflict do nothing",
    )
    .await;
    add(&queue, 1, &NewJob::speech(LANE, 100)).await;
    assert_eq!(
        (gpus(&queue).await, wanted(&queue, "cpu", 60).await),
        (1, 1)
    );

    let worker = register(&queue).await;
    assert_eq!(
        (gpus(&queue).await, wanted(&queue, "cpu", 60).await),
        (1, 0)
    );
    settle_all(&queue, worker, &completed()).await;
    assert_eq!(gpus(&queue).await, 0);
    queue.retire(worker).await.unwrap();
    add(&queue, 12, &NewJob::speech(LANE, 100)).await;
    // By the rate that the last one told.
    assert_eq!(gpus(&queue).await, 2);
    execute(&queue, "delete from queue.throughput").await;
    execute(&queue, "update queue.setting set cost_per_second = 5").await;
    assert_eq!(gpus(&queue).await, 4, "by the setting");
}

#[tokio::test]
async fn scheduled_work_asks_when_it_is_due_though_nobody_leads() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue).await;
    queue.retire(worker).await.unwrap();
    let later = NewJob {
        run_at: Some(OffsetDateTime::now_utc() + Duration::from_hours(1)),
        ..NewJob::speech(LANE, 100)
    };
    add(&queue, 1, &later).await;
    assert_eq!(gpus(&queue).await, 0);
    execute(
        &queue,
        "update queue.later set run_at = clock_timestamp() - interval '1 second'",
    )
    .await;
    assert_eq!(gpus(&queue).await, 1);
    queue.promote(10).await.unwrap();
    assert_eq!(gpus(&queue).await, 1);
}

#[tokio::test]
async fn urgent_work_that_waits_asks_for_one_more() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    register(&queue).await;
    let urgent = NewJob {
        priority: 0,
        ..NewJob::speech(LANE, 100)
    };
    add(&queue, 2, &urgent).await;
    assert_eq!(gpus(&queue).await, 1);
    execute(
        &queue,
        "update queue.ready set ready_at = clock_timestamp() - interval '6 seconds'",
    )
    .await;
    assert_eq!(gpus(&queue).await, 2);
    queue.measure_depth().await.unwrap();
    assert_eq!(gpus(&queue).await, 2);
    execute(&queue, "update queue.ready set priority = 1").await;
    queue.measure_depth().await.unwrap();
    assert_eq!(gpus(&queue).await, 1);
}

#[tokio::test]
async fn the_leaders_count_holds_for_ten_seconds() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    register(&queue).await;
    add(&queue, 12, &NewJob::speech(LANE, 100)).await;
    queue.measure_depth().await.unwrap();
    execute(
        &queue,
        "update queue.depth set cost = cost * 2, jobs = jobs * 2",
    )
    .await;
    assert_eq!(gpus(&queue).await, 4);
    execute(
        &queue,
        "update queue.depth set measured_at = clock_timestamp() - interval '11 seconds'",
    )
    .await;
    assert_eq!(gpus(&queue).await, 2);
    // And where it says that there is nothing, that is looked at.
    execute(
        &queue,
        "update queue.depth set measured_at = clock_timestamp(), jobs = 0, cost = 0",
    )
    .await;
    assert_eq!(gpus(&queue).await, 2);
}

#[tokio::test]
async fn a_long_lane_is_estimated_from_its_head() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    register(&queue).await;
    for (jobs, cost) in [(900, 100), (500, 40), (300, 250)] {
        add(&queue, jobs, &NewJob::speech(LANE, cost)).await;
    }
    let waiting: i64 = 900 * 100 + 500 * 40 + 300 * 250;
    let told = "select waiting_cost from queue.scaling('gpu')";
    let counted = count(&queue, told).await;
    assert!(
        (counted - waiting).abs() * 50 < waiting,
        "{counted}, not {waiting}"
    );
    queue.measure_depth().await.unwrap();
    assert_eq!(count(&queue, told).await, waiting);
}

#[tokio::test]
async fn a_paused_lane_asks_for_nobody_but_what_runs_does() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue).await;
    add(&queue, 60, &NewJob::speech(LANE, 100)).await;
    execute(
        &queue,
        "select queue.set_paused('speech:kiskadee', true, 'a test')",
    )
    .await;
    assert_eq!(gpus(&queue).await, 0);
    execute(&queue, "delete from queue.pause").await;
    claim(&queue, worker, 1).await;
    execute(
        &queue,
        "select queue.set_paused('speech:kiskadee', true, 'a test')",
    )
    .await;
    assert_eq!(gpus(&queue).await, 1);
    // Its worker has gone, and nobody has taken it back yet.
    queue.retire(worker).await.unwrap();
    assert_eq!(gpus(&queue).await, 1);
}

#[tokio::test]
async fn what_others_of_a_pool_do_not_do_for_a_week_is_forgotten() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue).await;
    let lanes = "select count(*) from queue.pool_lane";
    let both = json!({"pool": "gpu", "lanes": [LANE, OTHER]});
    let other = Uuid::now_v7();
    queue.register(other, &both, TTL).await.unwrap();
    queue.retire(other).await.unwrap();
    queue.forget(10).await.unwrap();
    assert_eq!(count(&queue, lanes).await, 2);
    execute(
        &queue,
        "update queue.pool_lane set seen_at = clock_timestamp() - interval '8 days'",
    )
    .await;
    queue.forget(10).await.unwrap();
    assert_eq!(count(&queue, lanes).await, 1, "one does it");
    queue.retire(worker).await.unwrap();
    execute(
        &queue,
        "update queue.pool_lane set seen_at = clock_timestamp() - interval '800 days'",
    )
    .await;
    queue.forget(10).await.unwrap();
    assert_eq!(
        count(&queue, lanes).await,
        1,
        "nobody is left who could tell"
    );
}

#[tokio::test]
async fn the_gauge_is_there_for_each_pool_that_is_known() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue).await;
    add(&queue, 60, &NewJob::speech(LANE, 100)).await;
    queue.retire(worker).await.unwrap();
    let gauge = "select value::bigint from telemetry.gauges() where name = 'workers_wanted' and labels = '{\"pool\": \"gpu\"}'";
    assert_eq!(count(&queue, gauge).await, 10);
}

#[tokio::test]
async fn a_scaler_may_ask_for_the_figure_and_nothing_else() {
    let database = TestDatabase::create().await;
    register(&database.queue()).await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let allowed: Vec<String> = sqlx::query_scalar(
        "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname not in ('pg_catalog', 'information_schema') and has_function_privilege('kiskadee_scaler', p.oid, 'execute')
           and has_schema_privilege('kiskadee_scaler', n.oid, 'usage') order by 1",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert_eq!(
        allowed,
        [
            "queue.scaling(text,integer)",
            "queue.wanted_workers(text,integer)"
        ]
    );
    let tables: i64 = sqlx::query_scalar(
        "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname not in ('pg_catalog', 'information_schema') and c.relkind in ('r', 'p', 'v')
           and has_table_privilege('kiskadee_scaler', c.oid, 'select, insert, update, delete')",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(tables, 0);
    sqlx::raw_sql("set role kiskadee_scaler")
        .execute(&mut connection)
        .await
        .unwrap();
    for (statement, may) in [
        ("select queue.wanted_workers('gpu')", true),
        ("select * from queue.scaling('gpu', 10)", true),
        ("select * from queue.worker", false),
        ("select queue.pool_work('gpu')", false),
        ("select queue.measure_depth()", false),
        ("select api.metrics()", false),
    ] {
        let asked = sqlx::raw_sql(statement).execute(&mut connection).await;
        assert_eq!(asked.is_ok(), may, "{statement}: {asked:?}");
    }
}
