//! Datasets as other programs read them.

use axum::response::Response;
use kiskadee_edge_kit::{
    Caller, Class, FieldError, IdempotencyKey, Json, Problem, Reply, WireId, caller_sql,
    context::Trace,
    database::call,
    objects::{Asked, Disposition, WithObject, deliver},
    openapi::{Protected, WithBody, WithConflict, WithId},
    path::uuid_parameter,
    request::{
        Body, Fields,
        faults::{in_body, jsonb, malformed},
    },
};
use kiskadee_shared::id::JobId;
use serde::Serialize;

use super::checks;
use crate::bodies::{ExportBody, StepAnswer};

const BEGIN: &str = caller_sql!(
    "api.export_dataset",
    "$5::jsonb, $6::text, $7::bytea, $8::text, $9::jsonb"
);
const DOWNLOAD: &str = caller_sql!("api.dataset_export", "$5::uuid");
const FORMATS: [&str; 5] = ["ljspeech", "coqui", "piper", "gpt_sovits", "manifest"];

/// Export a dataset
///
/// A job packs the accepted segments, as WAV with their words, into a ZIP. This is no step: the dataset can be worked on meanwhile.
#[utoipa::path(
    post, path = "/training/dataset/export", tag = "Training",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same answer again")),
    request_body = ExportBody,
    responses((status = 202, description = "The dataset is being packed", body = StepAnswer), Protected, WithBody, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn export_dataset(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    Json(body): Json<Body>,
) -> Reply {
    let (wanted, errors) = Wanted::read(body);
    let [key, hash] = key.parameters("dataset-export", &wanted)?;
    let arguments = [
        jsonb(&wanted)?,
        key,
        hash,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    Ok(in_body(
        call(BEGIN, &caller, Class::Create, arguments).await?,
    ))
}

/// Fetch an exported dataset
///
/// Takes `Range`; may redirect to a signed address.
#[utoipa::path(
    get, path = "/training/dataset/export/{job_id}", tag = "Training",
    params(("job_id" = String, Path, description = "Id of the job that packs", pattern = "^job_[0-9a-f]{32}$")),
    responses(
        (status = 200, description = "The ZIP", content_type = "application/zip", body = String),
        (status = 206, description = "The part that `Range` asked for", content_type = "application/zip", body = String),
        Protected, WithId, WithConflict, WithObject
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn download_export(
    caller: Caller,
    WireId(id): WireId<JobId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let answer = call(DOWNLOAD, &caller, Class::Read, [uuid_parameter(id)]).await?;
    deliver(answer, &asked, Disposition::Attachment).await
}

#[derive(Debug, Serialize)]
struct Wanted {
    dataset: Option<String>,
    format: String,
}

impl Wanted {
    fn read(body: Body) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let format = fields.optional_text("format", |name| checks::one_of(name, &FORMATS));
        let wanted = Self {
            dataset: fields.text("dataset", checks::reference),
            format: format.unwrap_or_else(|| "ljspeech".to_owned()),
        };
        (wanted, fields.finish())
    }
}
