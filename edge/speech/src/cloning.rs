//! Takes in recordings from which a voice is to be made.
//!
//! They go to the storage as they came, between two calls: one admits them, one enqueues the job. They are decoded by a
//! worker and never here.

use axum::extract::Request;
use kiskadee_edge_kit::{
    Answer, Caller, Class, FieldError, IdempotencyKey, Problem, Reply, caller_sql,
    context::Trace,
    database::call,
    objects::Gateway,
    openapi::{Protected, WithBody},
    request::{
        File, Form,
        faults::{in_body, jsonb, malformed},
    },
};
use kiskadee_markup::TextFormat;
use kiskadee_shared::{
    id::UploadId,
    limits::{CONSENT_CHARS, RECORDING_BODY_BYTES, RECORDINGS},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    bodies::{CloneAnswer, CloneForm},
    checks,
    setup::setup,
};

const BEGIN: &str = caller_sql!(
    "api.begin_recordings",
    "$5::jsonb, $6::text, $7::bytea, $8::jsonb"
);
const CREATE: &str = caller_sql!(
    "api.clone_voice",
    "$5::jsonb, $6::jsonb, $7::text, $8::bytea, $9::text"
);

/// Make a voice from recordings
///
/// A recording of one voice, 3 to 60 s, as wav, flac, mp3, ogg, m4a, webm, aiff, caf, au, amr or wma, whatever its name says; or up to 8
/// of the same voice, together at most 300 s, of which one voice is made. The embedded engine matches the voice: pitch, length of the vocal tract and the nearest timbre
/// that it knows; it does not copy it. The engine `xtts`, where the operator has installed it, copies the voice from the
/// recordings. A recording of up to 100 MiB can be uploaded first (`POST /api/v1/uploads`, family `speech`) and be named by
/// `upload_id`, as often as there are such. `consent` keeps the words with which the speaker agreed. The voice can be used once the job has ended.
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
    let (voice, files, errors) = VoiceForm::read(form, private_webhooks);
    let [key, hash] = key.parameters("clone-voice", &voice.identity(&files))?;
    let form = jsonb(&voice)?;
    let begin = [form.clone(), key.clone(), hash.clone(), malformed(&errors)?];
    let answer = in_body(call(BEGIN, &caller, Class::Create, begin).await?);
    // Anything but the places for an upload is an answer for the caller: a refusal, or that of a twin.
    let Some(places) = Place::all_of(&answer) else {
        return Ok(answer);
    };
    let create = [
        jsonb(&upload(places, files).await?)?,
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

/// Stores the files, one after the other.
async fn upload(places: Vec<Place>, files: Vec<File>) -> Result<Vec<Uploaded>, Problem> {
    let gateway = Gateway::get().await?;
    let mut uploaded = Vec::with_capacity(files.len());
    for (Place { recording, key }, File { content, .. }) in places.into_iter().zip(files) {
        let bytes = content.len();
        gateway.put(&key, content).await?;
        uploaded.push(Uploaded { recording, bytes });
    }
    Ok(uploaded)
}

/// A recording that lies in the storage.
#[derive(Debug, Serialize)]
struct Uploaded {
    recording: Uuid,
    bytes: usize,
}

/// Where an admitted recording goes.
#[derive(Debug, Deserialize)]
struct Place {
    recording: Uuid,
    key: String,
}

impl Place {
    fn all_of(answer: &Answer) -> Option<Vec<Self>> {
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
    filenames: Vec<String>,
    /// Recordings that were uploaded before.
    uploads: Vec<Uuid>,
}

impl VoiceForm {
    fn read(mut form: Form, private_webhooks: bool) -> (Self, Vec<File>, Vec<FieldError>) {
        let uploads = uploads(&mut form);
        let files = if uploads.is_empty() {
            form.files("file", "the recording, or the `upload_id` of one,")
        } else {
            form.optional_files("file")
        };
        let filenames = filenames(&files);
        for fault in faults(&files, &filenames, uploads.len()) {
            form.note(FieldError::new("file", fault));
        }
        let voice = Self {
            name: form.text("name", checks::name),
            language: form.text("language", checks::language),
            tts_engine: form.optional_text("tts_engine", checks::name),
            consent: form.optional_text("consent", consent),
            webhook_url: form.optional_text("webhook_url", |url| {
                checks::webhook_url(url, private_webhooks)
            }),
            filenames,
            uploads,
        };
        (voice, files, form.finish())
    }

    /// What makes two requests the same.
    fn identity(&self, recordings: &[File]) -> impl Serialize {
        let hashes: Vec<u8> = recordings
            .iter()
            .flat_map(|file| Sha256::digest(&file.content))
            .collect();
        (self, hashes)
    }
}

fn filenames(files: &[File]) -> Vec<String> {
    let name = |file: &File| file.filename.clone();
    let given = files.iter().map(name);
    given
        .map(|name| name.unwrap_or_else(|| "recording".to_owned()))
        .collect()
}

/// The ids of recordings that were uploaded before. One that is none keeps no place: the form is refused anyhow.
fn uploads(form: &mut Form) -> Vec<Uuid> {
    let texts = form.texts("upload_id");
    let mut uploads = Vec::with_capacity(texts.len());
    for text in texts {
        match text.parse::<UploadId>() {
            Ok(id) if !uploads.contains(&id.uuid()) => uploads.push(id.uuid()),
            Ok(_) => form.note(FieldError::new("upload_id", format!("{text} stands twice"))),
            Err(error) => form.note(FieldError::new("upload_id", error.to_string())),
        }
    }
    uploads
}

/// What is wrong with the files before anybody listens to them.
fn faults(files: &[File], names: &[String], uploads: usize) -> Vec<String> {
    let mut faults = Vec::new();
    let recordings = files.len() + uploads;
    if recordings > *RECORDINGS.end() {
        faults.push(format!(
            "and `upload_id` stand {recordings} times in the form: send at most {} recordings",
            RECORDINGS.end()
        ));
    }
    let empty = files
        .iter()
        .zip(names)
        .filter(|(file, _)| file.content.is_empty());
    faults.extend(empty.map(|(_, name)| match files.len() {
        1 => "is empty".to_owned(),
        _ => format!("`{name}` is empty"),
    }));
    faults
}

fn consent(statement: &str) -> checks::Check {
    checks::length(statement, &CONSENT_CHARS)?;
    let refused = ["false", "no", "0", "off"];
    if refused.contains(&statement.trim().to_ascii_lowercase().as_str()) {
        return Err("must be given: a voice is only made with the speaker's consent".to_owned());
    }
    checks::text(statement, TextFormat::Plain)
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use serde_json::json;

    use super::*;

    fn files(contents: &[&'static str]) -> Vec<File> {
        let numbered = (1..).zip(contents);
        numbered
            .map(|(number, content)| File {
                content: Bytes::from_static(content.as_bytes()),
                filename: Some(format!("{number}.wav")),
            })
            .collect()
    }

    #[test]
    fn files_are_counted_and_not_empty() {
        let judged = |contents: &[&'static str]| {
            let files = files(contents);
            faults(&files, &filenames(&files), 0)
        };
        assert!(judged(&["a"; 8]).is_empty());
        assert_eq!(judged(&[""]), ["is empty"]);
        assert_eq!(judged(&["a", "", "c"]), ["`2.wav` is empty"]);
        assert!(judged(&["a"; 9])[0].contains("at most 8 recordings"));
    }

    #[test]
    fn other_recordings_make_another_request() {
        let voice = |webhook_url: Option<&str>| VoiceForm {
            name: None,
            language: None,
            tts_engine: None,
            consent: None,
            webhook_url: webhook_url.map(str::to_owned),
            filenames: Vec::new(),
            uploads: Vec::new(),
        };
        let identity =
            |contents: &[&'static str]| json!(voice(None).identity(&files(contents))).to_string();
        assert_eq!(identity(&["a"]), identity(&["a"]));
        assert_ne!(identity(&["a", "b"]), identity(&["a"]));
        assert_ne!(identity(&["a", "b"]), identity(&["b", "a"]));
        let elsewhere = voice(Some("https://example.com/other"));
        assert_ne!(
            json!(elsewhere.identity(&files(&["a"]))).to_string(),
            identity(&["a"])
        );
    }

    #[test]
    fn consent_can_be_refused_but_not_by_silence() {
        assert!(consent("The speaker agreed in writing on 3 March.").is_ok());
        assert!(consent("true").is_ok());
        assert!(consent(" No ").unwrap_err().contains("consent"));
        assert!(consent("").is_err());
    }
}
