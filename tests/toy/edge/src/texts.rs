//! Texts whose words are counted: taken in, and shown.

use kiskadee_edge_kit::{
    Caller, Class, FieldError, Json, Reply, WireId, caller_sql,
    context::Trace,
    database::call,
    openapi::{Protected, WithBody, WithId},
    path::uuid_parameter,
    request::{
        Body, Fields,
        checks::{Check, length, storable},
        faults::{in_body, jsonb, malformed},
    },
};
use kiskadee_shared::id::JobId;
use serde::Serialize;

use crate::bodies::{CountAnswer, CountBody, Text};

const COUNT_TEXT: &str = caller_sql!("api.count_text", "$5::jsonb, $6::text, $7::jsonb");
const GET_TEXT: &str = caller_sql!("api.get_text", "$5::uuid");

/// Count the words of a text
#[utoipa::path(
    post, path = "/api/v1/toy/texts", tag = "Toy",
    request_body = CountBody,
    responses((status = 202, description = "The text was taken in", body = CountAnswer), Protected, WithBody),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn count_text(
    caller: Caller,
    Trace(trace): Trace,
    Json(body): Json<Body>,
) -> Reply {
    let (request, errors) = CountRequest::read(body);
    let arguments = [
        jsonb(&request)?,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    let answer = call(COUNT_TEXT, &caller, Class::Create, arguments).await?;
    Ok(in_body(answer))
}

/// Show a text
#[utoipa::path(
    get, path = "/api/v1/toy/texts/{job_id}", tag = "Toy",
    params(("job_id" = String, Path, description = "Id of the job that counts", pattern = "^job_[0-9a-f]{32}$")),
    responses((status = 200, description = "The text", body = Text), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn show_text(caller: Caller, WireId(id): WireId<JobId>) -> Reply {
    call(GET_TEXT, &caller, Class::Read, [uuid_parameter(id)]).await
}

/// A request as far as it was well-formed: the arguments of the job.
#[derive(Serialize)]
struct CountRequest {
    text: Option<String>,
    seconds: f64,
}

impl CountRequest {
    fn read(body: Body) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let text = fields.text("text", countable);
        let seconds = fields.optional_number("seconds", bounded);
        let seconds = seconds.unwrap_or_default();
        (Self { text, seconds }, fields.finish())
    }
}

fn countable(text: &str) -> Check {
    length(text, &(1..=2000))?;
    storable(text)?;
    if text.contains(char::is_alphanumeric) {
        Ok(())
    } else {
        Err("must have a letter or a figure".to_owned())
    }
}

fn bounded(seconds: f64) -> Check {
    if (0.0..=60.0).contains(&seconds) {
        Ok(())
    } else {
        Err(format!("must be from 0 to 60, found {seconds}"))
    }
}
