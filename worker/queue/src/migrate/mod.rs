//! Brings a database up to date: tables by migrations, each once and in order; functions as a set, whenever it has changed.
//! All that is lacking comes in one transaction, so that no function of one release ever stands on the tables of another.

mod changes;
mod definitions;
mod error;
mod functions;
mod lock;
mod predecessor;

use std::{str::FromStr, time::Duration};

use sqlx::{Connection, PgConnection, migrate::Migrator, postgres::PgConnectOptions};

pub use changes::{Changes, FunctionChanges, PendingMigration};
pub use error::{Holder, MigrationError};

use crate::Result;

static MIGRATOR: Migrator = sqlx::migrate!("../../shared/migrations");

/// How long to wait for what others hold.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For another `migrate` of this database to end.
    pub turn: Duration,
    /// For a lock on a table or a row. Short, for whoever uses the table meanwhile stands in line behind.
    pub lock: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            turn: Duration::from_mins(2),
            lock: Duration::from_secs(10),
        }
    }
}

/// Applies what the database lacks, and tells what that was. May be called by several at once: an advisory lock of the
/// session lets one work while the others wait, so the address must lead to Postgres itself, not to a transaction-mode pooler.
pub async fn migrate(url: &str) -> Result<Changes> {
    migrate_with(url, Patience::default()).await
}

/// As [`migrate`], with other bounds for the waits.
pub async fn migrate_with(url: &str, patience: Patience) -> Result<Changes> {
    let options = options(url)?;
    let mut connection = PgConnection::connect_with(&options).await?;
    let pid = sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(&mut connection)
        .await?;
    let work = apply(&mut connection, patience);
    // In a box, for the future of all migrations is large.
    let changes = Box::pin(lock::watched(&options, pid, work)).await?;
    connection.close().await?;
    Ok(changes)
}

/// What [`migrate`] would do. Only reads, and waits for nobody.
pub async fn plan(url: &str) -> Result<Changes> {
    let mut connection = PgConnection::connect_with(&options(url)?).await?;
    sqlx::raw_sql("set session characteristics as transaction read only")
        .execute(&mut connection)
        .await?;
    let changes = Changes::find(&mut connection).await?;
    connection.close().await?;
    Ok(changes)
}

fn options(url: &str) -> Result<PgConnectOptions> {
    Ok(PgConnectOptions::from_str(url)?.application_name("kiskadee-migrate"))
}

async fn apply(connection: &mut PgConnection, patience: Patience) -> error::Result<Changes> {
    lock::take_turn(connection, patience.turn).await?;
    lock::set_timeout(connection, patience.lock).await?;
    let changes = Changes::find(connection).await?;
    if !changes.is_empty() {
        let mut transaction = connection.begin().await?;
        make(&mut transaction, &changes).await?;
        transaction.commit().await?;
    }
    Ok(changes)
}

/// Within the caller's transaction, of which each migration is a savepoint.
async fn make(transaction: &mut PgConnection, changes: &Changes) -> error::Result<()> {
    if changes.takes_over {
        predecessor::take_over(transaction).await?;
    }
    if !changes.migrations.is_empty() {
        MIGRATOR.run(&mut *transaction).await?;
    }
    if changes.functions.is_some() {
        functions::apply(transaction).await?;
    }
    Ok(())
}
