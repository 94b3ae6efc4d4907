//! Waiting, but not for ever: the turn among several that migrate, the bound for every other lock, and who holds one.

use std::{pin::pin, time::Duration};

use sqlx::{ConnectOptions as _, PgConnection, migrate::Migrate as _, postgres::PgConnectOptions};

use super::error::{Holder, MigrationError, Result};

/// Much shorter than any bound of a wait, so that the holder is known when the wait ends.
const LOOK: Duration = Duration::from_millis(250);

/// Waits until nobody else migrates this database. It is sqlx's own lock, so an older version of this program waits, too.
pub(super) async fn take_turn(connection: &mut PgConnection, bound: Duration) -> Result<()> {
    set_timeout(connection, bound).await?;
    Ok(connection.lock().await?)
}

pub(super) async fn set_timeout(connection: &mut PgConnection, bound: Duration) -> Result<()> {
    sqlx::query("select set_config('lock_timeout', $1, false)")
        .bind(format!("{}ms", bound.as_millis()))
        .execute(connection)
        .await?;
    Ok(())
}

/// None: as long as a statement takes.
pub(super) async fn set_statement_timeout(
    connection: &mut PgConnection,
    bound: Option<Duration>,
) -> Result<()> {
    sqlx::query("select set_config('statement_timeout', $1, false)")
        .bind(format!("{}ms", bound.unwrap_or_default().as_millis()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Does the work of the session `pid`, and when it fails for a lock, tells who held it. That can only be seen while it is waited for, so a second
/// session looks meanwhile.
pub(super) async fn watched<T>(
    options: &PgConnectOptions,
    pid: i32,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut work = pin!(work);
    let mut seen = Vec::new();
    let mut observer = None;
    let outcome = loop {
        tokio::select! {
            outcome = &mut work => break outcome,
            () = tokio::time::sleep(LOOK) => {
                // Without a second session the work goes on; the error then names nobody.
                if observer.is_none() {
                    observer = options.connect().await.ok();
                }
                if let Some(observer) = &mut observer
                    && let Ok(holders) = holders(observer, pid).await
                    && !holders.is_empty()
                {
                    seen = holders;
                }
            }
        }
    };
    outcome.map_err(|error| error.held_by(seen))
}

impl MigrationError {
    fn held_by(self, seen: Vec<Holder>) -> Self {
        match self {
            Self::Locked { source, .. } => Self::Locked {
                holders: seen,
                source,
            },
            other => other,
        }
    }
}

async fn holders(observer: &mut PgConnection, pid: i32) -> sqlx::Result<Vec<Holder>> {
    sqlx::query_as(include_str!("../../queries/lock_holders.sql"))
        .bind(pid)
        .fetch_all(observer)
        .await
}
