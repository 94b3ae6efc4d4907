//! Watches a job: server-sent events until it ends.
//!
//! A stream holds no state but what it told: it looks at the database by one cheap call, more seldom the longer nothing
//! happens, and ends after some minutes, for the client to come back with the id of the last event.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::stream;
use kiskadee_edge_kit::{
    Answer, Caller, Class, Problem, WireId, caller_sql,
    database::call,
    log,
    openapi::{Protected, WithId},
    path::uuid_parameter,
};
use kiskadee_shared::id::JobId;
use spin_sdk::{pg::ParameterValue, time::sleep};

use crate::watch::{Look, Told};

const JOB_EVENTS: &str = caller_sql!("api.job_events", "$5::uuid, $6::bigint, $7::boolean");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

const SHORTEST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Proxies close what is silent for long.
const HEARTBEAT: Duration = Duration::from_secs(15);
const LONGEST_STREAM: Duration = Duration::from_mins(10);
/// How long a client shall wait before it comes back.
const RECONNECT: &str = "retry: 1000\n\n";

/// Watch a job
///
/// Server-sent events: `state` with the whole job, `progress`, and `log` for attempts that failed. The stream ends with the
/// job's last state, or after ten minutes; come back with `Last-Event-ID` to go on. 204 when there is nothing left to tell.
#[utoipa::path(
    get, path = "/api/v1/jobs/{job_id}/events", tag = "Jobs",
    params(
        ("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$"),
        ("Last-Event-ID" = Option<String>, Header, description = "Id of the last event that was received")
    ),
    responses(
        (status = 200, description = "The events", content_type = "text/event-stream", body = String),
        (status = 204, description = "All was told: the job has ended"),
        Protected, WithId
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn job_events(
    caller: Caller,
    WireId(job): WireId<JobId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let last_id = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    let mut watcher = Watcher::new(
        caller,
        job,
        last_id.and_then(|id| id.parse().ok()).unwrap_or_default(),
    );
    let mut answer = watcher.ask(false).await?;
    if !answer.is_success() {
        return Ok(answer.into_response());
    }
    let first = watcher.told.tell(&look(&mut answer)?);
    let mut response = answer.into_response();
    if first.is_empty() && watcher.told.is_over() {
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().remove(header::CONTENT_TYPE);
        return Ok(response);
    }
    watcher.unsent = Some(RECONNECT.to_owned() + &first);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, EVENT_STREAM);
    *response.body_mut() = Body::from_stream(stream::unfold(watcher, Watcher::next));
    Ok(response)
}

/// One open stream.
struct Watcher {
    caller: Caller,
    job: JobId,
    told: Told,
    unsent: Option<String>,
    wait: Duration,
    silent: Duration,
    age: Duration,
    is_cut: bool,
}

impl Watcher {
    fn new(caller: Caller, job: JobId, told: Told) -> Self {
        let (silent, age) = (Duration::ZERO, Duration::ZERO);
        Self {
            caller,
            job,
            told,
            unsent: None,
            wait: SHORTEST_WAIT,
            silent,
            age,
            is_cut: false,
        }
    }

    /// The next piece of the stream.
    async fn next(mut self) -> Option<(Result<String, Infallible>, Self)> {
        while self.unsent.is_none()
            && !self.told.is_over()
            && !self.is_cut
            && self.age < LONGEST_STREAM
        {
            sleep(self.wait).await;
            self.age += self.wait;
            self.silent += self.wait;
            self.wait = (self.wait * 2).min(LONGEST_WAIT);
            self.look_again().await;
            if self.unsent.is_none() && self.silent >= HEARTBEAT {
                self.unsent = Some(": still here\n\n".to_owned());
            }
        }
        let piece = self.unsent.take()?;
        self.silent = Duration::ZERO;
        Some((Ok(piece), self))
    }

    /// A database that cannot be reached for a moment is asked again; a caller that lost its right ends the stream.
    async fn look_again(&mut self) {
        let Ok(mut answer) = self.ask(true).await else {
            return;
        };
        if !answer.is_success() {
            self.is_cut = true;
            return;
        }
        if let Ok(look) = look(&mut answer) {
            let events = self.told.tell(&look);
            if !events.is_empty() {
                self.wait = SHORTEST_WAIT;
                self.unsent = Some(events);
            }
        }
    }

    async fn ask(&self, again: bool) -> Result<Answer, Problem> {
        let arguments = [
            uuid_parameter(self.job),
            ParameterValue::Int64(self.told.token()),
            ParameterValue::Boolean(again),
        ];
        call(JOB_EVENTS, &self.caller, Class::Read, arguments).await
    }
}

fn look(answer: &mut Answer) -> Result<Look, Problem> {
    serde_json::from_str(&answer.body.take().unwrap_or_default()).map_err(|error| {
        log::error(
            "the database described a job in another form than expected",
            &error,
        );
        Problem::internal()
    })
}
