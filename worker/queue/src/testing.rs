//! For tests: a database of one's own on the server of `KISKADEE_TEST_DATABASE_URL`, migrated, and gone afterwards. Where
//! `KISKADEE_TEST_POOLER` names a `PgBouncer`, its queue is reached through that.

pub mod dark;
pub mod pooler;

use std::str::FromStr;

use serde::Serialize;
use serde_json::Value;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection, PgConnection, postgres::PgConnectOptions,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{ConnectOptions, Queue, Result, migrate};

const SERVER: &str = "KISKADEE_TEST_DATABASE_URL";

/// Dropped with everything in it when the value is.
#[derive(Debug)]
pub struct TestDatabase {
    server: String,
    name: String,
    url: String,
}

impl TestDatabase {
    /// # Panics
    /// When the server cannot be used: a test without its database must fail, not pass unseen.
    #[expect(
        clippy::expect_used,
        reason = "only tests use this, and they are to fail here"
    )]
    pub async fn create() -> Self {
        let database = Self::create_empty().await;
        migrate(&database.url)
            .await
            .expect("the migrations and the functions apply");
        database
    }

    /// One without schema.
    ///
    /// # Panics
    /// As [`TestDatabase::create`].
    #[expect(
        clippy::panic,
        clippy::expect_used,
        reason = "only tests use this, and they are to fail here"
    )]
    pub async fn create_empty() -> Self {
        let Ok(server) = std::env::var(SERVER) else {
            panic!(
                "set {SERVER} to a superuser's address of a Postgres server, such as \
                 postgres://postgres@127.0.0.1:5432/postgres: each test makes a database of its own there"
            );
        };
        let name = format!("kiskadee_test_{}", Uuid::now_v7().simple());
        execute(&server, format!("create database {name}"))
            .await
            .expect("the test server makes a database");
        let url = PgConnectOptions::from_str(&server)
            .expect("the address was used above")
            .database(&name)
            .to_url_lossy()
            .to_string();
        Self { server, name, url }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// A handle with room for concurrent claims; behind a pooler where tests are to go through one.
    ///
    /// # Panics
    /// When the address cannot be read.
    #[expect(
        clippy::expect_used,
        reason = "only tests use this, and they are to fail here"
    )]
    pub fn queue(&self) -> Queue {
        let pooled = pooler::behind_shared(self.url());
        let options = ConnectOptions {
            max_connections: 16,
            behind_pooler: pooled.is_some(),
            ..ConnectOptions::new(pooled.unwrap_or_else(|| self.url.clone()))
        };
        Queue::connect(&options).expect("the address was used before")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // The test's runtime may be at its end, so this has a thread and a runtime of its own.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .ok()?;
            let drop_database = execute(&server, format!("drop database {name} with (force)"));
            runtime.block_on(drop_database).ok()
        })
        .join();
        if !matches!(dropped, Ok(Some(()))) {
            tracing::warn!(database = %self.name, "the test database is left behind");
        }
    }
}

async fn execute(server: &str, statement: String) -> Result<()> {
    let mut connection = PgConnection::connect(server).await?;
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    Ok(())
}

/// A job to enqueue, as `queue.new_job` has it. What is left out has the schema's default.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewJob {
    pub kind: String,
    pub batch_key: String,
    pub priority: i16,
    pub cost: i32,
    pub args: Value,
    pub max_attempts: Option<i16>,
    pub timeout_s: Option<i32>,
    pub unique_key: Option<String>,
    pub trace: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub run_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub start_before: Option<OffsetDateTime>,
    /// Jobs that must end first.
    pub after: Vec<Uuid>,
    /// However those end.
    pub soft: bool,
}

impl NewJob {
    /// A speech job of no particular content.
    pub fn speech(batch_key: &str, cost: i32) -> Self {
        Self {
            kind: "speech".to_owned(),
            batch_key: batch_key.to_owned(),
            priority: 1,
            cost,
            args: Value::Object(serde_json::Map::new()),
            ..Self::default()
        }
    }
}

/// Enqueues as an edge does, under a cap of queued cost, and returns the ids in the order given.
pub async fn enqueue(queue: &Queue, owner: Uuid, cap: i64, jobs: &[NewJob]) -> Result<Vec<Uuid>> {
    let query = sqlx::query_as(include_str!("../queries/testing_enqueue.sql"))
        .bind(owner)
        .bind(cap)
        .bind(sqlx::types::Json(jobs));
    queue.value(query).await
}

/// Enqueues a batch and returns its id.
pub async fn enqueue_batch(queue: &Queue, owner: Uuid, cap: i64, jobs: &[NewJob]) -> Result<Uuid> {
    let query = sqlx::query_as(include_str!("../queries/testing_enqueue_batch.sql"))
        .bind(owner)
        .bind(cap)
        .bind(sqlx::types::Json(jobs));
    queue.value(query).await
}
