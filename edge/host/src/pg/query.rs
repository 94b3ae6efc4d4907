//! Runs one statement of a component.

use tokio_postgres::{
    RowStream, Statement,
    error::SqlState,
    types::{ToSql, Type},
};

use super::{
    columns, encode,
    encode::Parameter,
    error::query_failed,
    lease::{Lease, Slot},
    pool::Pool,
    rows::{self, Answer},
    session::Session,
    text::Text,
};
use crate::bindings::postgres::{Column, Error, ParameterValue};
use std::sync::Arc;

/// A query's columns and its rows, or the beginning of them.
pub(super) async fn query(
    pool: &Pool,
    slot: &Arc<Slot>,
    sql: &str,
    parameters: Vec<ParameterValue>,
) -> Result<(Vec<Column>, Answer), Error> {
    let parameters = encode::parameters(parameters).map_err(Error::BadParameter)?;
    let mut lease = Lease::take(pool, slot).await?;
    let started = if lease.session().is_behind_pooler() {
        start_unnamed(lease.session(), sql, &parameters).await
    } else {
        start(lease.session(), sql, &parameters).await
    };
    match started {
        Ok((statement, stream)) => {
            let known = statement.map(|statement| columns::describe(statement.columns()));
            rows::read(lease, stream, known.unwrap_or_default()).await
        }
        Err(error) => Err(ended(lease, &error)),
    }
}

/// Runs a statement for its effect; the number of rows it touched.
pub(super) async fn execute(
    pool: &Pool,
    slot: &Arc<Slot>,
    sql: &str,
    parameters: Vec<ParameterValue>,
) -> Result<u64, Error> {
    let parameters = encode::parameters(parameters).map_err(Error::BadParameter)?;
    let mut lease = Lease::take(pool, slot).await?;
    let affected = if lease.session().is_behind_pooler() {
        affect_unnamed(lease.session(), sql, &parameters).await
    } else {
        affect(lease.session(), sql, &parameters).await
    };
    match affected {
        Ok(count) => {
            lease.finish();
            Ok(count)
        }
        Err(error) => Err(ended(lease, &error)),
    }
}

/// The statement is over, by an error.
fn ended(lease: Lease, error: &tokio_postgres::Error) -> Error {
    lease.finish();
    query_failed(error)
}

/// A statement whose columns are known before its first row, and its rows.
type Started = (Option<Statement>, RowStream);

async fn start(
    session: &mut Session,
    sql: &str,
    parameters: &[Parameter],
) -> Result<Started, tokio_postgres::Error> {
    session.started(sql);
    let statement = session.prepare(sql).await?;
    match session.client.query_raw(&statement, parameters).await {
        Ok(stream) => Ok((Some(statement), stream)),
        Err(error) if is_stale(&error) => {
            session.forget(sql);
            let statement = session.prepare(sql).await?;
            let stream = session.client.query_raw(&statement, parameters).await?;
            Ok((Some(statement), stream))
        }
        Err(error) => Err(error),
    }
}

/// In one message, which a pooler gives to one session as a whole: parse without a name, bind, execute.
async fn start_unnamed(
    session: &mut Session,
    sql: &str,
    parameters: &[Parameter],
) -> Result<Started, tokio_postgres::Error> {
    session.started(sql);
    let stream = session
        .client
        .query_typed_raw(sql, untyped(parameters))
        .await?;
    Ok((None, stream))
}

async fn affect_unnamed(
    session: &mut Session,
    sql: &str,
    parameters: &[Parameter],
) -> Result<u64, tokio_postgres::Error> {
    session.started(sql);
    let parameters: Vec<_> = untyped(parameters).collect();
    let parameters: Vec<(&(dyn ToSql + Sync), Type)> = parameters
        .iter()
        .map(|(text, ty)| (text as &(dyn ToSql + Sync), ty.clone()))
        .collect();
    session.client.execute_typed(sql, &parameters).await
}

/// The server infers the types, as it does when it prepares.
fn untyped(parameters: &[Parameter]) -> impl Iterator<Item = (Text, Type)> {
    parameters
        .iter()
        .map(|parameter| (parameter.text(), Type::UNKNOWN))
}

async fn affect(
    session: &mut Session,
    sql: &str,
    parameters: &[Parameter],
) -> Result<u64, tokio_postgres::Error> {
    session.started(sql);
    let statement = session.prepare(sql).await?;
    match session.client.execute_raw(&statement, parameters).await {
        Err(error) if is_stale(&error) => {
            session.forget(sql);
            let statement = session.prepare(sql).await?;
            session.client.execute_raw(&statement, parameters).await
        }
        result => result,
    }
}

/// A prepared statement that no longer fits: Postgres refuses it before it does anything, so it may be sent again.
fn is_stale(error: &tokio_postgres::Error) -> bool {
    let changed_result =
        |message: &str| message.contains("cached plan must not change result type");
    error.as_db_error().is_some_and(|server| {
        *server.code() == SqlState::INVALID_SQL_STATEMENT_NAME
            || *server.code() == SqlState::FEATURE_NOT_SUPPORTED && changed_result(server.message())
    })
}
