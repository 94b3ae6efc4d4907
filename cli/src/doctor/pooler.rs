//! Whether a pooler stands before Postgres that forgets what was prepared.
//!
//! A session of one's own remembers its statements, whatever others do meanwhile. Behind a pooler in transaction mode that does not track
//! them, the other has by then the session in which they were prepared.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;

use super::database;
use super::findings::Findings;

const ROUNDS: usize = 4;
/// With one session behind the pooler the statement waits for the other's end, which tells nothing.
const ANOTHER: Duration = Duration::from_millis(200);
const WITHIN: Duration = Duration::from_secs(10);
/// A name that is not known, or is another's.
const LOST: [&str; 2] = ["26000", "42P05"];

pub(super) async fn look(findings: &mut Findings, url: &str) {
    match timeout(WITHIN, forgets(url)).await {
        Ok(Ok(false)) => findings.ok("pooler", "prepared statements are kept"),
        Ok(Ok(true)) => findings.problem(
            "pooler",
            "a pooler stands before Postgres that forgets prepared statements",
            "PgBouncer 1.21 or newer with max_prepared_statements = 100; else --behind-pooler for edges and workers",
        ),
        Ok(Err(error)) => findings.skipped("pooler", &error.to_string()),
        Err(_) => findings.skipped("pooler", "no answer in time"),
    }
}

async fn forgets(url: &str) -> sqlx::Result<bool> {
    let options = database::options(url)?;
    let mut one = PgConnection::connect_with(&options).await?;
    let mut other = PgConnection::connect_with(&options).await?;
    for _ in 0..ROUNDS {
        match round(&mut one, &mut other).await {
            Err(sqlx::Error::Database(error)) if is_lost(error.code().as_deref()) => {
                return Ok(true);
            }
            outcome => outcome?,
        }
    }
    Ok(false)
}

fn is_lost(code: Option<&str>) -> bool {
    code.is_some_and(|code| LOST.contains(&code))
}

async fn round(one: &mut PgConnection, other: &mut PgConnection) -> sqlx::Result<()> {
    // The first time it is prepared, and kept by its name.
    sqlx::query("select 1").execute(&mut *one).await?;
    sqlx::raw_sql("begin").execute(&mut *other).await?;
    let executed = timeout(ANOTHER, sqlx::query("select 1").execute(one)).await;
    sqlx::raw_sql("commit").execute(other).await?;
    executed.map_or(Ok(()), |outcome| outcome.map(drop))
}
