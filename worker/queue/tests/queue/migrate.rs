//! What `migrate` does with a database of this version, and how it waits.

use std::time::Duration;

use kiskadee_queue::{
    Error, MigrationError, MigrationOptions, Patience, migrate, migrate_with, plan,
    testing::TestDatabase,
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

fn impatient() -> MigrationOptions {
    let second = Duration::from_secs(1);
    MigrationOptions {
        patience: Patience {
            turn: second,
            lock: second,
            tries: 1,
        },
        ..MigrationOptions::default()
    }
}

async fn connect(database: &TestDatabase) -> PgConnection {
    PgConnection::connect(database.url()).await.unwrap()
}

async fn run(database: &TestDatabase, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
        .execute(&mut connect(database).await)
        .await
        .unwrap();
}

async fn truth(database: &TestDatabase, question: &str) -> bool {
    sqlx::query_scalar(AssertSqlSafe(format!("select {question}")))
        .fetch_one(&mut connect(database).await)
        .await
        .unwrap()
}

/// As if the set had changed since it was applied.
async fn forget_the_set(database: &TestDatabase) {
    run(
        database,
        "update kiskadee.function_set set digest = 'another'",
    )
    .await;
}

#[tokio::test]
async fn a_plan_tells_what_is_done_and_does_nothing() {
    let database = TestDatabase::create_empty().await;
    let planned = plan(database.url()).await.unwrap();
    assert!(!planned.takes_over && !planned.migrations.is_empty());
    assert!(planned.functions.as_ref().unwrap().added.len() > 150);
    assert!(truth(&database, "to_regclass('_sqlx_migrations') is null").await);

    assert_eq!(migrate(database.url()).await.unwrap(), planned);
    assert!(plan(database.url()).await.unwrap().is_empty());
    assert!(migrate(database.url()).await.unwrap().is_empty());
}

#[tokio::test]
async fn functions_that_differ_are_named_and_made_anew() {
    let database = TestDatabase::create().await;
    run(
        &database,
        "drop function queue.ring();
         create or replace function queue.promote(p_limit int) returns int language sql as 'select 1'",
    )
    .await;
    // The database is compared by the digest of what was applied, not by looking at each function every time.
    assert!(plan(database.url()).await.unwrap().is_empty());
    forget_the_set(&database).await;
    let functions = plan(database.url()).await.unwrap().functions.unwrap();
    assert_eq!(
        (&*functions.added, &*functions.changed),
        (
            &["queue.ring".to_owned()][..],
            &["queue.promote".to_owned()][..]
        )
    );
    let changes = migrate(database.url()).await.unwrap();
    assert_eq!(
        (changes.functions, changes.migrations),
        (Some(functions), vec![])
    );
    let again = plan(database.url()).await.unwrap();
    assert!(again.is_empty(), "{again:?}");
}

#[tokio::test]
async fn grants_are_those_of_the_files() {
    let database = TestDatabase::create().await;
    let may = |role, function| format!("has_function_privilege('{role}', '{function}', 'execute')");
    let (cap, ring) = ("queue.cap_owner(uuid, bigint)", "queue.ring()");
    run(
        &database,
        &format!("grant execute on function {cap} to public, kiskadee_worker; revoke execute on function {ring} from kiskadee_worker"),
    )
    .await;
    assert!(truth(&database, &may("kiskadee_worker", cap)).await);
    forget_the_set(&database).await;
    migrate(database.url()).await.unwrap();
    assert!(!truth(&database, &may("kiskadee_worker", cap)).await);
    assert!(!truth(&database, &may("kiskadee_ops", cap)).await);
    assert!(truth(&database, &may("kiskadee_worker", ring)).await);
}

#[tokio::test]
async fn a_function_that_cannot_be_made_leaves_all_as_they_were() {
    let database = TestDatabase::create().await;
    // Its return type is another, which `create or replace` refuses.
    run(
        &database,
        "drop function webhook.retry_delay(int);
         create function webhook.retry_delay(p_attempts int) returns int language sql as 'select 1';
         create or replace function queue.promote(p_limit int) returns int language sql as 'select 1'",
    )
    .await;
    forget_the_set(&database).await;
    let outcome = migrate(database.url()).await;
    let Err(Error::Migrate(MigrationError::Function { place, .. })) = &outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(place, "webhook/deliveries.sql");
    assert!(truth(&database, "queue.promote(7) = 1").await);
    assert!(truth(&database, "digest = 'another' from kiskadee.function_set").await);
}

#[tokio::test]
async fn a_function_that_could_not_run_is_not_let_in() {
    let database = TestDatabase::create().await;
    run(
        &database,
        "alter table queue.worker rename column rates to pace",
    )
    .await;
    forget_the_set(&database).await;
    let outcome = migrate(database.url()).await;
    let Err(Error::Migrate(MigrationError::Function { place, .. })) = &outcome else {
        panic!("{outcome:?}");
    };
    assert!(place.contains("function"), "{place}");
}

#[tokio::test]
async fn a_database_of_a_later_version_is_left_alone() {
    let database = TestDatabase::create().await;
    run(
        &database,
        "insert into _sqlx_migrations values (299912312359, 'later', now(), true, '', 0);
         update kiskadee.schema set min_reader = '999.0'",
    )
    .await;
    for outcome in [plan(database.url()).await, migrate(database.url()).await] {
        assert!(
            matches!(outcome, Err(Error::Migrate(MigrationError::Unreadable(_)))),
            "{outcome:?}"
        );
    }
    // One that lacks what this version has, too, is neither the one nor the other.
    run(
        &database,
        "update kiskadee.schema set min_reader = null;
         delete from _sqlx_migrations where version = 202612020301",
    )
    .await;
    let outcome = migrate(database.url()).await;
    assert!(
        matches!(outcome, Err(Error::Migrate(MigrationError::Newer { .. }))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_migration_that_was_edited_is_told() {
    let database = TestDatabase::create().await;
    run(
        &database,
        "update _sqlx_migrations set checksum = '\\x00' where version = 202611290005",
    )
    .await;
    for outcome in [plan(database.url()).await, migrate(database.url()).await] {
        assert!(
            matches!(
                outcome,
                Err(Error::Migrate(MigrationError::Edited {
                    version: 202_611_290_005
                }))
            ),
            "{outcome:?}"
        );
    }
}

/// What is told of a wait that was too long: who holds the lock, and what to do.
async fn assert_names_the_holder(database: &TestDatabase, holder: &mut PgConnection) {
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(&mut *holder)
        .await
        .unwrap();
    let refused = migrate_with(database.url(), &impatient())
        .await
        .unwrap_err();
    assert!(
        matches!(refused, Error::Migrate(MigrationError::Locked { .. })),
        "{refused:?}"
    );
    let told = refused.to_string();
    for part in [
        &*format!("pid {pid} "),
        "\"night report\"",
        "idle",
        "began at 2",
        "kiskadee migrate",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[tokio::test]
async fn whoever_waits_in_vain_for_its_turn_tells_for_whom() {
    let database = TestDatabase::create().await;
    let mut other = connect(&database).await;
    sqlx::migrate::Migrate::lock(&mut other).await.unwrap();
    sqlx::raw_sql("set application_name = 'night report'")
        .execute(&mut other)
        .await
        .unwrap();
    assert_names_the_holder(&database, &mut other).await;
    other.close().await.unwrap();
    assert!(
        migrate_with(database.url(), &impatient())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn whoever_waits_in_vain_for_a_table_tells_for_whom() {
    let database = TestDatabase::create().await;
    forget_the_set(&database).await;
    let mut other = connect(&database).await;
    sqlx::raw_sql("set application_name = 'night report'; begin; select from telemetry.current")
        .execute(&mut other)
        .await
        .unwrap();
    assert_names_the_holder(&database, &mut other).await;
    other.close().await.unwrap();
    migrate_with(database.url(), &impatient()).await.unwrap();
}

#[tokio::test]
async fn several_may_make_one_database() {
    let database = TestDatabase::create_empty().await;
    let url = database.url();
    let (first, second, third) = tokio::join!(migrate(url), migrate(url), migrate(url));
    let changes = [first.unwrap(), second.unwrap(), third.unwrap()];
    let done = changes.iter().filter(|changes| !changes.is_empty()).count();
    assert_eq!(done, 1);
}
