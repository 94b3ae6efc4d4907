//! What a deploy asks of the database, as its owner.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};

use super::file::DeployFile;
use crate::given;

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Facts {
    /// Seconds since 1970, by its clock.
    pub(super) now: f64,
    pub(super) failed_migrations: i64,
    /// Of the newest backup.
    pub(super) backup_age: Option<f64>,
}

/// The owner's address, from the environment or the file that it names there.
pub(super) fn url(file: &DeployFile) -> Result<String> {
    let name = &file.database_url_env;
    let said = std::env::var(name).ok();
    Ok(given::required(name, said.as_ref())?.read()?)
}

pub(super) async fn connect(file: &DeployFile) -> Result<PgConnection> {
    let url = url(file)?;
    let connecting = tokio::time::timeout(PATIENCE, PgConnection::connect(&url));
    // The error may name the address.
    let connected = connecting.await.ok().and_then(Result::ok);
    connected.context("the database cannot be reached")
}

pub(super) async fn facts(file: &DeployFile) -> Result<Facts> {
    let mut session = connect(file).await?;
    let is_there: bool = sqlx::query_scalar(
        "select to_regclass('_sqlx_migrations') is not null and to_regclass('storage.backup') is not null",
    )
    .fetch_one(&mut session)
    .await?;
    let (failed_migrations, backup_age) = if is_there {
        sqlx::query_as(
            "select (select count(*) from _sqlx_migrations where not success),
               (select extract(epoch from clock_timestamp() - max(b.taken_at))::float8 from storage.backup b)",
        )
        .fetch_one(&mut session)
        .await?
    } else {
        (0, None)
    };
    let now = sqlx::query_scalar("select extract(epoch from clock_timestamp())::float8")
        .fetch_one(&mut session)
        .await?;
    session.close().await?;
    Ok(Facts {
        now,
        failed_migrations,
        backup_age,
    })
}

/// The metrics of the fleet, as its page has them.
pub(super) async fn metrics(file: &DeployFile) -> Result<Value> {
    let mut session = connect(file).await?;
    let text: String = sqlx::query_scalar("select api.metrics()")
        .fetch_one(&mut session)
        .await?;
    session.close().await?;
    Ok(serde_json::from_str(&text)?)
}
