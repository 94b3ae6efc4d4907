//! Watches a job: server-sent events until it ends.

use axum::{http::HeaderMap, response::Response};
use kiskadee_edge_kit::{
    Answer, Caller, Class, Problem, WireId, caller_sql,
    database::call,
    events::{Gathered, Watch, last_id, watch},
    log,
    openapi::{Protected, WithId},
    path::uuid_parameter,
};
use kiskadee_shared::id::JobId;
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use crate::told::Told;

const JOB_EVENTS: &str = caller_sql!("api.job_events", "$5::uuid, $6::bigint, $7::boolean");

static MARKS: Gathered<Uuid, i64> = Gathered::new("select api.job_marks($1::jsonb)");

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
    let told = last_id(&headers).unwrap_or_default();
    watch(WatchedJob { caller, job, told }).await
}

/// A job that a caller watches.
struct WatchedJob {
    caller: Caller,
    job: JobId,
    told: Told,
}

impl Watch for WatchedJob {
    async fn look(&self, again: bool) -> Result<Answer, Problem> {
        let arguments = [
            uuid_parameter(self.job),
            ParameterValue::Int64(self.told.token()),
            ParameterValue::Boolean(again),
        ];
        call(JOB_EVENTS, &self.caller, Class::Read, arguments).await
    }

    async fn mark(&self) -> Option<i64> {
        MARKS.of(&self.caller, self.job.uuid()).await
    }

    fn tell(&mut self, body: &str) -> Result<String, Problem> {
        let look = serde_json::from_str(body).map_err(|error| {
            log::error(
                "the database described a job in another form than expected",
                &error,
            );
            Problem::internal()
        })?;
        Ok(self.told.tell(&look))
    }

    fn is_over(&self) -> bool {
        self.told.is_over()
    }
}
