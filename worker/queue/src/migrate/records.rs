//! What a database keeps of the migrations that it has.

use sqlx::{Connection as _, PgConnection};

use super::{
    error::{MigrationError, Result},
    release::Release,
    schema::Newer,
    source::Source,
};

/// A migration that a database has.
#[derive(sqlx::FromRow)]
pub(super) struct Applied {
    pub(super) version: i64,
    pub(super) checksum: Vec<u8>,
    pub(super) success: bool,
}

pub(super) async fn applied(connection: &mut PgConnection) -> Result<Vec<Applied>> {
    if !exists(connection, "_sqlx_migrations").await? {
        return Ok(Vec::new());
    }
    let query = "select version, checksum, success from _sqlx_migrations order by version";
    Ok(sqlx::query_as(query).fetch_all(connection).await?)
}

pub(super) async fn exists(connection: &mut PgConnection, table: &str) -> Result<bool> {
    let query = sqlx::query_scalar("select to_regclass($1) is not null").bind(table);
    Ok(query.fetch_one(connection).await?)
}

/// Whether this program has the migration, and with the same text. One that it does not know is another matter.
pub(super) fn check(source: &Source, had: &Applied) -> Result<()> {
    let &Applied { version, .. } = had;
    match source.find(version) {
        Some(known) if *known.checksum != had.checksum => Err(MigrationError::Edited { version }),
        _ => Ok(()),
    }
}

/// How the database is newer, where it has a migration that the program does not know; an error where the program cannot read it.
pub(super) async fn newer(
    connection: &mut PgConnection,
    source: &Source,
    applied: &[Applied],
) -> Result<Option<Newer>> {
    let unknown = applied
        .iter()
        .rfind(|had| source.find(had.version).is_none());
    let Some(unknown) = unknown else {
        return Ok(None);
    };
    if !exists(connection, "kiskadee.schema").await? {
        return Err(MigrationError::Newer {
            version: unknown.version,
        });
    }
    let min_reader = sqlx::query_scalar("select min_reader from kiskadee.schema")
        .fetch_optional(connection)
        .await?
        .flatten();
    let newer = Newer {
        database: unknown.version,
        known: source.known(),
        release: source.release.clone().into_owned(),
        min_reader,
    };
    newer.or_refusal().map(Some)
}

/// Writes down up to where the database is, and who can read it, in the caller's transaction.
pub(super) async fn note(
    connection: &mut PgConnection,
    source: &Source,
    needs: Option<&Release>,
) -> Result<()> {
    let mut step = connection.begin().await?;
    let before: Option<String> = sqlx::query_scalar("select min_reader from kiskadee.schema")
        .fetch_optional(&mut *step)
        .await?
        .flatten();
    let before = before.as_deref().and_then(Release::parse);
    let needed = before.as_ref().max(needs);
    sqlx::query(
        "insert into kiskadee.schema as s (version, min_reader, migrated_by)
         select max(m.version), $1, $2 from _sqlx_migrations m
         on conflict (only_row) do update set version = excluded.version, min_reader = excluded.min_reader,
           migrated_by = excluded.migrated_by, migrated_at = excluded.migrated_at",
    )
    .bind(needed.map(Release::to_string))
    .bind(&*source.release)
    .execute(&mut *step)
    .await?;
    Ok(step.commit().await?)
}
