//! Why a database could not be brought up to date, and what to do about it.

use std::{borrow::Cow, fmt};

use sqlx::migrate::MigrateError;

use super::{PendingMigration, fleet::Living, schema::Newer};

pub(super) type Result<T> = std::result::Result<T, MigrationError>;

#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error(
        "a lock was not free in time{}; nothing was changed. End that session \
         (select pg_terminate_backend(pid)) or wait for it, then run `kiskadee migrate` again", held_by(.holders)
    )]
    Locked {
        holders: Vec<Holder>,
        #[source]
        source: sqlx::Error,
    },
    #[error(
        "this database has only some of the migrations of the release before; it lacks {}. Run `kiskadee migrate` of \
         that release, then of this one", listed(.missing)
    )]
    Half { missing: Vec<i64> },
    #[error(
        "the migrations 1 to {last} of this database are not those of the release before, so it cannot be taken over. \
         Make a new database, or restore one that a release made"
    )]
    Foreign { last: i64 },
    #[error(
        "this database has the migration {version}, which this version does not know: a later one made it. Run \
         `kiskadee migrate` of that version"
    )]
    Newer { version: i64 },
    #[error(
        "this database has the migration {version} with another text than this version: it was edited after it had been \
         applied. Undo the edit; what is to change goes into a new migration"
    )]
    Edited { version: i64 },
    #[error(
        "the migration {version} cannot run in a transaction together with the functions; nothing was changed. An index is \
         made concurrently by a migration that says `-- transaction: none`"
    )]
    Outside { version: i64 },
    #[error("the migration {version} does not say what it must: {problem}")]
    Header { version: i64, problem: String },
    #[error(
        "the migration {version} takes away what programs older than {needs} use, and these still live: {}. Nothing was changed. Wait \
         until they have ended; `kiskadee migrate --phase expand` applies what does not need that", named(.living)
    )]
    Alive {
        version: i64,
        needs: String,
        living: Vec<Living>,
    },
    #[error("{0}. Run that release or a later one")]
    Unreadable(Newer),
    #[error("the function of {place} cannot be made; nothing was changed")]
    Function {
        place: String,
        #[source]
        source: sqlx::Error,
    },
    #[error(
        "another session and this one waited for each other, and Postgres ended this one; nothing was changed. Run \
         `kiskadee migrate` again"
    )]
    Deadlock(#[source] sqlx::Error),
    #[error("a migration failed; nothing was changed")]
    Migration(#[source] MigrateError),
    #[error("the database refused")]
    Database(#[source] sqlx::Error),
}

/// A session that holds a lock which was waited for. Without the text of its query, which may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Holder {
    pub pid: i32,
    pub application: String,
    pub state: String,
    pub query_start: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pid,
            application,
            state,
            query_start,
        } = self;
        write!(
            f,
            "pid {pid} (application {application:?}, {state}, its last query began at {query_start})"
        )
    }
}

/// SQLSTATE of `lock_timeout`.
const LOCK_NOT_AVAILABLE: &str = "55P03";
const DEADLOCK_DETECTED: &str = "40P01";
/// Of `create index concurrently`, `vacuum` and the like.
const ACTIVE_SQL_TRANSACTION: &str = "25001";

/// Of a schema or a function that is not there.
const ABSENT: [&str; 3] = ["3F000", "42883", "42P01"];

impl MigrationError {
    /// Whether others have caused it, and it may be tried again.
    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::Deadlock(_))
    }

    /// Of a migration that must wait for somebody's end.
    pub(super) fn blocked(pending: &PendingMigration) -> Self {
        Self::Alive {
            version: pending.version,
            needs: pending.needs.iter().map(ToString::to_string).collect(),
            living: pending.older.clone(),
        }
    }
}

impl From<sqlx::Error> for MigrationError {
    fn from(source: sqlx::Error) -> Self {
        match sqlstate(&source).as_deref() {
            Some(LOCK_NOT_AVAILABLE) => {
                let holders = Vec::new();
                Self::Locked { holders, source }
            }
            Some(DEADLOCK_DETECTED) => Self::Deadlock(source),
            _ => Self::Database(source),
        }
    }
}

impl From<MigrateError> for MigrationError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(source) => source.into(),
            MigrateError::ExecuteMigration(source, _) if is_contention(&source) => source.into(),
            MigrateError::ExecuteMigration(source, version)
                if sqlstate(&source).as_deref() == Some(ACTIVE_SQL_TRANSACTION) =>
            {
                Self::Outside { version }
            }
            other => Self::Migration(other),
        }
    }
}

/// Whether it failed for what others do, and may be tried again.
pub(super) fn is_contention(error: &sqlx::Error) -> bool {
    let code = sqlstate(error);
    matches!(
        code.as_deref(),
        Some(LOCK_NOT_AVAILABLE | DEADLOCK_DETECTED)
    )
}

/// Whether what was asked for is of a later release than the database.
pub(super) fn is_absent(error: &sqlx::Error) -> bool {
    sqlstate(error).is_some_and(|code| ABSENT.contains(&&*code))
}

fn sqlstate(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code()
}

fn held_by(holders: &[Holder]) -> String {
    if holders.is_empty() {
        return String::new();
    }
    let holders: Vec<_> = holders.iter().map(Holder::to_string).collect();
    format!(": it is held by {}", holders.join(" and "))
}

fn named(living: &[Living]) -> String {
    let living: Vec<_> = living.iter().map(Living::to_string).collect();
    living.join(", ")
}

fn listed(versions: &[i64]) -> String {
    let versions: Vec<_> = versions.iter().map(i64::to_string).collect();
    versions.join(", ")
}
