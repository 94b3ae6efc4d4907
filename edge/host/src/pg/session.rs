//! One session with Postgres: its prepared statements, and what it may still carry from its last user.
//!
//! A statement that can leave something behind (a setting, a lock, a transaction, a temporary table) marks its session,
//! and only a marked one is reset before somebody else gets it. The reset spares the prepared statements: they are what
//! makes the next query one round trip instead of two.

use std::{collections::HashMap, sync::Arc};

use tokio_postgres::{Client, Config, Statement};

/// More statements than a component has; one that builds SQL text by hand must not fill the server's memory.
const MAX_PREPARED: usize = 512;

/// Undoes everything a session can carry, except prepared statements.
const RESET: &str = "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; \
    SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";

/// A connection of the pool.
pub(super) struct Session {
    pub(super) client: Client,
    /// By which it was opened.
    config: Arc<Config>,
    prepared: HashMap<String, Statement>,
    pooling: Pooling,
    /// Something of the last user may be left in the session.
    dirty: bool,
    /// A transaction may have been left open.
    in_transaction: bool,
    /// A statement runs: set while one is under way, so that a session abandoned in the middle is not used again.
    busy: bool,
    cancel: Cancel,
}

/// What stands between us and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pooling {
    None,
    /// Successive statements may run in different sessions of the server: nothing may be prepared.
    Transactions,
}

type Cancel = Box<dyn Fn() + Send + Sync>;

impl Session {
    pub(super) fn new(
        client: Client,
        config: Arc<Config>,
        behind_pooler: bool,
        cancel: Cancel,
    ) -> Self {
        Self {
            client,
            config,
            prepared: HashMap::new(),
            pooling: if behind_pooler {
                Pooling::Transactions
            } else {
                Pooling::None
            },
            dirty: false,
            in_transaction: false,
            busy: false,
            cancel,
        }
    }

    pub(super) fn config(&self) -> &Arc<Config> {
        &self.config
    }

    pub(super) fn is_usable(&self) -> bool {
        !self.busy && !self.client.is_closed()
    }

    pub(super) fn is_behind_pooler(&self) -> bool {
        self.pooling == Pooling::Transactions
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Notes that `sql` runs from now on; `finished` ends it.
    pub(super) fn started(&mut self, sql: &str) {
        self.busy = true;
        self.dirty |= leaves_traces(sql);
        self.in_transaction |= begins_transaction(sql);
    }

    pub(super) fn finished(&mut self) {
        self.busy = false;
    }

    /// The prepared form of a statement, made at its first use.
    pub(super) async fn prepare(&mut self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        if self.prepared.len() >= MAX_PREPARED {
            self.prepared.clear();
        }
        self.prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Drops a prepared statement that the server refuses: a migration changed what it returns, or a pooler between us
    /// lost it.
    pub(super) fn forget(&mut self, sql: &str) {
        self.prepared.remove(sql);
    }

    pub(super) async fn reset(&mut self) -> Result<(), tokio_postgres::Error> {
        if std::mem::take(&mut self.in_transaction) {
            self.client.batch_execute("ROLLBACK").await?;
        }
        self.client.batch_execute(RESET).await?;
        self.dirty = false;
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Whoever asked has gone; the server need not finish the work.
        if self.busy && !self.client.is_closed() {
            (self.cancel)();
        }
    }
}

/// Whether a statement may leave something in its session. Plain queries and changes of data cannot, unless they call
/// one of the functions that do; whatever begins with another word is taken to.
fn leaves_traces(sql: &str) -> bool {
    let first = first_word(sql);
    let plain = [
        "select", "insert", "update", "delete", "with", "values", "merge",
    ]
    .iter()
    .any(|word| first.eq_ignore_ascii_case(word));
    !plain
        || ["set_config", "advisory", "into temp"]
            .iter()
            .any(|name| contains(sql, name))
}

/// A comment before the statement hides its first word, so what has none is taken to begin a transaction.
fn begins_transaction(sql: &str) -> bool {
    let first = first_word(sql);
    ["begin", "start", ""]
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word))
}

fn first_word(sql: &str) -> &str {
    sql.trim_start()
        .split(|c: char| !c.is_ascii_alphabetic())
        .next()
        .unwrap_or_default()
}

fn contains(text: &str, lower_case: &str) -> bool {
    text.as_bytes()
        .windows(lower_case.len())
        .any(|window| window.eq_ignore_ascii_case(lower_case.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_statements_leave_nothing() {
        for sql in [
            "select * from api.batch_status($1)",
            "  WITH x AS (select 1) select * from x",
            "insert into t values (1)",
        ] {
            assert!(!leaves_traces(sql), "{sql}");
        }
    }

    #[test]
    fn statements_that_change_the_session_are_known() {
        for sql in [
            "set role someone",
            "BEGIN",
            "listen x",
            "create temp table t (a int)",
            "select set_config('a.b', 'c', false)",
            "select PG_ADVISORY_LOCK(1)",
            "-- a comment first\nset role someone",
            "",
        ] {
            assert!(leaves_traces(sql), "{sql}");
        }
    }
}
