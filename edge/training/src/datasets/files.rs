//! Takes recordings in: small ones by a form, larger ones and archives by an upload that has come before.
//!
//! What comes by a form goes to the storage between two calls: one admits it, one makes it part of the dataset. Nothing is decoded here.

use axum::extract::Request;
use kiskadee_edge_kit::{
    Answer, Caller, Class, FieldError, IdempotencyKey, Json, Problem, Reply, WireId, caller_sql,
    context::Trace,
    database::call,
    objects::Gateway,
    openapi::{Protected, WithBody, WithConflict, WithId},
    path::uuid_parameter,
    request::{
        Body, Fields, File, Form,
        faults::{in_body, jsonb, malformed},
    },
};
use kiskadee_shared::{
    id::{FileId, UploadId},
    limits::{DATASET_FORM_FILES, RECORDING_BODY_BYTES},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{checks, downloads::source_url};
use crate::bodies::{DatasetForm, FilesAnswer, ImportBody, StepAnswer};

const BEGIN: &str = caller_sql!(
    "api.begin_dataset_files",
    "$5::jsonb, $6::text, $7::bytea, $8::jsonb"
);
const ADD: &str = caller_sql!(
    "api.add_dataset_files",
    "$5::jsonb, $6::jsonb, $7::text, $8::bytea, $9::text"
);
const IMPORT: &str = caller_sql!(
    "api.import_dataset",
    "$5::jsonb, $6::text, $7::bytea, $8::text, $9::jsonb"
);
const DELETE: &str = caller_sql!("api.delete_dataset_file", "$5::uuid");
const FORMATS: [&str; 8] = [
    "auto",
    "ljspeech",
    "coqui",
    "piper",
    "gpt_sovits",
    "pairs",
    "manifest",
    "audio",
];

/// Send recordings
///
/// One or several with a form of at most 20 MiB: wav, flac, mp3, ogg, m4a, webm, aiff, caf, au, amr or wma, each of at most an hour. `text` is
/// what is said in it, for a recording of one prompt. This is no step: it may be done while one is under way, and again and again. What is
/// larger, and ZIPs, come by `POST /api/v1/uploads` (family `training`) and `dataset/import`.
#[utoipa::path(
    post, path = "/training/dataset/upload", tag = "Training",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same form gives the same answer again")),
    request_body(content = DatasetForm, content_type = "multipart/form-data"),
    responses((status = 202, description = "The recordings are part of the dataset", body = FilesAnswer), Protected, WithBody, WithId, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn upload_files(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    request: Request,
) -> Reply {
    let form = Form::read(request, RECORDING_BODY_BYTES).await?;
    let (told, files, errors) = Told::read(form);
    let [key, hash] = key.parameters("dataset-upload", &told)?;
    let form = jsonb(&told)?;
    let begin = [form.clone(), key.clone(), hash.clone(), malformed(&errors)?];
    let answer = in_body(call(BEGIN, &caller, Class::Create, begin).await?);
    // Anything but the places for the files is an answer for the caller: a refusal, or that of a twin.
    let Some(places) = Place::all_of(&answer) else {
        return Ok(answer);
    };
    let stored = store(places, files, &told).await?;
    let add = [jsonb(&stored)?, form, key, hash, trace.to_string().into()];
    Ok(Answer {
        rate: answer.rate,
        ..call(ADD, &caller, Class::Create, add).await?
    })
}

/// Stores the files, one after the other.
async fn store(
    places: Vec<Place>,
    files: Vec<File>,
    told: &Told,
) -> Result<Vec<StoredFile>, Problem> {
    let gateway = Gateway::get().await?;
    let mut stored = Vec::with_capacity(files.len());
    let named = told.filenames.iter().zip(&told.sha256);
    for ((place, file), (filename, sha256)) in places.into_iter().zip(files).zip(named) {
        let bytes = file.content.len();
        gateway.put(&place.key, file.content).await?;
        stored.push(StoredFile {
            file: place.file,
            filename: filename.clone(),
            bytes,
            sha256: sha256.clone(),
        });
    }
    Ok(stored)
}

/// Where an admitted recording goes.
#[derive(Debug, Deserialize)]
struct Place {
    file: Uuid,
    key: String,
}

impl Place {
    fn all_of(answer: &Answer) -> Option<Vec<Self>> {
        (answer.status == 200).then_some(())?;
        serde_json::from_str(answer.body.as_deref()?).ok()
    }
}

/// A recording that lies in the storage.
#[derive(Debug, Serialize)]
struct StoredFile {
    file: Uuid,
    filename: String,
    bytes: usize,
    sha256: String,
}

/// What the form says, as the database reads it.
#[derive(Debug, Serialize)]
struct Told {
    dataset: Option<String>,
    text: Option<String>,
    filenames: Vec<String>,
    /// Of each file.
    sha256: Vec<String>,
    /// Of all files.
    bytes: usize,
}

impl Told {
    fn read(mut form: Form) -> (Self, Vec<File>, Vec<FieldError>) {
        let files = form.files("file", "the recording");
        let name = |file: &File| file.filename.clone().filter(|name| !name.is_empty());
        let told = Self {
            dataset: form.text("dataset", checks::reference),
            text: form.optional_text("text", checks::words),
            filenames: files
                .iter()
                .map(|file| name(file).unwrap_or_else(|| "recording".to_owned()))
                .collect(),
            sha256: files
                .iter()
                .map(|file| format!("{:x}", Sha256::digest(&file.content)))
                .collect(),
            bytes: files.iter().map(|file| file.content.len()).sum(),
        };
        for fault in told.faults(&files) {
            form.note(FieldError::new("file", fault));
        }
        (told, files, form.finish())
    }

    /// What is wrong with the files before anybody listens to them.
    fn faults(&self, files: &[File]) -> Vec<String> {
        let named = files.iter().zip(&self.filenames);
        let empty = named.filter(|(file, _)| file.content.is_empty());
        let mut faults: Vec<String> = empty
            .map(|(_, name)| format!("`{name}` is empty"))
            .collect();
        if files.len() > DATASET_FORM_FILES {
            faults.push(format!(
                "stands {} times in the form: send at most {DATASET_FORM_FILES} at once",
                files.len()
            ));
        }
        if self.text.is_some() && files.len() > 1 {
            faults.push("must stand once where there is a `text`: it is that of one".to_owned());
        }
        faults
    }
}

/// Take an upload in, or what lies at an address
///
/// A recording, or a ZIP of recordings with their words: as `LJSpeech`, Coqui, Piper, GPT-SoVITS or a `manifest.jsonl` lay them out, with a `.txt`
/// beside each, or without any. How it was understood is told in the job's result, with every row that could not be.
/// Of an address the same holds as for `dataset/download`.
#[utoipa::path(
    post, path = "/training/dataset/import", tag = "Training",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same answer again")),
    request_body = ImportBody,
    responses((status = 202, description = "The upload is being read", body = StepAnswer), Protected, WithBody, WithId, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn import_upload(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    Json(body): Json<Body>,
) -> Reply {
    let (import, errors) = Import::read(body);
    let [key, hash] = key.parameters("dataset-import", &import)?;
    let arguments = [
        jsonb(&import)?,
        key,
        hash,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    Ok(in_body(
        call(IMPORT, &caller, Class::Create, arguments).await?,
    ))
}

#[derive(Debug, Serialize)]
struct Import {
    dataset: Option<String>,
    upload: Option<Uuid>,
    /// One address, in place of an upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    urls: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rights: Option<String>,
    format: Option<String>,
}

impl Import {
    fn read(body: Body) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let format = fields.optional_text("format", |name| checks::one_of(name, &FORMATS));
        let url = fields.optional_text("url", source_url);
        let is_fetched = url.is_some() || fields.has_error("url");
        if is_fetched && fields.has("upload_id") {
            let message = "must not stand beside `upload_id`: name one of them";
            fields.note(FieldError::new("url", message));
        }
        let import = Self {
            dataset: fields.text("dataset", checks::reference),
            upload: if is_fetched {
                checks::id_of_some::<UploadId>(&mut fields, "upload_id")
            } else {
                checks::id_of::<UploadId>(&mut fields, "upload_id")
            },
            rights: if is_fetched {
                fields.text("rights", checks::rights)
            } else {
                fields.optional_text("rights", checks::rights)
            },
            urls: url.map(|url| vec![url]),
            format: format.filter(|format| format != "auto"),
        };
        (import, fields.finish())
    }
}

/// Delete a recording with its segments
///
/// Runs that took its segments keep what they took.
#[utoipa::path(
    delete, path = "/training/dataset/files/{file_id}", tag = "Training",
    params(("file_id" = String, Path, description = "Id of the recording", pattern = "^file_[0-9a-f]{32}$")),
    responses((status = 204, description = "The recording is gone"), Protected, WithId, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn delete_file(caller: Caller, WireId(id): WireId<FileId>) -> Reply {
    call(DELETE, &caller, Class::Create, [uuid_parameter(id)]).await
}
