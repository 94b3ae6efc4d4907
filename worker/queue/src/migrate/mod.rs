//! Brings a database up to date: tables by migrations, each once and in order; functions as a set, whenever it has changed.
//! All that is lacking comes in one transaction, so that no function of one release ever stands on the tables of another; but for
//! indexes that are made while others write, which come behind.

mod changes;
mod definitions;
mod error;
mod fleet;
mod functions;
mod header;
mod lock;
mod locks;
mod outside;
mod patience;
mod predecessor;
mod records;
mod release;
mod schema;
mod source;

use std::{str::FromStr, time::Duration};

use sqlx::{
    Connection, PgConnection,
    migrate::{Migrate as _, MigrateError},
    postgres::PgConnectOptions,
};

pub use changes::{Changes, FunctionChanges, PendingMigration};
pub use error::{Holder, MigrationError};
pub use fleet::Living;
pub use header::Phase;
pub use patience::Patience;
pub use release::Release;
pub use schema::{Newer, Reading, reading, reading_of};
pub use source::Source;

use crate::Result;

/// How a database is brought up to date.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub patience: Patience,
    /// Leaves what takes something away for later.
    pub expand_only: bool,
    /// The bound of each statement; none where nothing is said.
    pub statement_timeout: Option<Duration>,
    /// Does all in a transaction, and takes it back. Indexes that are made while others write are left out.
    pub dry_run: bool,
    /// The caller knows that no other program lives, whatever stands in the database of those that died.
    pub alone: bool,
    pub source: Source,
}

/// Applies what the database lacks, and tells what that was. May be called by several at once: an advisory lock of the
/// session lets one work while the others wait, so the address must lead to Postgres itself, not to a transaction-mode pooler.
pub async fn migrate(url: &str) -> Result<Changes> {
    migrate_with(url, &Options::default()).await
}

/// As [`migrate`], in another way.
pub async fn migrate_with(url: &str, options: &Options) -> Result<Changes> {
    let address = address(url)?;
    let mut connection = PgConnection::connect_with(&address).await?;
    let pid = sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(&mut connection)
        .await?;
    let work = apply(&mut connection, options);
    // In a box, for the future of all migrations is large.
    let changes = Box::pin(lock::watched(&address, pid, work)).await?;
    connection.close().await?;
    Ok(changes)
}

/// What [`migrate`] would do. Only reads, and waits for nobody.
pub async fn plan(url: &str) -> Result<Changes> {
    plan_with(url, &Options::default()).await
}

/// What [`migrate_with`] would do; what cannot be done yet is told by [`Changes::blocked`].
pub async fn plan_with(url: &str, options: &Options) -> Result<Changes> {
    let mut connection = PgConnection::connect_with(&address(url)?).await?;
    sqlx::raw_sql("set session characteristics as transaction read only")
        .execute(&mut connection)
        .await?;
    let changes = Changes::find(&mut connection, options).await?;
    connection.close().await?;
    Ok(changes)
}

fn address(url: &str) -> Result<PgConnectOptions> {
    Ok(PgConnectOptions::from_str(url)?.application_name("kiskadee-migrate"))
}

async fn apply(connection: &mut PgConnection, options: &Options) -> error::Result<Changes> {
    lock::take_turn(connection, options.patience.turn).await?;
    lock::set_statement_timeout(connection, options.statement_timeout).await?;
    let changes = Changes::find(connection, options).await?;
    if changes.is_empty() {
        return Ok(changes);
    }
    if let Some(blocked) = changes.blocked() {
        return Err(MigrationError::blocked(blocked));
    }
    inside(connection, options, &changes).await?;
    if !options.dry_run {
        behind(connection, options, &changes).await?;
    }
    Ok(changes)
}

/// All that stands in one transaction, again where a lock was not free.
async fn inside(
    connection: &mut PgConnection,
    options: &Options,
    changes: &Changes,
) -> error::Result<()> {
    for attempt in options.patience.attempts() {
        lock::set_timeout(connection, attempt.lock).await?;
        let mut transaction = connection.begin().await?;
        let made = make(&mut transaction, options, changes).await;
        if made.is_ok() && !options.dry_run {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        match (made, attempt.pause) {
            (Err(error), Some(pause)) if error.passes() => tokio::time::sleep(pause).await,
            (made, _) => return made,
        }
    }
    Ok(())
}

/// What runs outside of a transaction.
async fn behind(
    connection: &mut PgConnection,
    options: &Options,
    changes: &Changes,
) -> error::Result<()> {
    let all = changes.migrations.iter().filter(|one| one.is_outside);
    for pending in all {
        let Some(migration) = options.source.find(pending.version) else {
            continue;
        };
        for attempt in options.patience.attempts() {
            lock::set_timeout(connection, attempt.lock).await?;
            match (outside::apply(connection, migration).await, attempt.pause) {
                (Err(error), Some(pause)) if error.passes() => tokio::time::sleep(pause).await,
                (made, _) => {
                    made?;
                    break;
                }
            }
        }
        records::note(connection, &options.source, None).await?;
    }
    Ok(())
}

/// Within the caller's transaction, of which each migration is a savepoint.
async fn make(
    transaction: &mut PgConnection,
    options: &Options,
    changes: &Changes,
) -> error::Result<()> {
    if changes.takes_over {
        predecessor::take_over(transaction).await?;
    }
    let table = "_sqlx_migrations";
    transaction.ensure_migrations_table(table).await?;
    if let Some(version) = transaction.dirty_version(table).await? {
        return Err(MigrateError::Dirty(version).into());
    }
    for pending in changes.migrations.iter().filter(|one| !one.is_outside) {
        if let Some(migration) = options.source.find(pending.version) {
            transaction.apply(table, migration).await?;
        }
    }
    if changes.functions.is_some() {
        functions::apply(transaction).await?;
    }
    records::note(transaction, &options.source, changes.needs()).await
}
