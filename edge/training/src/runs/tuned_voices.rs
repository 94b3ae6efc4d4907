//! Checkpoints as voices, and their versions.

use std::str::FromStr;

use kiskadee_edge_kit::{
    Caller, Class, FieldError, IdempotencyKey, Json, Reply, WireId, caller_sql,
    context::Trace,
    database::call,
    openapi::{Protected, WithBody, WithConflict, WithId},
    request::{
        Body, Fields,
        checks::name,
        faults::{in_body, jsonb, malformed},
    },
};
use kiskadee_shared::id::CheckpointId;
use serde::Serialize;
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use super::checks;
use crate::bodies::{LoadAnswer, LoadBody, RollbackAnswer, RollbackBody, VoiceVersionList};

const LOAD: &str = caller_sql!(
    "api.load_checkpoint",
    "$5::jsonb, $6::text, $7::bytea, $8::text, $9::jsonb"
);
const VERSIONS: &str = caller_sql!("api.list_voice_versions", "$5::text");
const ROLL_BACK: &str = caller_sql!("api.roll_back_voice", "$5::text, $6::int, $7::jsonb");

/// The id of a voice in a path.
#[derive(Debug)]
pub(crate) struct VoiceName(String);

impl FromStr for VoiceName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        name(text).map(|()| Self(text.to_owned()))
    }
}

/// Make a voice of a checkpoint
///
/// A new voice, or, with `voice_id`, the next version of one. It is heard first: what does not speak becomes no voice, and the job
/// says why. Speech then asks for `voice_id`, which is the current version, or for `voice_id@version`.
#[utoipa::path(
    post, path = "/training/checkpoints/load", tag = "Training",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same answer again")),
    request_body = LoadBody,
    responses((status = 202, description = "The voice is being made", body = LoadAnswer), Protected, WithBody, WithId, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn load_checkpoint(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    Json(body): Json<Body>,
) -> Reply {
    let (request, errors) = LoadRequest::read(body);
    let [key, hash] = key.parameters("training/checkpoints/load", &request)?;
    let arguments = [
        jsonb(&request)?,
        key,
        hash,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    let answer = call(LOAD, &caller, Class::Create, arguments).await?;
    Ok(in_body(answer))
}

/// A request as far as it was well-formed.
#[derive(Debug, Serialize)]
struct LoadRequest {
    checkpoint: Option<Uuid>,
    voice_id: Option<String>,
    name: Option<String>,
    make_current: Option<bool>,
}

impl LoadRequest {
    fn read(body: Body) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let checkpoint = fields.text("checkpoint_id", checks::id::<CheckpointId>);
        let stays = fields.has("make_current");
        let request = Self {
            checkpoint: checks::parsed::<CheckpointId>(checkpoint.as_deref()),
            voice_id: fields.optional_text("voice_id", name),
            name: fields.optional_text("name", checks::model_name),
            make_current: stays.then(|| fields.switch("make_current")),
        };
        if request.voice_id.is_some() && request.name.is_some() {
            let message = "cannot stand beside `voice_id`, which has a name already";
            fields.note(FieldError::new("name", message));
        }
        (request, fields.finish())
    }
}

/// List the versions of a trained voice, the newest first
#[utoipa::path(
    get, path = "/training/voices/{voice_id}/versions", tag = "Training",
    params(("voice_id" = String, Path, description = "Id of the voice", min_length = 1, max_length = 64)),
    responses((status = 200, description = "All versions", body = VoiceVersionList), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn voice_versions(
    caller: Caller,
    WireId(VoiceName(voice)): WireId<VoiceName>,
) -> Reply {
    call(VERSIONS, &caller, Class::Read, [voice.into()]).await
}

/// Make another version of a trained voice the current one
///
/// Speech that was asked for before keeps its own.
#[utoipa::path(
    post, path = "/training/voices/{voice_id}/rollback", tag = "Training",
    params(("voice_id" = String, Path, description = "Id of the voice", min_length = 1, max_length = 64)),
    request_body = RollbackBody,
    responses((status = 200, description = "The version that is current now", body = RollbackAnswer), Protected, WithBody, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn roll_back_voice(
    caller: Caller,
    WireId(VoiceName(voice)): WireId<VoiceName>,
    Json(body): Json<Body>,
) -> Reply {
    let mut fields = Fields::from(body);
    fields.lacks("version");
    let version = fields.optional_number("version", checks::version);
    let version = version.map_or(ParameterValue::DbNull, |version| {
        ParameterValue::Int32(version as i32)
    });
    let arguments = [voice.into(), version, malformed(&fields.finish())?];
    call(ROLL_BACK, &caller, Class::Create, arguments).await
}
