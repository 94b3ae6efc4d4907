//! What a database lacks of this version.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgConnection, migrate::Migration};

use super::{
    Options,
    definitions::{bodies, digest, schemas},
    error::{MigrationError, Result},
    fleet::{self, Living},
    functions::applied_digest,
    header::{Header, Phase},
    locks::locks,
    predecessor,
    records::{self, Applied},
    release::Release,
    schema::Newer,
    source::Source,
};

/// What was done, or is to be done, to bring a database up to date.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// The release before made the database; its migrations are exchanged for the ones that stand for them.
    pub takes_over: bool,
    /// In the order in which they run: those outside of a transaction come last.
    pub migrations: Vec<PendingMigration>,
    /// None when the database has the functions of this version.
    pub functions: Option<FunctionChanges>,
    /// A later release made the database, and this one can read it: it is left as it is.
    pub newer: Option<Newer>,
    /// Migrations that contract, left for later by whoever wanted the others alone.
    pub left: Vec<PendingMigration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingMigration {
    pub version: i64,
    pub description: String,
    pub phase: Phase,
    /// The oldest release whose programs run on what it makes.
    pub needs: Option<Release>,
    /// It makes an index while others write.
    pub is_outside: bool,
    /// Of what is there already: `access exclusive on queue.job`.
    pub locks: Vec<String>,
    /// Programs that must end first, for they are older than it allows.
    pub older: Vec<Living>,
}

/// Names of functions, `schema.name`, by their bodies. Where none differs, grants, attributes, a view or a comment do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FunctionChanges {
    pub added: Vec<String>,
    pub changed: Vec<String>,
}

impl Changes {
    /// Whether there is nothing to do now.
    pub fn is_empty(&self) -> bool {
        !self.takes_over && self.migrations.is_empty() && self.functions.is_none()
    }

    /// The first migration that must wait for somebody's end.
    pub fn blocked(&self) -> Option<&PendingMigration> {
        self.migrations
            .iter()
            .find(|pending| !pending.older.is_empty())
    }

    pub(super) async fn find(connection: &mut PgConnection, options: &Options) -> Result<Self> {
        let source = &options.source;
        let applied = records::applied(connection).await?;
        let takes_over = predecessor::made(&applied)?;
        if !takes_over {
            applied
                .iter()
                .try_for_each(|had| records::check(source, had))?;
            if let Some(newer) = records::newer(connection, source, &applied).await? {
                return Self::of_newer(source, &applied, newer);
            }
        }
        let living = if options.alone {
            Vec::new()
        } else {
            fleet::living(connection).await?
        };
        let (migrations, left) = pending(options, &applied, takes_over, &living)?;
        let has_set = applied_digest(connection).await?.as_ref() == Some(&digest());
        let functions = if has_set && migrations.is_empty() {
            None
        } else {
            Some(FunctionChanges::find(connection).await?)
        };
        Ok(Self {
            takes_over,
            migrations,
            functions,
            newer: None,
            left,
        })
    }

    /// Nothing, unless it also lacks what this program has: then neither is the later one.
    fn of_newer(source: &Source, applied: &[Applied], newer: Newer) -> Result<Self> {
        let has = |version| applied.iter().any(|had| had.version == version);
        for lacking in source.migrations.iter().filter(|own| !has(own.version)) {
            if Header::of(lacking)?.phase == Phase::Expand {
                return Err(MigrationError::Newer {
                    version: newer.database,
                });
            }
        }
        Ok(Self {
            newer: Some(newer),
            ..Self::default()
        })
    }

    /// The oldest release that can read the database afterwards, as far as these migrations say.
    pub(super) fn needs(&self) -> Option<&Release> {
        let needs = self.migrations.iter().map(|pending| pending.needs.as_ref());
        needs.max().flatten()
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

/// Those to run now, and those that contract where the others are wanted alone.
fn pending(
    options: &Options,
    applied: &[Applied],
    takes_over: bool,
    living: &[Living],
) -> Result<(Vec<PendingMigration>, Vec<PendingMigration>)> {
    let has = |version| {
        takes_over && predecessor::stands_for(version)
            || applied.iter().any(|had| had.version == version)
    };
    let lacking = options.source.migrations.iter();
    let lacking = lacking.filter(|migration| !has(migration.version));
    let all = lacking.map(|migration| PendingMigration::of(migration, living));
    let all: Vec<_> = all.collect::<Result<_>>()?;
    let is_now = |one: &PendingMigration| !options.expand_only || one.phase == Phase::Expand;
    let (mut now, left): (Vec<_>, Vec<_>) = all.into_iter().partition(is_now);
    now.sort_by_key(|one| (one.is_outside, one.version));
    Ok((now, left))
}

impl PendingMigration {
    /// An error where it asks sqlx to run it outside of a transaction (`-- no-transaction` in its first line).
    fn of(migration: &Migration, living: &[Living]) -> Result<Self> {
        let version = migration.version;
        if migration.no_tx {
            return Err(MigrationError::Outside { version });
        }
        let Header {
            phase,
            needs,
            is_outside,
        } = Header::of(migration)?;
        let older = needs
            .as_ref()
            .map_or_else(Vec::new, |needs| fleet::older(living, needs));
        Ok(Self {
            version,
            description: migration.description.to_string(),
            phase,
            needs,
            is_outside,
            locks: locks(migration.sql.as_str()).into_iter().collect(),
            older,
        })
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{SqlSafeStr as _, migrate::MigrationType};

    use super::{super::source::MIGRATOR, *};

    fn migration(no_tx: bool) -> Migration {
        let text = "vacuum".into_sql_str();
        Migration::new(7, "words".into(), MigrationType::Simple, text, no_tx)
    }

    #[test]
    fn a_migration_that_wants_no_transaction_is_refused() {
        assert!(PendingMigration::of(&migration(false), &[]).is_ok());
        let refused = PendingMigration::of(&migration(true), &[]);
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
            PendingMigration::of(migration, &[]).unwrap();
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
