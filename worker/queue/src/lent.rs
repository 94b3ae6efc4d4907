//! A connection lent by the pool for one statement. Only one that has answered goes back: what became of a statement without an
//! answer is unknown, and a connection on which one was cut is in the middle of it.

use std::time::Duration;

use sqlx::{PgConnection, Postgres, pool::PoolConnection};
use tokio::time::{error::Elapsed, timeout};

/// The pool asks a connection that comes back whether it lives. It knows no deadline for that, and its place would be taken
/// for ever.
const RETURN_WITHIN: Duration = Duration::from_secs(5);

pub(crate) struct Lent {
    connection: Option<PoolConnection<Postgres>>,
    has_answered: bool,
}

impl Lent {
    pub(crate) fn new(connection: PoolConnection<Postgres>) -> Self {
        Self {
            connection: Some(connection),
            has_answered: false,
        }
    }

    pub(crate) fn connection(&mut self) -> sqlx::Result<&mut PgConnection> {
        let connection = self.connection.as_deref_mut();
        connection.ok_or(sqlx::Error::WorkerCrashed)
    }

    /// What came of the statement that was run on it.
    pub(crate) fn answered<T>(
        &mut self,
        answer: Result<sqlx::Result<T>, Elapsed>,
    ) -> sqlx::Result<T> {
        self.has_answered = answer.is_ok();
        answer.unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())))
    }
}

/// Also when the statement is dropped by one who waits no longer.
impl Drop for Lent {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        if self.has_answered {
            tokio::spawn(timeout(RETURN_WITHIN, connection.return_to_pool()));
        } else {
            // Its socket is closed without a word, which would not arrive.
            drop(connection.detach());
        }
    }
}
