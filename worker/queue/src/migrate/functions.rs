//! Functions are applied all together or not at all: the database has one release's set at any moment.

use sqlx::{AssertSqlSafe, PgConnection, postgres::PgDatabaseError};

use super::{
    definitions::{FILES, digest, schemas},
    error::{MigrationError, Result, is_contention},
};

/// Makes the database's functions those of this program, in the caller's transaction.
pub(super) async fn apply(transaction: &mut PgConnection) -> Result<()> {
    // A function may name one of a later file; so bodies are looked at when all are there.
    set_checks(transaction, false).await?;
    withdraw_grants(transaction).await?;
    for file in FILES {
        sqlx::raw_sql(file.text)
            .execute(&mut *transaction)
            .await
            .map_err(|error| failed(file.path, error))?;
    }
    check(transaction).await?;
    sqlx::query(
        "insert into kiskadee.function_set (digest) values ($1) on conflict (only_row) do update
         set digest = excluded.digest, applied_at = excluded.applied_at",
    )
    .bind(digest())
    .execute(transaction)
    .await?;
    Ok(())
}

/// The digest of the set that the database has, if any.
pub(super) async fn applied_digest(connection: &mut PgConnection) -> Result<Option<String>> {
    let is_there = "select to_regclass('kiskadee.function_set') is not null";
    if !sqlx::query_scalar(is_there)
        .fetch_one(&mut *connection)
        .await?
    {
        return Ok(None);
    }
    let digest = sqlx::query_scalar("select digest from kiskadee.function_set");
    Ok(digest.fetch_optional(connection).await?)
}

async fn set_checks(connection: &mut PgConnection, on: bool) -> Result<()> {
    sqlx::query("select set_config('check_function_bodies', $1, true)")
        .bind(if on { "on" } else { "off" })
        .execute(connection)
        .await?;
    Ok(())
}

/// Each file grants what it grants; without this, a grant that left its file would stay in databases that had it. Others see
/// nothing of it before the commit.
async fn withdraw_grants(connection: &mut PgConnection) -> Result<()> {
    let statements: String = sqlx::query_scalar(include_str!("../../queries/withdrawn_grants.sql"))
        .bind(schemas())
        .fetch_one(&mut *connection)
        .await?;
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(connection)
        .await?;
    Ok(())
}

/// A function that could not run fails here, before anybody calls it.
async fn check(connection: &mut PgConnection) -> Result<()> {
    set_checks(connection, true).await?;
    sqlx::query(include_str!("../../queries/check_functions.sql"))
        .bind(schemas())
        .execute(connection)
        .await
        .map_err(|error| failed("shared/functions", error))?;
    Ok(())
}

/// With what Postgres tells of the place, which names the function.
fn failed(file: &str, source: sqlx::Error) -> MigrationError {
    if is_contention(&source) {
        return source.into();
    }
    let refusal = source.as_database_error();
    let refusal = refusal.and_then(|refusal| refusal.try_downcast_ref::<PgDatabaseError>());
    let place = match refusal.and_then(PgDatabaseError::r#where) {
        Some(context) => format!("{file} ({context})"),
        None => file.to_owned(),
    };
    MigrationError::Function { place, source }
}
