//! Expand and contract: what waits for whom, what is tried again, and who can read the database afterwards.

use std::time::{Duration, Instant};

use kiskadee_queue::{
    ClaimRequest, Error, MigrationError, MigrationOptions, Queue, Reading, Source, migrate_with,
    plan_with, reading, reading_of,
    testing::{NewJob, TestDatabase, enqueue},
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use uuid::Uuid;

const TTL: Duration = Duration::from_mins(10);
const EXPAND: (i64, &str) = (
    299_900_000_001,
    "-- phase: expand\nalter table queue.ready add column weight int;",
);
const CONTRACT: (i64, &str) = (
    299_900_000_002,
    "-- phase: contract\n-- needs: >= 99.1\nalter table queue.ready drop column weight;",
);
const OUTSIDE: (i64, &str) = (
    299_900_000_003,
    "-- phase: expand\n-- transaction: none\ncreate index concurrently if not exists ready_of_tests on queue.ready (cost);",
);

fn options(release: &str, more: &[(i64, &'static str)]) -> MigrationOptions {
    MigrationOptions {
        source: Source::with(release, more),
        ..MigrationOptions::default()
    }
}

async fn connect(database: &TestDatabase) -> PgConnection {
    PgConnection::connect(database.url()).await.unwrap()
}

async fn truth(database: &TestDatabase, question: &str) -> bool {
    sqlx::query_scalar(AssertSqlSafe(format!("select {question}")))
        .fetch_one(&mut connect(database).await)
        .await
        .unwrap()
}

async fn register(queue: &Queue, version: &str) -> Uuid {
    let worker = Uuid::now_v7();
    let told = json!({"name": "one", "host": "here", "version": version, "slots": 1});
    queue.register(worker, &told, TTL).await.unwrap();
    worker
}

const HAS_WEIGHT: &str = "exists (select from pg_attribute where attrelid = 'queue.ready'::regclass
    and attname = 'weight' and not attisdropped)";

#[tokio::test]
async fn what_contracts_waits_for_the_last_old_program() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let old = register(&queue, "99.0.4").await;
    let new = register(&queue, "99.1.0").await;
    let all = options("99.1.0", &[EXPAND, CONTRACT]);
    let refused = migrate_with(database.url(), &all).await.unwrap_err();
    let Error::Migrate(MigrationError::Alive { living, .. }) = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(living.len(), 1);
    assert!(refused.to_string().contains("worker one on here (99.0.4)"));
    assert!(!truth(&database, HAS_WEIGHT).await, "nothing was changed");

    let expand = MigrationOptions {
        expand_only: true,
        ..all.clone()
    };
    let changes = migrate_with(database.url(), &expand).await.unwrap();
    assert_eq!((changes.migrations.len(), changes.left.len()), (1, 1));
    assert!(truth(&database, HAS_WEIGHT).await);
    assert!(truth(&database, "min_reader is null from kiskadee.schema").await);

    queue.retire(old).await.unwrap();
    let mut edge = connect(&database).await;
    let note =
        "select kiskadee.note_edge('019ad0a0-0000-7000-8000-000000000001', 'there', '99.0.0')";
    sqlx::raw_sql(note).execute(&mut edge).await.unwrap();
    let planned = plan_with(database.url(), &all).await.unwrap();
    let blocked = planned.blocked().unwrap();
    assert_eq!(blocked.older.len(), 1);
    assert_eq!(blocked.older[0].part, "edge");
    assert_eq!(blocked.locks, ["access exclusive on queue.ready"]);

    let gone = "select kiskadee.forget_edge('019ad0a0-0000-7000-8000-000000000001')";
    sqlx::raw_sql(gone).execute(&mut edge).await.unwrap();
    migrate_with(database.url(), &all).await.unwrap();
    assert!(!truth(&database, HAS_WEIGHT).await);
    assert!(
        truth(
            &database,
            "min_reader = '99.1' and version = 299900000002 from kiskadee.schema"
        )
        .await
    );
    queue.retire(new).await.unwrap();
}

#[tokio::test]
async fn a_program_of_before_runs_as_long_as_nothing_contracted() {
    let database = TestDatabase::create().await;
    let url = database.url();
    let before = Source::with("99.0.0", &[]);
    assert_eq!(reading(url).await.unwrap(), Reading::Same);
    let later = options("99.1.0", &[EXPAND]);
    assert_eq!(
        reading_of(url, &later.source).await.unwrap(),
        Reading::Older
    );
    migrate_with(url, &later).await.unwrap();
    let Reading::Newer(newer) = reading_of(url, &before).await.unwrap() else {
        panic!("the database is newer");
    };
    assert_eq!(newer.database, EXPAND.0);
    // A roll-back runs `migrate` of the release before, which leaves all as it is.
    let back = migrate_with(url, &options("99.0.0", &[])).await.unwrap();
    assert!(back.is_empty() && back.newer.is_some());
    assert!(truth(&database, "version = 299900000001 from kiskadee.schema").await);

    migrate_with(url, &options("99.1.0", &[EXPAND, CONTRACT]))
        .await
        .unwrap();
    let refused = reading_of(url, &before).await.unwrap_err().to_string();
    assert!(
        refused.contains("knows up to") && refused.contains("older than 99.1 cannot read"),
        "{refused}"
    );
    assert!(migrate_with(url, &options("99.0.0", &[])).await.is_err());
}

#[tokio::test]
async fn a_database_without_a_version_is_an_older_one() {
    let database = TestDatabase::create_empty().await;
    assert_eq!(reading(database.url()).await.unwrap(), Reading::Older);
}

#[tokio::test]
async fn a_dry_run_leaves_nothing_behind() {
    let database = TestDatabase::create().await;
    let dry = MigrationOptions {
        dry_run: true,
        ..options("99.1.0", &[EXPAND, OUTSIDE])
    };
    let changes = migrate_with(database.url(), &dry).await.unwrap();
    assert_eq!(changes.migrations.len(), 2);
    assert!(!truth(&database, HAS_WEIGHT).await);
    let wrong = MigrationOptions {
        dry_run: true,
        ..options(
            "99.1.0",
            &[(
                EXPAND.0,
                "-- phase: expand\nalter table queue.nothing add x int;",
            )],
        )
    };
    assert!(migrate_with(database.url(), &wrong).await.is_err());
}

#[tokio::test]
async fn an_index_is_made_while_others_write_and_again_after_it_failed() {
    let database = TestDatabase::create().await;
    // What a broken-off `create index concurrently` leaves.
    sqlx::raw_sql(
        "create index ready_of_tests on queue.ready (cost);
         update pg_index set indisvalid = false where indexrelid = 'queue.ready_of_tests'::regclass",
    )
    .execute(&mut connect(&database).await)
    .await
    .unwrap();
    let changes = migrate_with(database.url(), &options("99.1.0", &[OUTSIDE]))
        .await
        .unwrap();
    assert!(changes.migrations[0].is_outside);
    let valid = "indisvalid from pg_index where indexrelid = 'queue.ready_of_tests'::regclass";
    assert!(truth(&database, valid).await);
    assert!(truth(&database, "version = 299900000003 from kiskadee.schema").await);
    let again = migrate_with(database.url(), &options("99.1.0", &[OUTSIDE]))
        .await
        .unwrap();
    assert!(again.is_empty());
}

#[tokio::test]
async fn a_statement_has_its_bound() {
    let database = TestDatabase::create().await;
    let slow = MigrationOptions {
        statement_timeout: Some(Duration::from_millis(200)),
        ..options(
            "99.1.0",
            &[(EXPAND.0, "-- phase: expand\nselect pg_sleep(30);")],
        )
    };
    let begun = Instant::now();
    assert!(migrate_with(database.url(), &slow).await.is_err());
    assert!(begun.elapsed() < Duration::from_secs(10));
}

/// Claims and times them, until it is told to stop.
async fn claims(
    queue: &Queue,
    worker: Uuid,
    until: tokio_util::sync::CancellationToken,
) -> Vec<Duration> {
    let lanes = ["speech:kiskadee".to_owned()];
    let request = ClaimRequest {
        worker,
        batch_keys: &lanes,
        resident: &lanes,
        max_jobs: 1,
        max_cost: 10,
        load: Duration::from_secs(1),
    };
    let mut all = Vec::new();
    while !until.is_cancelled() {
        let begun = Instant::now();
        queue.claim(&request).await.unwrap();
        all.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    all.sort();
    all
}

fn p99(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() * 99 / 100]
}

/// A query holds the table for seconds; `migrate` asks for it again and again, and lets the queue pass in between.
#[tokio::test]
async fn the_queue_goes_on_while_a_migration_waits_for_a_lock() {
    let held = Duration::from_secs(
        std::env::var("KISKADEE_LOCK_SECONDS").map_or(6, |text| text.parse().unwrap()),
    );
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue, "99.1.0").await;
    let jobs: Vec<_> = (0..500)
        .map(|_| NewJob::speech("speech:kiskadee", 1))
        .collect();
    for _ in 0..20 {
        enqueue(&queue, Uuid::now_v7(), 1_000_000, &jobs)
            .await
            .unwrap();
    }
    let stop = tokio_util::sync::CancellationToken::new();
    let timer = stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(held).await;
        timer.cancel();
    });
    let quiet = claims(&queue, worker, stop).await;

    let mut holder = connect(&database).await;
    sqlx::raw_sql("begin; lock table queue.ready in access share mode")
        .execute(&mut holder)
        .await
        .unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let migration = async {
        let outcome = migrate_with(database.url(), &options("99.1.0", &[EXPAND])).await;
        stop.cancel();
        outcome
    };
    let release = async {
        tokio::time::sleep(held).await;
        holder.close().await
    };
    let (migrated, released, meanwhile) =
        tokio::join!(migration, release, claims(&queue, worker, stop.clone()));
    migrated.unwrap();
    released.unwrap();
    assert!(truth(&database, HAS_WEIGHT).await);
    let (last_quiet, last) = (quiet.last().unwrap(), meanwhile.last().unwrap());
    println!(
        "held {held:?}; quiet: {} claims, p99 {:?}, longest {last_quiet:?}; meanwhile: {} claims, p99 {:?}, longest {last:?}",
        quiet.len(),
        p99(&quiet),
        meanwhile.len(),
        p99(&meanwhile),
    );
    // A try waits for 2 s at most; what comes on top is this machine.
    assert!(*last < Duration::from_secs(4), "{last:?}");
    let passed = meanwhile
        .iter()
        .filter(|took| **took < Duration::from_millis(100))
        .count();
    assert!(
        passed * 10 > meanwhile.len() * 9 && passed > 100,
        "{passed} of {}",
        meanwhile.len()
    );
}
