//! A state directory as the release before left it, on which today's `kiskadee up` starts: with the schema of then, and with
//! no password for the roles of components that came since.

use std::{fs, io::Read as _};

use anyhow::{Context as _, Result};
use flate2::read::GzDecoder;
use kiskadee_tests::{Options, System};
use serde_json::Value;
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

/// The migrations of that release, one after the other; `worker/queue/tests/queue/upgrade/before.rs` says how they were kept.
const MIGRATIONS: &[u8] =
    include_bytes!("../../worker/queue/tests/queue/upgrade/fixtures/schema_before_rooms.sql.gz");
/// Stands before the name of each file.
const SEPARATOR: &str = "--== ";
/// A role that the release before did not know.
const NEW_ROLE: &str = "kiskadee_jobs";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_state_directory_is_taken_over() -> Result<()> {
    let system = System::start(Options::default()).await?;
    let kept = secrets(&system)?;
    age(&system).await?;
    let system = system.crash_and_restart().await?;

    let now = secrets(&system)?;
    assert!(now["roles"][NEW_ROLE].is_string(), "the password was made");
    assert_eq!(now["signing"], kept["signing"], "what was there is kept");
    assert_eq!(
        now["roles"]["kiskadee_speech"],
        kept["roles"]["kiskadee_speech"]
    );
    let client = system.client();
    let jobs = client.get("/api/v1/jobs").await?.expect(200)?.json()?;
    assert_eq!(jobs["items"][0]["result"]["voice_id"], "heron", "{jobs}");
    let said = client
        .post(
            "/api/v1/speech",
            &serde_json::json!({"text": "Hello.", "voice_id": "default", "language": "en"}),
        )
        .await?;
    said.expect(202)?;
    Ok(())
}

fn secrets(system: &System) -> Result<Value> {
    let path = system.state_dir().join("secrets.json");
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// Puts the schema of the release before in the place of today's, with the accounts that there are and one finished job.
async fn age(system: &System) -> Result<()> {
    let url = system.database_url()?;
    let mut today = PgConnection::connect(&url).await?;
    let users = rows(&mut today, "account.\"user\"").await?;
    let keys = rows(&mut today, "account.api_key").await?;
    today.close().await?;

    let server = url.rsplit_once('/').context("no database")?.0;
    let mut server = PgConnection::connect(&format!("{server}/postgres")).await?;
    for statement in [
        "drop database kiskadee with (force)".to_owned(),
        format!("drop role {NEW_ROLE}_login"),
        format!("drop role {NEW_ROLE}"),
        "create database kiskadee".to_owned(),
    ] {
        let statement = AssertSqlSafe(statement);
        sqlx::raw_sql(statement).execute(&mut server).await?;
    }

    let mut before = PgConnection::connect(&url).await?;
    Migrator::with_migrations(migrations()?)
        .run(&mut before)
        .await?;
    fill(&mut before, "account.\"user\"", &users).await?;
    fill(&mut before, "account.api_key", &keys).await?;
    sqlx::raw_sql(
        "insert into queue.done (job_id, owner, created_at, attempts, kind, batch_key, outcome, result)
         select queue.uuid7(), u.id, now(), 1, 'clone', 'clone:kiskadee', 'completed', '{\"voice_id\": \"heron\"}'
         from account.\"user\" u",
    )
    .execute(&mut before)
    .await?;
    before.close().await?;
    forget_password(system)
}

fn forget_password(system: &System) -> Result<()> {
    let path = system.state_dir().join("secrets.json");
    let mut secrets = secrets(system)?;
    let roles = secrets["roles"].as_object_mut().context("no roles")?;
    roles.remove(NEW_ROLE).context("the role has no password")?;
    Ok(fs::write(path, secrets.to_string())?)
}

async fn rows(database: &mut PgConnection, table: &str) -> Result<Value> {
    let query = AssertSqlSafe(format!("select jsonb_agg(t) from {table} t"));
    Ok(sqlx::query_scalar(query).fetch_one(database).await?)
}

async fn fill(database: &mut PgConnection, table: &str, rows: &Value) -> Result<()> {
    let query = AssertSqlSafe(format!(
        "insert into {table} select * from jsonb_populate_recordset(null::{table}, $1)"
    ));
    sqlx::query(query).bind(rows).execute(database).await?;
    Ok(())
}

fn migrations() -> Result<Vec<Migration>> {
    let mut text = String::new();
    GzDecoder::new(MIGRATIONS).read_to_string(&mut text)?;
    text.split(SEPARATOR).skip(1).map(migration).collect()
}

/// As sqlx reads a file `NNNN_words.sql`.
fn migration(file: &str) -> Result<Migration> {
    let (name, text) = file.split_once('\n').context("no name")?;
    let (version, words) = name.split_once('_').context("no version")?;
    Ok(Migration::new(
        version.parse()?,
        words.trim_end_matches(".sql").replace('_', " ").into(),
        MigrationType::Simple,
        AssertSqlSafe(text.to_owned()).into_sql_str(),
        false,
    ))
}
