//! Brings a database up to date.

use std::str::FromStr;

use sqlx::{Connection, PgConnection, migrate::Migrator, postgres::PgConnectOptions};

use crate::Result;

static MIGRATOR: Migrator = sqlx::migrate!("../../shared/migrations");

/// Applies the migrations that the database lacks. May be called by several at once: an advisory lock of the session lets
/// one work while the others wait, so the address must lead to Postgres itself, not to a transaction-mode pooler.
pub async fn migrate(url: &str) -> Result<()> {
    let options = PgConnectOptions::from_str(url)?.application_name("kiskadee-migrate");
    let mut connection = PgConnection::connect_with(&options).await?;
    MIGRATOR.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
