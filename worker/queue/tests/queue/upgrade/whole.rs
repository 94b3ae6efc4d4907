//! Migrations, functions and what is written down of both come together or not at all.

use std::time::Duration;

use kiskadee_queue::{Error, MigrationError, migrate, plan, testing::TestDatabase};
use sqlx::{Connection as _, PgConnection};

use super::{before, catalog, connect, use_it};

/// Longer than the migrations and the functions take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A database of the release before with what it has, for which every migration and every function is new.
async fn in_use() -> TestDatabase {
    let database = before::database().await;
    use_it(&database).await;
    database
}

/// All there is to see of a database.
async fn state(database: &TestDatabase) -> [catalog::Lines; 2] {
    let mut connection = connect(database).await;
    [
        catalog::schema(&mut connection).await,
        catalog::contents(&mut connection).await,
    ]
}

async fn execute(database: &TestDatabase, statement: &'static str) {
    sqlx::raw_sql(statement)
        .execute(&mut connect(database).await)
        .await
        .unwrap();
}

#[tokio::test]
async fn migrations_do_not_stay_without_their_functions() {
    let database = in_use().await;
    // Its return type is another, which `create or replace` refuses.
    execute(
        &database,
        "drop function webhook.retry_delay(int);
         create function webhook.retry_delay(p_attempts int) returns int language sql as 'select 1'",
    )
    .await;
    let (before, planned) = (state(&database).await, plan(database.url()).await.unwrap());
    assert!(planned.takes_over && !planned.migrations.is_empty());

    let outcome = migrate(database.url()).await;
    let Err(Error::Migrate(MigrationError::Function { place, .. })) = &outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(place, "webhook/deliveries.sql");
    assert_eq!(state(&database).await, before);

    execute(&database, "drop function webhook.retry_delay(int)").await;
    assert_eq!(
        migrate(database.url()).await.unwrap().migrations,
        planned.migrations
    );
}

#[tokio::test]
async fn an_empty_database_stays_empty() {
    let database = TestDatabase::create_empty().await;
    // What the tenth migration makes is there already.
    execute(&database, "create schema kiskadee").await;
    let outcome = migrate(database.url()).await;
    assert!(
        matches!(outcome, Err(Error::Migrate(MigrationError::Migration(_)))),
        "{outcome:?}"
    );
    let mut connection = connect(&database).await;
    let others: i64 = sqlx::query_scalar(
        "select count(*) from pg_class where relname = '_sqlx_migrations'
         or relnamespace::regnamespace::text in ('account', 'api', 'queue', 'speech', 'telemetry', 'webhook')",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(others, 0);
}

/// The session that migrates, once it waits for the view `telemetry.current`, which is a thing of the functions.
async fn waiting_for_the_view(connection: &mut PgConnection) -> i32 {
    let waiting = "select a.pid from pg_stat_activity a join pg_locks l using (pid)
        where a.datname = current_database() and a.application_name = 'kiskadee-migrate'
          and l.relation = 'telemetry.current'::regclass and not l.granted";
    let found = async {
        loop {
            if let Some(pid) = sqlx::query_scalar(waiting)
                .fetch_optional(&mut *connection)
                .await
                .unwrap()
            {
                return pid;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.unwrap()
}

#[tokio::test]
async fn a_connection_that_is_lost_between_the_two_leaves_nothing() {
    let database = in_use().await;
    let before = state(&database).await;
    let mut holder = connect(&database).await;
    sqlx::raw_sql("begin; select from telemetry.current")
        .execute(&mut holder)
        .await
        .unwrap();

    let mut killer = connect(&database).await;
    let kill = async {
        let pid = waiting_for_the_view(&mut killer).await;
        sqlx::query("select pg_terminate_backend($1)")
            .bind(pid)
            .execute(&mut killer)
            .await
            .unwrap();
    };
    let (outcome, ()) = tokio::join!(migrate(database.url()), kill);
    assert!(outcome.is_err(), "{outcome:?}");
    holder.close().await.unwrap();
    assert_eq!(state(&database).await, before);
    assert!(migrate(database.url()).await.unwrap().takes_over);
}
