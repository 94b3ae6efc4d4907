//! The counts of the fleet: exact whatever happens at once, and cheap to read however long a transaction stays open.

use std::time::{Duration, Instant};

use kiskadee_queue::{Queue, testing::TestDatabase};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

const CREATED: &str = "select telemetry.count('tts_jobs_created_total', '{\"engine\": \"kiskadee\", \"language\": \"en\"}', 2)";
const MADE: &str = "select telemetry.observe('audio_generation_duration_seconds', '{\"engine\": \"kiskadee\"}', '{0.02, 0.3, 1000}')";

async fn run(connection: &mut PgConnection, statement: &'static str) {
    sqlx::raw_sql(statement).execute(connection).await.unwrap();
}

async fn number(queue: &Queue, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement)
        .fetch_one(queue.pool())
        .await
        .unwrap()
}

async fn created(queue: &Queue) -> i64 {
    let statement = "select coalesce(sum(value), 0)::bigint from telemetry.current where name = 'tts_jobs_created_total'";
    number(queue, statement).await
}

async fn unfolded(queue: &Queue) -> i64 {
    number(queue, "select count(*) from telemetry.delta").await
}

async fn low(queue: &Queue) -> i64 {
    number(queue, "select low from telemetry.mark").await
}

/// Counts in transactions that commit out of order, because each waits a while of its own.
async fn count_slowly(url: String, times: u64) {
    let mut connection = PgConnection::connect(&url).await.unwrap();
    for turn in 0..times {
        let mut transaction = connection.begin().await.unwrap();
        run(&mut transaction, CREATED).await;
        run(&mut transaction, MADE).await;
        tokio::time::sleep(Duration::from_millis(turn * 7 % 11)).await;
        transaction.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_counts_and_folds_lose_nothing_and_count_nothing_twice() {
    const CLIENTS: u64 = 6;
    const TIMES: u64 = 40;
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| tokio::spawn(count_slowly(database.url().to_owned(), TIMES)))
        .collect();
    let mut seen = 0;
    while !clients.iter().all(tokio::task::JoinHandle::is_finished) {
        let (first, second) = tokio::join!(queue.fold_telemetry(30), queue.fold_telemetry(30));
        first.unwrap();
        second.unwrap();
        let now = created(&queue).await;
        assert!(now >= seen, "{now} after {seen}");
        seen = now;
    }
    for client in clients {
        client.await.unwrap();
    }
    while queue.fold_telemetry(1000).await.unwrap() > 0 {}
    assert_eq!(unfolded(&queue).await, 0);
    assert_eq!(
        created(&queue).await,
        i64::try_from(CLIENTS * TIMES * 2).unwrap()
    );
    let observed = "select sum(c)::bigint from telemetry.total, unnest(counts) c where name = 'audio_generation_duration_seconds'";
    assert_eq!(
        number(&queue, observed).await,
        i64::try_from(CLIENTS * TIMES * 3).unwrap()
    );
}

#[tokio::test]
async fn the_mark_waits_for_those_who_may_still_commit() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let mut late = PgConnection::connect(database.url()).await.unwrap();
    run(&mut late, "begin").await;
    run(&mut late, CREATED).await;
    sqlx::raw_sql(CREATED).execute(queue.pool()).await.unwrap();
    for _ in 0..3 {
        queue.fold_telemetry(1000).await.unwrap();
    }
    assert_eq!(low(&queue).await, 1, "the first row is not committed yet");
    assert_eq!(created(&queue).await, 2);
    run(&mut late, "commit").await;
    assert_eq!(created(&queue).await, 4);
    // The mark waits for transactions of the other databases of the server as well: those of the tests beside this one.
    let patience = Instant::now() + Duration::from_secs(20);
    while low(&queue).await < 3 {
        assert!(Instant::now() < patience, "the mark stands still");
        queue.fold_telemetry(1000).await.unwrap();
    }
    assert_eq!(created(&queue).await, 4);
    assert_eq!((unfolded(&queue).await, low(&queue).await), (0, 3));
}

#[tokio::test]
async fn what_is_rolled_back_was_never_counted() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let mut transaction = queue.pool().begin().await.unwrap();
    run(&mut transaction, CREATED).await;
    transaction.rollback().await.unwrap();
    assert_eq!(created(&queue).await, 0);
}

#[tokio::test]
async fn samples_are_checked_and_their_labels_made_to_fit() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let record = async |samples: Value| {
        sqlx::query("select telemetry.record($1)")
            .bind(samples)
            .execute(queue.pool())
            .await
            .map_err(|error| error.to_string())
    };
    for bad in [
        json!({"name": "x"}),
        json!([{"name": "no_such_metric", "value": 1}]),
        json!([{"name": "tts_jobs_completed_total", "value": -1}]),
        json!([{"name": "workers_alive", "value": 1}]),
        json!([{"name": "audio_file_size_bytes", "buckets": [[4096, 3]], "sum": 1, "count": 2}]),
    ] {
        assert!(record(bad.clone()).await.is_err(), "{bad}");
    }
    record(json!([
        {"name": "cache_hits_total", "labels": {"cache": "models", "colour": "red"}, "value": 3},
        {"name": "audio_file_size_bytes", "buckets": [[4096, 3], [5000, 1]], "sum": 1e9, "count": 5},
    ]))
    .await
    .unwrap();
    let (labels, counts): (Value, Vec<i64>) = sqlx::query_as(
        "select (select labels from telemetry.current where name = 'cache_hits_total'),
            (select counts from telemetry.current where name = 'audio_file_size_bytes')",
    )
    .fetch_one(queue.pool())
    .await
    .unwrap();
    assert_eq!(labels, json!({"cache": "models"}));
    assert_eq!(counts, [3, 1, 0, 0, 0, 0, 0, 0, 1]);
}

#[tokio::test]
async fn a_runaway_label_ends_in_one_series() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let flood = "select telemetry.count('cache_misses_total', jsonb_build_object('cache', 'c' || i), 1) from generate_series(1, 1500) i";
    sqlx::raw_sql(flood).execute(queue.pool()).await.unwrap();
    queue.fold_telemetry(900).await.unwrap();
    queue.fold_telemetry(900).await.unwrap();
    let series = "select count(*) from telemetry.total where name = 'cache_misses_total'";
    assert_eq!(number(&queue, series).await, 1001);
    let rest = "select value::bigint from telemetry.total where labels = '{\"cache\": \"other\"}'";
    assert_eq!(number(&queue, rest).await, 500);
}

#[tokio::test]
async fn the_edge_may_read_the_metrics_and_add_to_them_and_no_more() {
    let database = TestDatabase::create().await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    for (role, allowed, refused) in [
        (
            "set role kiskadee_ops",
            "select api.metrics(), api.ready()",
            "select telemetry.record('[]')",
        ),
        (
            "set role kiskadee_edge_host",
            "select telemetry.record('[]')",
            "select telemetry.fold(1)",
        ),
        (
            "set role kiskadee_edge_host",
            "select telemetry.record('[]')",
            "select * from telemetry.total",
        ),
    ] {
        run(&mut connection, role).await;
        run(&mut connection, allowed).await;
        let refusal = sqlx::raw_sql(refused).execute(&mut connection).await;
        assert!(refusal.is_err(), "{role}: {refused}");
        run(&mut connection, "reset role").await;
    }
}
