//! Failures of Postgres as the interface's errors: what cannot be reached, what was asked wrongly, what a query broke.

use tokio_postgres::error::DbError as ServerError;

use crate::bindings::postgres::{DbError, Error, QueryError};

/// The error of a statement. A session that was cut is a failed connection, so that a component can tell "try again
/// later" from "this statement is wrong"; everything else keeps the fields that Postgres sent.
pub(super) fn query_failed(error: &tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(server) if is_shutdown(server) => Error::ConnectionFailed(server.message().to_owned()),
        Some(server) => Error::QueryFailed(QueryError::DbError(db_error(error, server))),
        None if error.is_closed() || is_io(error) => Error::ConnectionFailed(error.to_string()),
        None => Error::QueryFailed(QueryError::Text(format!("{error:?}"))),
    }
}

/// The server ends this session: class 57P (operator intervention), except a cancelled query.
fn is_shutdown(error: &ServerError) -> bool {
    error.code().code().starts_with("57P")
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

fn db_error(error: &tokio_postgres::Error, server: &ServerError) -> DbError {
    DbError {
        as_text: format!("{error:?}"),
        severity: server.severity().to_owned(),
        code: server.code().code().to_owned(),
        message: server.message().to_owned(),
        detail: server.detail().map(ToOwned::to_owned),
        extras: extras(server),
    }
}

fn extras(server: &ServerError) -> Vec<(String, String)> {
    let line = server.line().map(|line| line.to_string());
    [
        ("column", server.column()),
        ("constraint", server.constraint()),
        ("routine", server.routine()),
        ("hint", server.hint()),
        ("table", server.table()),
        ("datatype", server.datatype()),
        ("schema", server.schema()),
        ("file", server.file()),
        ("line", line.as_deref()),
        ("where_", server.where_()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
    .collect()
}
