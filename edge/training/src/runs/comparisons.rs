//! The same texts by two voices, and what people think of them.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
    response::Response,
};
use kiskadee_edge_kit::{
    Caller, Class, FieldError, IdempotencyKey, Json, Page, Problem, Reply, WireId, caller_sql,
    context::Trace,
    database::call,
    objects::{Asked, Disposition, WithObject, deliver},
    openapi::{Protected, WithBody, WithConflict, WithId, WithQuery},
    path::uuid_parameter,
    request::{
        Body, Fields,
        checks::{language, name},
        faults::{in_body, jsonb, malformed},
    },
};
use kiskadee_shared::id::ComparisonId;
use serde::Serialize;
use spin_sdk::pg::ParameterValue;

use super::checks;
use crate::bodies::{Comparison, ComparisonAnswer, ComparisonBody, ComparisonList, PreferenceBody};

const START: &str = caller_sql!(
    "api.start_comparison",
    "$5::jsonb, $6::text, $7::bytea, $8::text, $9::jsonb"
);
const LIST: &str = caller_sql!("api.list_comparisons", "$5::int, $6::uuid");
const SHOW: &str = caller_sql!("api.get_comparison", "$5::uuid");
const DELETE: &str = caller_sql!("api.delete_comparison", "$5::uuid");
const AUDIO: &str = caller_sql!("api.comparison_audio", "$5::uuid, $6::int, $7::text");
const VOTE: &str = caller_sql!("api.vote", "$5::uuid, $6::int, $7::text, $8::jsonb");

/// Speak the same texts with two voices
///
/// `a` and `b` are each `base` (the engine's own voice), the id of a voice, or that of a checkpoint. Both audios are measured, and a
/// blind pair is heard as `x` and `y`; which is which is told with the vote.
#[utoipa::path(
    post, path = "/training/inference/ab-test", tag = "Training",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same answer again")),
    request_body = ComparisonBody,
    responses((status = 202, description = "The comparison was taken in", body = ComparisonAnswer), Protected, WithBody),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn start_comparison(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    Json(body): Json<Body>,
) -> Reply {
    let (request, errors) = Request::read(body);
    let [key, hash] = key.parameters("training/inference/ab-test", &request)?;
    let arguments = [
        jsonb(&request)?,
        key,
        hash,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    let answer = call(START, &caller, Class::Create, arguments).await?;
    Ok(in_body(answer))
}

/// A request as far as it was well-formed.
#[derive(Debug, Serialize)]
struct Request {
    a: Option<String>,
    b: Option<String>,
    texts: Vec<Option<String>>,
    language: Option<String>,
    seed: Option<u64>,
    blind: Option<bool>,
}

impl Request {
    fn read(body: Body) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let is_said = fields.has("blind");
        let request = Self {
            a: fields.text("a", name),
            b: fields.text("b", name),
            texts: fields.texts("texts", checks::sentence),
            language: fields.optional_text("language", language),
            seed: fields
                .optional_number("seed", checks::seed)
                .map(|seed| seed as u64),
            blind: is_said.then(|| fields.switch("blind")),
        };
        if !fields.has_error("texts") && !(1..=10).contains(&request.texts.len()) {
            fields.note(FieldError::new("texts", "must be 1 to 10"));
        }
        (request, fields.finish())
    }
}

/// List comparisons, the newest first
#[utoipa::path(
    get, path = "/training/inference/ab-test", tag = "Training",
    params(Page),
    responses((status = 200, description = "A page of the caller's comparisons, without their pairs", body = ComparisonList), Protected, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_comparisons(caller: Caller, page: Page) -> Reply {
    call(
        LIST,
        &caller,
        Class::Read,
        page.parameters_by_id::<ComparisonId>()?,
    )
    .await
}

/// Show a comparison
#[utoipa::path(
    get, path = "/training/inference/ab-test/{comparison_id}", tag = "Training",
    params(("comparison_id" = String, Path, description = "Id of the comparison", pattern = "^comparison_[0-9a-f]{32}$")),
    responses((status = 200, description = "The comparison", body = Comparison), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn show_comparison(caller: Caller, WireId(id): WireId<ComparisonId>) -> Reply {
    call(SHOW, &caller, Class::Read, [uuid_parameter(id)]).await
}

/// Delete a comparison with its audio
#[utoipa::path(
    delete, path = "/training/inference/ab-test/{comparison_id}", tag = "Training",
    params(("comparison_id" = String, Path, description = "Id of the comparison", pattern = "^comparison_[0-9a-f]{32}$")),
    responses((status = 204, description = "The comparison is gone"), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn delete_comparison(caller: Caller, WireId(id): WireId<ComparisonId>) -> Reply {
    call(DELETE, &caller, Class::Create, [uuid_parameter(id)]).await
}

/// Vote on a pair
///
/// `a`, `b` or `tie`; of a blind pair `x`, `y` or `tie`, once. The answer shows which was which, and whether the votes of all listeners
/// are a verdict (exact two-sided binomial test, 5 %).
#[utoipa::path(
    post, path = "/training/inference/ab-test/{comparison_id}/preferences", tag = "Training",
    params(("comparison_id" = String, Path, description = "Id of the comparison", pattern = "^comparison_[0-9a-f]{32}$")),
    request_body = PreferenceBody,
    responses((status = 200, description = "The comparison with the vote", body = Comparison), Protected, WithBody, WithId, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn vote(
    caller: Caller,
    WireId(id): WireId<ComparisonId>,
    Json(body): Json<Body>,
) -> Reply {
    let mut fields = Fields::from(body);
    fields.lacks("pair");
    let pair = fields.optional_number("pair", checks::pair);
    let choice = fields.text("choice", choice);
    let arguments = [
        uuid_parameter(id),
        pair.map_or(ParameterValue::DbNull, |pair| {
            ParameterValue::Int32(pair as i32)
        }),
        choice.into(),
        malformed(&fields.finish())?,
    ];
    call(VOTE, &caller, Class::Create, arguments).await
}

fn choice(choice: &str) -> Result<(), String> {
    match choice {
        "a" | "b" | "x" | "y" | "tie" => Ok(()),
        other => Err(format!("`{other}` is not one of a, b, tie, or x, y, tie")),
    }
}

/// Hear one side of a pair
///
/// Takes `Range`; may redirect to a signed address.
#[utoipa::path(
    get, path = "/training/inference/ab-test/{comparison_id}/pairs/{pair}/{side}/audio", tag = "Training",
    params(
        ("comparison_id" = String, Path, description = "Id of the comparison", pattern = "^comparison_[0-9a-f]{32}$"),
        ("pair" = u32, Path, description = "Place of the pair, from 0", maximum = 99),
        ("side" = String, Path, description = "`a` or `b`; of a blind pair `x` or `y`", pattern = "^[abxy]$")
    ),
    responses(
        (status = 200, description = "The audio", content_type = "audio/wav", body = String),
        (status = 206, description = "The part that `Range` asked for", content_type = "audio/wav", body = String),
        Protected, WithId, WithConflict, WithObject
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn comparison_audio(
    caller: Caller,
    heard: HeardSide,
    asked: Asked,
) -> Result<Response, Problem> {
    let arguments = [
        uuid_parameter(heard.comparison),
        ParameterValue::Int32(heard.pair),
        heard.side.into(),
    ];
    let answer = call(AUDIO, &caller, Class::Read, arguments).await?;
    deliver(answer, &asked, Disposition::Inline).await
}

/// A side of a pair in a path. What cannot be one is not found.
#[derive(Debug)]
pub(crate) struct HeardSide {
    comparison: ComparisonId,
    pair: i32,
    side: String,
}

impl<S: Send + Sync> FromRequestParts<S> for HeardSide {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let not_found = || Problem::not_found("nothing of yours has this id");
        let path = Path::<(String, String, String)>::from_request_parts(parts, state).await;
        let Path((comparison, pair, side)) = path.map_err(|_| not_found())?;
        let pair: u8 = pair.parse().map_err(|_| not_found())?;
        Ok(Self {
            comparison: comparison.parse().map_err(|_| not_found())?,
            pair: pair.into(),
            side,
        })
    }
}
