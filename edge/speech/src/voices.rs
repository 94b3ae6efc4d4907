//! Voices: the built-in ones and the caller's own.

use std::str::FromStr;

use axum::response::Response;
use kiskadee_edge_kit::{
    Caller, Class, Page, Problem, Reply, WireId, caller_sql,
    database::call,
    objects::{Asked, Disposition, WithObject, deliver},
    openapi::{Protected, WithId, WithQuery, WithRefusal},
};
use spin_sdk::pg::ParameterValue;

use crate::{
    bodies::{Voice, VoiceList},
    checks,
    voice_filter::VoiceFilter,
};

const FIND_VOICES: &str = caller_sql!(
    "api.find_voices",
    "$5::int, $6::text, $7::text, $8::text, $9::text, $10::text"
);
const GET_VOICE: &str = caller_sql!("api.get_voice", "$5::text");
const VOICE_PREVIEW: &str = caller_sql!("api.voice_preview", "$5::text");
const DELETE_VOICE: &str = caller_sql!("api.delete_voice", "$5::text");

/// The id of a voice or an engine in a path: built-in ones have names of their own.
#[derive(Debug)]
pub(crate) struct Name(String);

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        checks::name(text).map(|()| Self(text.to_owned()))
    }
}

impl Name {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Name> for ParameterValue {
    fn from(name: Name) -> Self {
        Self::Str(name.0)
    }
}

/// List voices
///
/// Those of the preferred engine first, of each engine by their ids.
#[utoipa::path(
    get, path = "/api/v1/voices", tag = "Voices",
    params(Page, VoiceFilter),
    responses((status = 200, description = "A page of the voices that the caller can use", body = VoiceList), Protected, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_voices(caller: Caller, filter: VoiceFilter) -> Reply {
    call(FIND_VOICES, &caller, Class::Read, filter.parameters()).await
}

/// Show a voice
#[utoipa::path(
    get, path = "/api/v1/voices/{voice_id}", tag = "Voices",
    params(("voice_id" = String, Path, description = "Id of the voice", min_length = 1, max_length = 64)),
    responses((status = 200, description = "The voice", body = Voice), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn show_voice(caller: Caller, WireId(name): WireId<Name>) -> Reply {
    call(GET_VOICE, &caller, Class::Read, [name.into()]).await
}

/// Hear a sample of a voice
///
/// Takes `Range`; may redirect to a signed address.
#[utoipa::path(
    get, path = "/api/v1/voices/{voice_id}/preview", tag = "Voices",
    params(("voice_id" = String, Path, description = "Id of the voice", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The sample", content_type = "audio/wav", body = String),
        (status = 206, description = "The part that `Range` asked for", content_type = "audio/wav", body = String),
        Protected, WithId, WithObject
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn voice_preview(
    caller: Caller,
    WireId(name): WireId<Name>,
    asked: Asked,
) -> Result<Response, Problem> {
    let answer = call(VOICE_PREVIEW, &caller, Class::Read, [name.into()]).await?;
    deliver(answer, &asked, Disposition::Inline).await
}

/// Delete a voice of one's own
///
/// Jobs that were taken in with it still run.
#[utoipa::path(
    delete, path = "/api/v1/voices/{voice_id}", tag = "Voices",
    params(("voice_id" = String, Path, description = "Id of the voice", min_length = 1, max_length = 64)),
    responses((status = 204, description = "The voice is gone"), Protected, WithId, WithRefusal),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn delete_voice(caller: Caller, WireId(name): WireId<Name>) -> Reply {
    call(DELETE_VOICE, &caller, Class::Create, [name.into()]).await
}
