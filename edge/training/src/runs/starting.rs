//! Starts runs, stops them, and takes them up again.

use kiskadee_edge_kit::{
    Caller, Class, FieldError, IdempotencyKey, Json, Reply, WireId, caller_sql,
    context::Trace,
    database::call,
    openapi::{Protected, WithBody, WithConflict, WithId},
    path::uuid_parameter,
    request::{
        Body, Fields,
        checks::{name, webhook_url},
        faults::{in_body, jsonb, malformed},
    },
    settings,
};
use kiskadee_shared::id::RunId;
use serde::Serialize;
use serde_json::{Map, Value};
use spin_sdk::pg::ParameterValue;

use super::checks;
use crate::bodies::{RunAnswer, RunBody, StartBody, StopBody};

const START: &str = caller_sql!(
    "api.start_training",
    "$5::jsonb, $6::text, $7::bytea, $8::text, $9::jsonb"
);
const STOP: &str = caller_sql!("api.stop_training", "$5::uuid, $6::boolean");
const RESUME: &str = caller_sql!("api.resume_run", "$5::uuid, $6::text");

/// Train a voice on a dataset
///
/// The run works on the dataset as it is now; later changes do not reach it. What is not said follows from the size of the dataset.
/// With `dry_run` the estimate is given and nothing begins. One run at a time can work on a dataset.
#[utoipa::path(
    post, path = "/training/start", tag = "Training",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same answer again")),
    request_body = StartBody,
    responses(
        (status = 202, description = "The run was taken in", body = RunAnswer),
        (status = 200, description = "What it would take (`dry_run`)", body = crate::bodies::EstimateAnswer),
        Protected, WithBody, WithConflict
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn start_training(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    Json(body): Json<Body>,
) -> Reply {
    let private_webhooks = settings::switch("webhook_allow_private").await?;
    let (request, errors) = StartRequest::read(body, private_webhooks);
    let [key, hash] = key.parameters("training/start", &request)?;
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

/// Stop a run
///
/// At its next step. Its checkpoint is kept, and a voice made of it; with `discard` nothing is. Without `run_id` the caller's only run
/// that is under way.
#[utoipa::path(
    post, path = "/training/stop", tag = "Training",
    request_body = StopBody,
    responses((status = 202, description = "The run as it is now", body = RunBody), Protected, WithBody, WithId, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn stop_training(caller: Caller, Json(body): Json<Body>) -> Reply {
    let mut fields = Fields::from(body);
    let run = fields.optional_text("run_id", checks::id::<RunId>);
    let discard = fields.switch("discard");
    let errors = fields.finish();
    if !errors.is_empty() {
        return Err(kiskadee_edge_kit::Problem::validation(&errors));
    }
    let run = checks::parsed::<RunId>(run.as_deref());
    let run = run.map_or(ParameterValue::DbNull, uuid_parameter);
    call(STOP, &caller, Class::Create, [run, discard.into()]).await
}

/// Take up a run again
///
/// One that was stopped or has failed goes on where its last checkpoint left it, to the same result as if it had never stopped.
#[utoipa::path(
    post, path = "/training/runs/{run_id}/resume", tag = "Training",
    params(("run_id" = String, Path, description = "Id of the run", pattern = "^run_[0-9a-f]{32}$")),
    responses((status = 202, description = "The run as it is now", body = RunBody), Protected, WithId, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn resume_run(
    caller: Caller,
    Trace(trace): Trace,
    WireId(run): WireId<RunId>,
) -> Reply {
    let arguments = [uuid_parameter(run), trace.to_string().into()];
    call(RESUME, &caller, Class::Create, arguments).await
}

/// A request as far as it was well-formed; numbers and lists as they came, for the database to keep.
#[derive(Debug, Serialize)]
struct StartRequest {
    model_name: Option<String>,
    dataset: Option<String>,
    engine: Option<String>,
    base: Option<String>,
    sample_texts: Option<Vec<String>>,
    webhook_url: Option<String>,
    precision: Option<String>,
    device: Option<String>,
    dry_run: bool,
    #[serde(flatten)]
    numbers: Map<String, Value>,
}

/// What is wrong with a number, in words.
type NumberCheck = fn(f64) -> Result<(), String>;

const NUMBERS: [(&str, NumberCheck); 10] = [
    ("steps", checks::steps),
    ("epochs", checks::epochs),
    ("batch_size", checks::batch_size),
    ("gradient_accumulation", checks::gradient_accumulation),
    ("warmup_steps", checks::warmup_steps),
    ("seed", checks::seed),
    ("early_stopping", checks::patience),
    ("learning_rate", checks::learning_rate),
    ("checkpoint_seconds", checks::checkpoint_seconds),
    ("evaluation_share", checks::evaluation_share),
];

impl StartRequest {
    fn read(body: Body, private_webhooks: bool) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let numbers = numbers(&mut fields);
        let folder = fields.optional_text("dataset_folder", checks::dataset);
        let request = Self {
            model_name: fields.text("model_name", checks::model_name),
            dataset: match folder {
                Some(folder) => Some(folder),
                None => fields.text("dataset", checks::dataset),
            },
            engine: fields.optional_text("engine", name),
            base: fields.optional_text("base", name),
            sample_texts: sample_texts(&mut fields),
            webhook_url: fields
                .optional_text("webhook_url", |url| webhook_url(url, private_webhooks)),
            precision: fields.optional_text("precision", |text| one_of(text, &["f32", "bf16"])),
            device: fields.optional_text("device", |text| one_of(text, &["auto", "cpu", "cuda"])),
            dry_run: fields.switch("dry_run"),
            numbers,
        };
        let both = request.numbers.contains_key("steps") && request.numbers.contains_key("epochs");
        if both {
            fields.note(FieldError::new(
                "epochs",
                "cannot stand beside `steps`: give one of them",
            ));
        }
        (request, fields.finish())
    }
}

fn numbers(fields: &mut Fields) -> Map<String, Value> {
    let read = NUMBERS.into_iter().filter_map(|(name, check)| {
        let number = fields.optional_number(name, check)?;
        // Whole ones stay so, for the database reads them as such.
        let value = if number.fract() == 0.0 {
            Value::from(number as i64)
        } else {
            Value::from(number)
        };
        Some((name.to_owned(), value))
    });
    read.collect()
}

fn one_of(text: &str, words: &[&str]) -> Result<(), String> {
    if words.contains(&text) {
        Ok(())
    } else {
        Err(format!("`{text}` is not one of {}", words.join(", ")))
    }
}

/// At most five.
fn sample_texts(fields: &mut Fields) -> Option<Vec<String>> {
    if !fields.has("sample_texts") {
        return None;
    }
    let texts = fields.texts("sample_texts", checks::sentence);
    if texts.len() > 5 {
        fields.note(FieldError::new("sample_texts", "must be at most 5"));
    }
    Some(texts.into_iter().flatten().collect())
}
