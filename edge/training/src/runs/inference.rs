//! Speaks with a checkpoint.

use kiskadee_edge_kit::{
    Caller, Class, FieldError, IdempotencyKey, Json, Reply, caller_sql,
    context::Trace,
    database::call,
    openapi::{Protected, WithBody, WithConflict, WithId},
    request::{
        Body, Fields,
        checks::{language, length, storable},
        faults::{in_body, jsonb, malformed},
    },
};
use kiskadee_shared::{
    format::ResponseFormat,
    id::{CheckpointId, RunId},
    limits::TEXT_CHARS,
    quality::QualityProfile,
};
use serde::Serialize;
use uuid::Uuid;

use super::checks;
use crate::bodies::{SynthesizeAnswer, SynthesizeBody};

const SPEAK: &str = caller_sql!(
    "api.speak_with_checkpoint",
    "$5::jsonb, $6::text, $7::bytea, $8::text, $9::jsonb"
);

/// Speak with a checkpoint
///
/// As a job, whose audio is to be had at `audio_url` once it is done. Of a run its best checkpoint speaks.
#[utoipa::path(
    post, path = "/training/inference/synthesize", tag = "Training",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same answer again")),
    request_body = SynthesizeBody,
    responses((status = 202, description = "The job was taken in", body = SynthesizeAnswer), Protected, WithBody, WithId, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn synthesize(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    Json(body): Json<Body>,
) -> Reply {
    let (item, errors) = Item::read(body);
    let [key, hash] = key.parameters("training/inference/synthesize", &item)?;
    let arguments = [
        jsonb(&item)?,
        key,
        hash,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    let answer = call(SPEAK, &caller, Class::Create, arguments).await?;
    Ok(in_body(answer))
}

/// What is to be spoken, as far as it was well-formed.
#[derive(Debug, Serialize)]
struct Item {
    checkpoint: Option<Uuid>,
    run: Option<Uuid>,
    text: Option<String>,
    language: Option<String>,
    response_format: ResponseFormat,
    quality_profile: QualityProfile,
    speed: f64,
}

impl Item {
    fn read(body: Body) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let checkpoint = fields.optional_text("checkpoint_id", checks::id::<CheckpointId>);
        let run = fields.optional_text("run_id", checks::id::<RunId>);
        if checkpoint.is_some() == run.is_some()
            && !fields.has_error("checkpoint_id")
            && !fields.has_error("run_id")
        {
            fields.note(FieldError::new(
                "checkpoint_id",
                "or `run_id` is required, one of them",
            ));
        }
        // The embedded voice says the same thing the same way, whatever the seed.
        fields.optional_number("seed", checks::seed);
        if fields.switch("stream") {
            let message = "must be false: load the checkpoint as a voice to stream with it";
            fields.note(FieldError::new("stream", message));
        }
        let item = Self {
            checkpoint: checks::parsed::<CheckpointId>(checkpoint.as_deref()),
            run: checks::parsed::<RunId>(run.as_deref()),
            text: fields.text("text", text),
            language: fields.optional_text("language", language),
            response_format: fields.choice("response_format"),
            quality_profile: QualityProfile::default(),
            speed: fields
                .optional_number("speed", checks::speed)
                .unwrap_or(1.0),
        };
        (item, fields.finish())
    }
}

fn text(text: &str) -> Result<(), String> {
    length(text, &TEXT_CHARS)?;
    if text.chars().all(char::is_whitespace) {
        return Err("has nothing to speak: it is only white space".to_owned());
    }
    storable(text)
}
