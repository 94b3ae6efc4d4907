//! A database that the release before made becomes, in every part, what a fresh one is; and nothing in it is lost.

mod before;
mod catalog;
mod whole;

use kiskadee_queue::{
    Error, MigrationError, migrate, plan,
    testing::{NewJob, TestDatabase, enqueue_batch},
};
use serde_json::{Map, Value};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

/// The tables that a release writes what it has into: kinds, lanes, metrics.
const OF_THE_RELEASE: [&str; 10] = [
    "queue.kind ",
    "queue.lane ",
    "queue.group_kind ",
    "telemetry.metric ",
    "storage.prefix ",
    "storage.intake ",
    "account.holding ",
    // Made of what there was.
    "storage.object ",
    "storage.result_bytes ",
    "queue.owner_lane ",
];

/// Whether there is such a row still; it may have got further columns.
fn is_kept(row: &str, rows: &catalog::Lines) -> bool {
    let parts = |row: &str| -> (String, Map<String, Value>) {
        let (table, columns) = row.split_once(' ').unwrap();
        (table.to_owned(), serde_json::from_str(columns).unwrap())
    };
    let (table, before) = parts(row);
    rows.iter().map(|row| parts(row)).any(|(other, after)| {
        other == table
            && before
                .iter()
                .all(|(name, value)| after.get(name) == Some(value))
    })
}

async fn connect(database: &TestDatabase) -> PgConnection {
    PgConnection::connect(database.url()).await.unwrap()
}

async fn catalog_of(database: &TestDatabase) -> catalog::Lines {
    catalog::of(&mut connect(database).await).await
}

/// Some of what people have: an account, work of each state, a voice with its recording.
async fn use_it(database: &TestDatabase) {
    let owner = Uuid::now_v7();
    let jobs = [
        NewJob::speech("speech:kiskadee", 10),
        NewJob::speech("speech:kiskadee", 20),
    ];
    enqueue_batch(&database.queue(), owner, 1000, &jobs)
        .await
        .unwrap();
    sqlx::raw_sql(include_str!("data.sql"))
        .execute(&mut connect(database).await)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_upgraded_database_is_a_fresh_one() {
    let (fresh, upgraded) = (TestDatabase::create().await, before::database().await);
    let changes = migrate(upgraded.url()).await.unwrap();
    assert!(changes.takes_over && changes.functions.is_some());

    let (fresh, upgraded) = (catalog_of(&fresh).await, catalog_of(&upgraded).await);
    assert!(fresh.len() > 1000, "only {} lines", fresh.len());
    let lost: Vec<_> = fresh.difference(&upgraded).collect();
    let left_over: Vec<_> = upgraded.difference(&fresh).collect();
    assert!(
        lost.is_empty() && left_over.is_empty(),
        "only in the fresh database: {lost:#?}\nonly in the upgraded one: {left_over:#?}"
    );
}

/// Else the test above would pass whatever happens.
#[tokio::test]
async fn the_catalog_shows_every_kind_of_difference() {
    let database = TestDatabase::create().await;
    let mut connection = connect(&database).await;
    let whole = catalog::of(&mut connection).await;
    for difference in include_str!("differences.sql").split_inclusive(";\n") {
        let mut transaction = connection.begin().await.unwrap();
        sqlx::raw_sql(difference)
            .execute(&mut *transaction)
            .await
            .unwrap();
        let changed = catalog::of(&mut transaction).await;
        assert_ne!(changed, whole, "{difference}");
        transaction.rollback().await.unwrap();
    }
    assert_eq!(catalog::of(&mut connection).await, whole);
}

#[tokio::test]
async fn an_upgrade_keeps_every_row() {
    let database = before::database().await;
    use_it(&database).await;
    let before = catalog::rows(&mut connect(&database).await).await;
    assert!(before.iter().any(|row| row.starts_with("queue.job ")));
    migrate(database.url()).await.unwrap();
    let after = catalog::rows(&mut connect(&database).await).await;
    let lost: Vec<_> = before.iter().filter(|row| !is_kept(row, &after)).collect();
    assert!(lost.is_empty(), "{lost:#?}");
    let of_people = |row: &&String| !OF_THE_RELEASE.iter().any(|table| row.starts_with(table));
    assert_eq!(
        after.iter().filter(of_people).count(),
        before.iter().filter(of_people).count()
    );
    assert!(migrate(database.url()).await.unwrap().is_empty());
    assert!(plan(database.url()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_database_with_some_of_the_old_migrations_is_left_alone() {
    let database = before::database_with(33).await;
    let rows = catalog::rows(&mut connect(&database).await).await;
    for outcome in [migrate(database.url()).await, plan(database.url()).await] {
        let Err(Error::Migrate(MigrationError::Half { missing })) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(missing, [79, 80]);
    }
    assert_eq!(catalog::rows(&mut connect(&database).await).await, rows);
}

#[tokio::test]
async fn a_database_from_other_files_is_left_alone() {
    let database = before::database().await;
    sqlx::raw_sql("update _sqlx_migrations set checksum = '\\x00' where version = 31")
        .execute(&mut connect(&database).await)
        .await
        .unwrap();
    let outcome = migrate(database.url()).await;
    assert!(
        matches!(
            outcome,
            Err(Error::Migrate(MigrationError::Foreign { last: 80 }))
        ),
        "{outcome:?}"
    );
}
