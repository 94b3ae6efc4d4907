//! Scratch databases on the server that is measured.

use anyhow::{Context, Result};
use kiskadee_queue::{ConnectOptions, Queue};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

pub(crate) struct Server {
    url: String,
}

/// The lane that all load runs in.
pub(crate) const LANE: &str = "speech:load";

impl Server {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
        }
    }

    /// Makes an empty database (dropping one of that name) and returns its address.
    pub(crate) async fn scratch(&self, name: &str) -> Result<String> {
        let mut connection = PgConnection::connect(&self.url)
            .await
            .context("the server of --database-url")?;
        for statement in [
            format!("drop database if exists {name} with (force)"),
            format!("create database {name}"),
        ] {
            sqlx::raw_sql(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await?;
        }
        let (base, _) = self
            .url
            .rsplit_once('/')
            .context("--database-url names no database")?;
        Ok(format!("{base}/{name}"))
    }

    /// A queue in an empty database, with one registered worker.
    pub(crate) async fn queue(&self, name: &str) -> Result<(Queue, Uuid, String)> {
        let url = self.scratch(name).await?;
        kiskadee_queue::migrate(&url).await?;
        let queue = Queue::connect(&ConnectOptions {
            max_connections: 16,
            ..ConnectOptions::new(&url)
        })?;
        let worker = Uuid::now_v7();
        queue
            .register(
                worker,
                &serde_json::json!({"name": "load"}),
                std::time::Duration::from_hours(2),
            )
            .await?;
        Ok((queue, worker, url))
    }
}
