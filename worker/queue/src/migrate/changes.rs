//! What a database lacks of this version.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgConnection, migrate::Migration};

use super::{
    MIGRATOR,
    definitions::{bodies, digest, schemas},
    error::{MigrationError, Result},
    functions::applied_digest,
    predecessor,
};

/// What was done, or is to be done, to bring a database up to date.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// The release before made the database; its migrations are exchanged for the ones that stand for them.
    pub takes_over: bool,
    pub migrations: Vec<PendingMigration>,
    /// None when the database has the functions of this version.
    pub functions: Option<FunctionChanges>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingMigration {
    pub version: i64,
    pub description: String,
}

/// Names of functions, `schema.name`, by their bodies. Where none differs, grants, attributes, a view or a comment do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FunctionChanges {
    pub added: Vec<String>,
    pub changed: Vec<String>,
}

/// A migration that a database has.
#[derive(sqlx::FromRow)]
pub(super) struct Applied {
    pub(super) version: i64,
    pub(super) checksum: Vec<u8>,
    pub(super) success: bool,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) async fn find(connection: &mut PgConnection) -> Result<Self> {
        let applied = applied(connection).await?;
        let takes_over = predecessor::made(&applied)?;
        let functions = if applied_digest(connection).await?.as_ref() == Some(&digest()) {
            None
        } else {
            Some(FunctionChanges::find(connection).await?)
        };
        Ok(Self {
            takes_over,
            migrations: pending(&applied, takes_over)?,
            functions,
        })
    }
}

impl FunctionChanges {
    async fn find(connection: &mut PgConnection) -> Result<Self> {
        let query =
            "select n.nspname || '.' || p.proname, p.prosrc from pg_proc p join pg_namespace n
             on n.oid = p.pronamespace where n.nspname = any($1)";
        let rows: Vec<(String, String)> = sqlx::query_as(query)
            .bind(schemas())
            .fetch_all(connection)
            .await?;
        let mut theirs = BTreeMap::<&str, BTreeSet<&str>>::new();
        for (name, body) in &rows {
            theirs.entry(name).or_default().insert(body);
        }
        let mut changes = Self::default();
        for (name, own) in bodies() {
            match theirs.get(name) {
                None => changes.added.push(name.to_owned()),
                Some(body) if *body != own => changes.changed.push(name.to_owned()),
                Some(_) => {}
            }
        }
        Ok(changes)
    }
}

async fn applied(connection: &mut PgConnection) -> Result<Vec<Applied>> {
    let is_there = "select to_regclass('_sqlx_migrations') is not null";
    if !sqlx::query_scalar(is_there)
        .fetch_one(&mut *connection)
        .await?
    {
        return Ok(Vec::new());
    }
    let query = "select version, checksum, success from _sqlx_migrations order by version";
    Ok(sqlx::query_as(query).fetch_all(connection).await?)
}

fn pending(applied: &[Applied], takes_over: bool) -> Result<Vec<PendingMigration>> {
    if !takes_over {
        applied.iter().try_for_each(check)?;
    }
    let has = |version| {
        takes_over && predecessor::stands_for(version)
            || applied.iter().any(|had| had.version == version)
    };
    let lacking = MIGRATOR.iter().filter(|migration| !has(migration.version));
    lacking.map(PendingMigration::of).collect()
}

impl PendingMigration {
    /// An error where it asks to run outside of a transaction (`-- no-transaction` in its first line).
    fn of(migration: &Migration) -> Result<Self> {
        let version = migration.version;
        if migration.no_tx {
            return Err(MigrationError::Outside { version });
        }
        Ok(Self {
            version,
            description: migration.description.to_string(),
        })
    }
}

/// Whether this program has the migration, and with the same text.
fn check(had: &Applied) -> Result<()> {
    let &Applied { version, .. } = had;
    match MIGRATOR.iter().find(|known| known.version == version) {
        None => Err(MigrationError::Newer { version }),
        Some(known) if *known.checksum != had.checksum => Err(MigrationError::Edited { version }),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{SqlSafeStr as _, migrate::MigrationType};

    use super::*;

    fn migration(no_tx: bool) -> Migration {
        let text = "vacuum".into_sql_str();
        Migration::new(7, "words".into(), MigrationType::Simple, text, no_tx)
    }

    #[test]
    fn a_migration_that_wants_no_transaction_is_refused() {
        assert!(PendingMigration::of(&migration(false)).is_ok());
        let refused = PendingMigration::of(&migration(true));
        assert!(matches!(
            refused,
            Err(MigrationError::Outside { version: 7 })
        ));
    }

    /// The transaction is that of `migrate`; a migration that ended it would stand without its functions.
    #[test]
    fn no_migration_begins_or_ends_a_transaction() {
        let words = [
            "begin;",
            "start ",
            "commit",
            "rollback",
            "abort",
            "end;",
            "savepoint",
        ];
        for migration in MIGRATOR.iter() {
            PendingMigration::of(migration).unwrap();
            for line in migration.sql.as_str().lines() {
                // Within a body `end;` is indented.
                let line = line.to_lowercase();
                assert!(
                    !words.iter().any(|word| line.starts_with(word)),
                    "{}: {line}",
                    migration.version
                );
            }
        }
    }
}
