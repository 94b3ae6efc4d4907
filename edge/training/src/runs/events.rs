//! What a run says: its log, by the page or as a stream of all that happens.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use kiskadee_edge_kit::{
    Answer, Caller, Class, Credentials, Problem, caller_sql,
    database::call,
    events::{Gathered, News, Watch, last_id, watch, write},
    log,
    openapi::{Protected, WithId, WithQuery},
    query::Fields,
};
use kiskadee_shared::id::RunId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json, value::RawValue};
use spin_sdk::pg::ParameterValue;
use utoipa::IntoParams;
use uuid::Uuid;

use super::watching::{parameter, run_id};
use crate::bodies::{LogLevel, LogList};

const LOGS: &str = caller_sql!(
    "api.training_logs",
    "$5::uuid, $6::int, $7::bigint, $8::text"
);
const EVENTS: &str = caller_sql!("api.training_events", "$5::uuid, $6::bigint, $7::boolean");

static NEWS: Gathered<Asked, Option<Box<RawValue>>> =
    Gathered::new("select api.training_news($1::jsonb)");
static WATCHERS: Gathered<Watcher, bool> = Gathered::new("select api.training_watchers($1::jsonb)");

/// The lines that are wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogFilter {
    /// Without it the caller's latest run.
    #[param(nullable = false, value_type = String, pattern = "^run_[0-9a-f]{32}$")]
    run_id: Option<RunId>,
    /// How many lines to give.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u32,
    /// `next_cursor` of the page before.
    #[param(nullable = false, value_type = String)]
    cursor: Option<i64>,
    /// Lines of this level and above.
    #[param(nullable = false, value_type = LogLevel)]
    level: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for LogFilter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut fields = Fields::of(parts);
        let page = fields.page();
        let cursor = page.cursor.map(|cursor| cursor.parse::<i64>());
        fields.require(
            !matches!(cursor, Some(Err(_))),
            "cursor",
            "must be the `next_cursor` of an earlier page",
        );
        let filter = Self {
            run_id: run_id(&mut fields),
            limit: page.limit,
            cursor: cursor.and_then(Result::ok),
            level: fields.optional("level", level),
        };
        fields.finish()?;
        Ok(filter)
    }
}

fn level(text: &str) -> Result<String, String> {
    const LEVELS: [&str; 4] = ["debug", "info", "warning", "error"];
    if LEVELS.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not one of {}", LEVELS.join(", ")))
    }
}

/// Read the log of a run
///
/// Lines by the page; `next_cursor` is given for as long as there may be more. With `Accept: text/event-stream` a stream of events:
/// `log`, `progress`, `sample`, `checkpoint`, `state`, and `end`, after which nothing follows. A stream ends after ten minutes; come
/// back with `Last-Event-ID` to go on. 204 when there is nothing left to tell.
#[utoipa::path(
    get, path = "/training/logs", tag = "Training",
    params(
        LogFilter,
        ("Last-Event-ID" = Option<String>, Header, description = "Id of the last event that was received")
    ),
    responses(
        (status = 200, description = "A page of lines, or the events", content(
            (LogList = "application/json"), (String = "text/event-stream")
        )),
        (status = 204, description = "All was told: the run has ended"),
        Protected, WithId, WithQuery
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn training_logs(
    caller: Caller,
    filter: LogFilter,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if wants_events(&headers) {
        let told = last_id(&headers).or(filter.cursor).unwrap_or_default();
        return watch(WatchedRun {
            caller,
            run: filter.run_id,
            found: None,
            told,
            is_over: false,
        })
        .await;
    }
    let arguments = [
        parameter(filter.run_id),
        ParameterValue::Int32(filter.limit.cast_signed()),
        ParameterValue::Int64(filter.cursor.unwrap_or_default()),
        filter.level.into(),
    ];
    let answer = call(LOGS, &caller, Class::Read, arguments).await?;
    Ok(answer.into_response())
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/event-stream"))
}

/// A run that a caller watches.
struct WatchedRun {
    caller: Caller,
    run: Option<RunId>,
    /// The one that it turned out to be.
    found: Option<Uuid>,
    /// The number of the last line that was told.
    told: i64,
    is_over: bool,
}

/// What follows the last line that was told of a run.
#[derive(Debug, PartialEq, Eq, Hash, Serialize)]
struct Asked {
    run: Uuid,
    after: i64,
}

/// Who watches a run.
#[derive(Debug, PartialEq, Eq, Hash, Serialize)]
struct Watcher {
    run: Uuid,
    #[serde(flatten)]
    caller: Credentials,
}

/// One look, as `api.training_events` gives it.
#[derive(Debug, Deserialize)]
struct Look {
    run_id: Uuid,
    events: Vec<Line>,
    state: String,
    /// The number of the last word, once all before it are told.
    end: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Line {
    seq: i64,
    kind: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Watch for WatchedRun {
    async fn look(&self, again: bool) -> Result<Answer, Problem> {
        let run = self.found.map(RunId::new).or(self.run);
        let arguments = [
            parameter(run),
            ParameterValue::Int64(self.told),
            ParameterValue::Boolean(again),
        ];
        call(EVENTS, &self.caller, Class::Read, arguments).await
    }

    async fn news(&self) -> News {
        let Some(run) = self.found else {
            return News::Unknown;
        };
        let after = self.told;
        match NEWS.of(&self.caller, Asked { run, after }).await {
            Some(Some(news)) => News::Told(news.get().to_owned()),
            // It is gone: the look says so.
            Some(None) => News::Unknown,
            None => News::Late,
        }
    }

    async fn may_still(&self) -> Option<bool> {
        let (run, caller) = (self.found?, self.caller.credentials());
        WATCHERS.of(&self.caller, Watcher { run, caller }).await
    }

    fn tell(&mut self, body: &str) -> Result<String, Problem> {
        let look: Look = serde_json::from_str(body).map_err(|error| {
            log::error(
                "the database described a run in another form than expected",
                &error,
            );
            Problem::internal()
        })?;
        self.found = Some(look.run_id);
        Ok(self.write(look))
    }

    fn is_over(&self) -> bool {
        self.is_over
    }
}

impl WatchedRun {
    fn write(&mut self, look: Look) -> String {
        let mut events = String::new();
        for Line { seq, kind, rest } in look.events {
            self.told = self.told.max(seq);
            let mut data = Map::from_iter([("seq".to_owned(), Value::from(seq))]);
            data.extend(rest);
            write(&mut events, &seq, &kind, &Value::Object(data));
        }
        if let Some(end) = look.end {
            if self.told < end {
                write(&mut events, &end, "end", &json!({"state": look.state}));
            }
            self.told = end;
            self.is_over = true;
        }
        events
    }
}
