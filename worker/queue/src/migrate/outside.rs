//! Migrations that run outside of a transaction: indexes that are made while others write.

use sqlx::{
    AssertSqlSafe, PgConnection,
    migrate::{Migrate as _, Migration},
};

use super::error::Result;

/// Runs one and writes it down. An index that an earlier attempt left half made is dropped first: `if not exists` would take it for whole.
pub(super) async fn apply(connection: &mut PgConnection, migration: &Migration) -> Result<()> {
    for index in half_made(connection, migration.sql.as_str()).await? {
        let drop_it = format!("drop index concurrently if exists {index}");
        sqlx::raw_sql(AssertSqlSafe(drop_it))
            .execute(&mut *connection)
            .await?;
    }
    sqlx::raw_sql(migration.sql.clone())
        .execute(&mut *connection)
        .await?;
    Ok(connection.skip("_sqlx_migrations", migration).await?)
}

/// The indexes that are not valid and whose names stand in the text.
async fn half_made(connection: &mut PgConnection, text: &str) -> Result<Vec<String>> {
    let query = "select i.indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indexrelid
                 where not i.indisvalid and c.relname = any($1)";
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    Ok(sqlx::query_scalar(query)
        .bind(words)
        .fetch_all(connection)
        .await?)
}
