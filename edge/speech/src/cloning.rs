//! Takes in a recording from which a voice is to be made.
//!
//! The recording goes to the storage as it came, between two calls: one admits it, one enqueues the job. It is decoded by a
//! worker and never here.

use axum::{body::Bytes, extract::Request};
use kiskadee_edge_kit::{
    Answer, Caller, Class, FieldError, IdempotencyKey, Reply, caller_sql,
    context::Trace,
    database::call,
    openapi::{Protected, WithBody},
};
use kiskadee_shared::limits::{CONSENT_CHARS, RECORDING_BODY_BYTES};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use crate::{
    bodies::{CloneAnswer, CloneForm},
    checks,
    faults::{in_body, jsonb, malformed},
    form::{File, Form},
    request::check_webhook,
    setup::setup,
    storage,
};

const BEGIN: &str = caller_sql!(
    "api.begin_recording",
    "$5::jsonb, $6::text, $7::bytea, $8::jsonb"
);
const CREATE: &str = caller_sql!(
    "api.create_clone",
    "$5::uuid, $6::bigint, $7::jsonb, $8::text, $9::bytea, $10::text"
);

/// Make a voice from a recording
///
/// A recording of one voice, 3 to 60 s, as wav, flac, mp3, ogg or m4a. The embedded engine matches the voice: pitch, length of
/// the vocal tract and the nearest timbre that it knows; it does not copy it. `consent` keeps the words with which the
/// speaker agreed. The voice can be used once the job has ended.
#[utoipa::path(
    post, path = "/clone-voice", tag = "Voices",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same form gives the same answer again")),
    request_body(content = CloneForm, content_type = "multipart/form-data"),
    responses((status = 202, description = "The voice is being made", body = CloneAnswer), Protected, WithBody),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn clone_voice(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    request: Request,
) -> Reply {
    let private_webhooks = setup().await?.private_webhooks;
    let form = Form::read(request, RECORDING_BODY_BYTES).await?;
    let (voice, file, errors) = VoiceForm::read(form, private_webhooks);
    let [key, hash] = key.parameters("clone-voice", &voice.identity(&file.content))?;
    let form = jsonb(&voice)?;
    let begin = [form.clone(), key.clone(), hash.clone(), malformed(&errors)?];
    let answer = in_body(call(BEGIN, &caller, Class::Create, begin).await?);
    // Anything but the place for an upload is an answer for the caller: a refusal, or that of a twin.
    let Some(place) = Place::of(&answer) else {
        return Ok(answer);
    };
    let bytes = i64::try_from(file.content.len()).unwrap_or(i64::MAX);
    storage::put(&place.key, file.content).await?;
    let create = [
        ParameterValue::Uuid(place.recording.to_string()),
        bytes.into(),
        form,
        key,
        hash,
        trace.to_string().into(),
    ];
    Ok(Answer {
        rate: answer.rate,
        ..call(CREATE, &caller, Class::Create, create).await?
    })
}

/// Where an admitted recording goes.
#[derive(Debug, Deserialize)]
struct Place {
    recording: Uuid,
    key: String,
}

impl Place {
    fn of(answer: &Answer) -> Option<Self> {
        (answer.status == 200).then_some(())?;
        serde_json::from_str(answer.body.as_deref()?).ok()
    }
}

/// What the form says of the voice, as the database reads it.
#[derive(Debug, Serialize)]
struct VoiceForm {
    name: Option<String>,
    language: Option<String>,
    tts_engine: Option<String>,
    consent: Option<String>,
    webhook_url: Option<String>,
    filename: String,
}

impl VoiceForm {
    fn read(mut form: Form, private_webhooks: bool) -> (Self, File, Vec<FieldError>) {
        let file = form.file("file", "the recording");
        if file.content.is_empty() && file.filename.is_some() {
            form.note(FieldError::new("file", "is empty"));
        }
        let voice = Self {
            name: form.text("name", checks::name),
            language: form.text("language", checks::language),
            tts_engine: form.optional_text("tts_engine", checks::name),
            consent: form.optional_text("consent", consent),
            webhook_url: form
                .optional_text("webhook_url", |url| check_webhook(url, private_webhooks)),
            filename: file
                .filename
                .clone()
                .unwrap_or_else(|| "recording".to_owned()),
        };
        (voice, file, form.finish())
    }

    /// What makes two requests the same.
    fn identity(&self, recording: &Bytes) -> impl Serialize {
        let hash: Vec<u8> = Sha256::digest(recording).to_vec();
        (
            self.name.clone(),
            self.language.clone(),
            self.tts_engine.clone(),
            self.consent.clone(),
            hash,
        )
    }
}

fn consent(statement: &str) -> checks::Check {
    checks::length(statement, &CONSENT_CHARS)?;
    let refused = ["false", "no", "0", "off"];
    if refused.contains(&statement.trim().to_ascii_lowercase().as_str()) {
        return Err("must be given: a voice is only made with the speaker's consent".to_owned());
    }
    checks::text(statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_can_be_refused_but_not_by_silence() {
        assert!(consent("The speaker agreed in writing on 3 March.").is_ok());
        assert!(consent("true").is_ok());
        assert!(consent(" No ").unwrap_err().contains("consent"));
        assert!(consent("").is_err());
    }
}
