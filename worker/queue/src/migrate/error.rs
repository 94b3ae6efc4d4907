//! Why a database could not be brought up to date, and what to do about it.

use std::fmt;

use sqlx::migrate::MigrateError;

pub(super) type Result<T> = std::result::Result<T, MigrationError>;

#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error(
        "a lock was not free in time{}; nothing of this step was changed. End that session \
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
    #[error("the function of {place} cannot be made; no function was changed")]
    Function {
        place: String,
        #[source]
        source: sqlx::Error,
    },
    #[error("a migration failed; it changed nothing, those before it stay")]
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

impl From<sqlx::Error> for MigrationError {
    fn from(source: sqlx::Error) -> Self {
        if is_lock_timeout(&source) {
            let holders = Vec::new();
            return Self::Locked { holders, source };
        }
        Self::Database(source)
    }
}

impl From<MigrateError> for MigrationError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(source) => source.into(),
            MigrateError::ExecuteMigration(source, _) if is_lock_timeout(&source) => source.into(),
            other => Self::Migration(other),
        }
    }
}

pub(super) fn is_lock_timeout(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == LOCK_NOT_AVAILABLE)
}

fn held_by(holders: &[Holder]) -> String {
    if holders.is_empty() {
        return String::new();
    }
    let holders: Vec<_> = holders.iter().map(Holder::to_string).collect();
    format!(": it is held by {}", holders.join(" and "))
}

fn listed(versions: &[i64]) -> String {
    let versions: Vec<_> = versions.iter().map(i64::to_string).collect();
    versions.join(", ")
}
