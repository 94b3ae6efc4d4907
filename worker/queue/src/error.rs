//! Errors by what the caller can do: try again, stop being this worker, or give up.

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Postgres is away or refuses for the moment. Every call of this crate may be repeated: what a lost answer had
    /// already done is found done.
    #[error("the database cannot serve this now")]
    Retry(#[source] sqlx::Error),
    /// The registration of this worker has expired. What it runs is another's; it must drop everything and register anew.
    #[error("the registration of this worker has expired")]
    Fenced,
    /// Repeating would not help.
    #[error("the database refused")]
    Fatal(#[source] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error(transparent)]
    Migrate(#[from] crate::MigrationError),
}

/// SQLSTATE of a worker whose row is gone or expired.
const NOT_ALIVE: &str = "KQ410";

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal) => match refusal.code() {
                Some(code) if code == NOT_ALIVE => Self::Fenced,
                Some(code) if passes(&code) => Self::Retry(error),
                _ => Self::Fatal(error),
            },
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed => Self::Retry(error),
            _ => Self::Fatal(error),
        }
    }
}

/// Whether a refusal passes by itself: lost connections (08), conflicts (40), exhausted resources (53), a shutdown,
/// restart or timeout (57), a lock not got (55P03), a database closed for a while (55000), a server that is not the primary
/// (25006), a function that is not there while the schema is brought up to date (42883), a password that was changed before its file was
/// (28P01): one that is wrong from the start is told where the schema is checked.
fn passes(code: &str) -> bool {
    ["08", "40", "53", "57"]
        .iter()
        .any(|class| code.starts_with(class))
        || matches!(code, "55P03" | "55000" | "25006" | "42883" | "28P01")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_passes_from_what_does_not() {
        for code in [
            "08006", "40P01", "53300", "57P01", "57014", "55P03", "55000", "25006", "42883",
            "28P01",
        ] {
            assert!(passes(code), "{code}");
        }
        for code in ["42P01", "22P05", "23505", "28000", "KQ410"] {
            assert!(!passes(code), "{code}");
        }
    }

    #[test]
    fn a_pool_without_a_free_connection_is_worth_another_try() {
        assert!(matches!(
            Error::from(sqlx::Error::PoolTimedOut),
            Error::Retry(_)
        ));
        assert!(matches!(
            Error::from(sqlx::Error::RowNotFound),
            Error::Fatal(_)
        ));
    }
}
