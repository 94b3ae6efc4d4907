//! One request, one SQL function, one round trip.
//!
//! A protected route calls a function of the schema `api` whose first argument is the caller's credentials and which gives an
//! `api.answer`: authentication, the rate limit, the work and the finished JSON in one statement.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::value::RawValue;
use spin_sdk::pg::{self, Connection, DbValue, ParameterValue, PgError, QueryError};

use crate::{context::Context, credentials::Caller, log, problem::Problem};

/// The class of a route, which decides its rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Read,
    /// Makes or changes something.
    Create,
    /// Checks a password.
    Auth,
}

/// The statement of a protected route. The credentials are `$1` to `$4`; a function's own arguments begin at `$5`.
///
/// `caller_sql!("api.me")`, `caller_sql!("api.get_delivery", "$5::uuid")`
#[macro_export]
macro_rules! caller_sql {
    ($function:literal $(, $arguments:literal)?) => {
        concat!(
            "select a.* from ", $function,
            "(row($1::uuid, to_timestamp($2::float8), $3::bytea, $4::int)::api.credentials", $(", ", $arguments,)? ") a"
        )
    };
}

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const WINDOW_S: u32 = 60;
const RETRY_DATABASE_S: u32 = 2;
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a function of `api` gave: the SQL type `api.answer`.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub body: Option<String>,
    pub code: Option<String>,
    pub detail: Option<String>,
    pub errors: Option<Vec<u8>>,
    pub rate: Option<Rate>,
    pub retry_after_s: Option<u32>,
}

/// What is left of the caller's rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub limit: i32,
    pub remaining: i32,
    pub reset_s: i32,
}

/// Calls the function of a protected route, written with [`caller_sql!`].
pub async fn call<const N: usize>(
    statement: &'static str,
    caller: &Caller,
    class: Class,
    arguments: [ParameterValue; N],
) -> Result<Answer, Problem> {
    let mut parameters = Vec::with_capacity(4 + N);
    parameters.extend(caller.parameters(class));
    parameters.extend(arguments);
    let row = row(caller.settings.database_url.expose(), statement, parameters).await?;
    let mut answer = Answer::from_row(row).ok_or_else(unexpected)?;
    answer.rate = answer.rate.or(caller.paid());
    Ok(answer)
}

/// Calls a function of a route that anyone may call; it gives an `api.answer` too.
pub async fn call_open(
    context: &Context,
    statement: &'static str,
    parameters: Vec<ParameterValue>,
) -> Result<Answer, Problem> {
    let row = row(
        context.settings.database_url.expose(),
        statement,
        parameters,
    )
    .await?;
    Answer::from_row(row).ok_or_else(unexpected)
}

/// The one row of a statement that gives something else than an `api.answer`.
pub async fn row(
    database_url: &str,
    statement: &'static str,
    parameters: Vec<ParameterValue>,
) -> Result<Vec<DbValue>, Problem> {
    query(database_url, statement, parameters)
        .await
        .map_err(|error| refusal(&error))?
        .ok_or_else(unexpected)
}

async fn query(
    database_url: &str,
    statement: &str,
    parameters: Vec<ParameterValue>,
) -> Result<Option<Vec<DbValue>>, pg::Error> {
    let connection = Connection::open(database_url).await?;
    let mut result = connection.query(statement, parameters).await?;
    let row = result.rows().next().await;
    // A row is sent before its transaction commits: only the end of the stream says that the work is durable.
    while result.rows().next().await.is_some() {}
    result.result().await?;
    Ok(row)
}

/// Maps what the driver says. SQL functions answer what they expect by themselves; this is for what they do not.
fn refusal(error: &pg::Error) -> Problem {
    let pg::Error::PgError(cause) = error else {
        log::error("a value from the database has an unexpected type", error);
        return Problem::internal();
    };
    match cause {
        PgError::QueryFailed(QueryError::DbError(cause)) => {
            let problem = of_sqlstate(&cause.code);
            if problem.status().is_server_error() {
                log::error("a statement failed", &cause.as_text);
            }
            problem
        }
        PgError::BadParameter(_) | PgError::ValueConversionFailed(_) => {
            log::error("a value does not fit its column", error);
            Problem::internal()
        }
        PgError::ConnectionFailed(_)
        | PgError::QueryFailed(QueryError::Text(_))
        | PgError::Other(_) => {
            log::error("the database cannot be reached", error);
            unreachable_database()
        }
    }
}

fn of_sqlstate(code: &str) -> Problem {
    match code {
        "KQ429" => Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "queue_full",
            "too much of your work is queued; wait until some is done",
        )
        .retry_after(RETRY_DATABASE_S),
        "KQ503" => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "queue_full",
            "the whole queue is full; try again later",
        )
        .retry_after(RETRY_DATABASE_S),
        // Postgres cannot store U+0000 in text.
        "22021" | "22P05" => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "validation",
            "a text contains the character U+0000",
        ),
        // Connection trouble, a lack of resources, an operator's shutdown or cancel, or a lost race.
        code if ["08", "53", "57", "40"].contains(&code.get(..2).unwrap_or_default()) => {
            unreachable_database()
        }
        _ => Problem::internal(),
    }
}

fn unreachable_database() -> Problem {
    Problem::unavailable(
        "the database cannot be reached now; try again",
        RETRY_DATABASE_S,
    )
}

fn unexpected() -> Problem {
    log::error(
        "a statement gave another row than expected",
        &"see shared/functions",
    );
    Problem::internal()
}

impl Answer {
    fn from_row(row: Vec<DbValue>) -> Option<Self> {
        let [
            status,
            body,
            code,
            detail,
            errors,
            limit,
            remaining,
            reset,
            retry_after,
        ]: [DbValue; 9] = row.try_into().ok()?;
        let rate = match (int(&limit), int(&remaining), int(&reset)) {
            (Some(limit), Some(remaining), Some(reset_s)) => Some(Rate {
                limit,
                remaining,
                reset_s,
            }),
            _ => None,
        };
        Some(Self {
            status: int(&status).and_then(|status| u16::try_from(status).ok())?,
            body: text(body),
            code: text(code),
            detail: text(detail),
            errors: json(errors),
            rate,
            retry_after_s: int(&retry_after).and_then(|seconds| u32::try_from(seconds).ok()),
        })
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What is left of the rate, or the problem that this answer is.
    pub(crate) fn refused(self) -> Result<Option<Rate>, Problem> {
        if self.is_success() {
            return Ok(self.rate);
        }
        let status = self.status_code();
        let (rate, retry_after_s) = (self.rate, self.retry_after_s);
        let problem = self.into_problem(status);
        let problem = match rate {
            Some(rate) => rate
                .headers()
                .into_iter()
                .fold(problem, |problem, (name, value)| {
                    problem.with_header(name, value)
                }),
            None => problem,
        };
        Err(match retry_after_s {
            Some(seconds) => problem.retry_after(seconds),
            None => problem,
        })
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn into_problem(self, status: StatusCode) -> Problem {
        let detail = self.detail.unwrap_or_default();
        let problem = Problem::new(status, self.code.unwrap_or_default(), detail);
        let errors = self
            .errors
            .and_then(|errors| String::from_utf8(errors).ok())
            .and_then(|text| RawValue::from_string(text).ok());
        match errors {
            Some(errors) => problem.with_errors(errors),
            None => problem,
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(mut self) -> Response {
        let status = self.status_code();
        let (rate, retry_after_s) = (self.rate, self.retry_after_s);
        let mut response = if self.is_success() {
            success(status, self.body.take())
        } else {
            self.into_problem(status).into_response()
        };
        if let Some(rate) = rate {
            response.headers_mut().extend(rate.headers());
        }
        if let Some(seconds) = retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn success(status: StatusCode, body: Option<String>) -> Response {
    let mut response = Response::new(body.map_or_else(Body::empty, Body::from));
    *response.status_mut() = status;
    if status != StatusCode::NO_CONTENT {
        response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    }
    response
}

impl Rate {
    /// The fields of draft-ietf-httpapi-ratelimit-headers-11.
    fn headers(self) -> Vec<(HeaderName, HeaderValue)> {
        let Self {
            limit,
            remaining,
            reset_s,
        } = self;
        let policy = format!("\"default\";q={limit};w={WINDOW_S}");
        let state = format!("\"default\";r={remaining};t={reset_s}");
        let headers = [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)];
        let headers = headers.into_iter();
        headers
            .filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?)))
            .collect()
    }
}

fn int(value: &DbValue) -> Option<i32> {
    match value {
        DbValue::Int16(number) => Some(i32::from(*number)),
        DbValue::Int32(number) => Some(*number),
        _ => None,
    }
}

fn text(value: DbValue) -> Option<String> {
    match value {
        DbValue::Str(text) => Some(text),
        _ => None,
    }
}

fn json(value: DbValue) -> Option<Vec<u8>> {
    match value {
        DbValue::Jsonb(bytes) => Some(bytes),
        _ => None,
    }
}
