//! Announces files, shows how far they have come, completes them and gives them up.

use axum::response::IntoResponse;
use kiskadee_edge_kit::{
    Answer, Caller, Class, IdempotencyKey, Json, Page, Problem, Reply, WireId, caller_sql,
    context::Trace,
    database::call,
    log,
    objects::Gateway,
    openapi::{Protected, WithBody, WithConflict, WithId, WithQuery},
    path::uuid_parameter,
    request::{
        Body,
        faults::{in_body, jsonb, malformed},
    },
};
use kiskadee_shared::{
    id::UploadId,
    limits::{SMALL_BODY_BYTES, UPLOAD_PART_BYTES},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    bodies::{Upload, UploadBody, UploadList},
    request::Announced,
};

const BEGIN: &str = caller_sql!(
    "api.begin_upload",
    "$5::jsonb, $6::int, $7::text, $8::bytea, $9::jsonb"
);
const ADDRESS: &str = caller_sql!("api.address_upload", "$5::uuid");
const LIST: &str = caller_sql!("api.list_uploads", "$5::int, $6::uuid");
const GET: &str = caller_sql!("api.get_upload", "$5::uuid");
const DELETE: &str = caller_sql!("api.delete_upload", "$5::uuid");
const COMPLETE: &str = caller_sql!("api.complete_upload", "$5::uuid, $6::text");

/// Announce a file
///
/// The answer says into how many parts it is divided and how long each is (all but the last 8 MiB). Bring them in any order,
/// several at once, and each again where a connection broke; then complete the upload. Where the store has addresses of its
/// own, `address` names one: the whole file can be brought there instead, in one request. An upload that nobody goes on with is
/// given up after a day.
#[utoipa::path(
    post, path = "/api/v1/uploads", tag = "Uploads",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same answer again")),
    request_body = UploadBody,
    responses((status = 201, description = "The upload, ready to receive", body = Upload), Protected, WithBody, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn begin_upload(
    caller: Caller,
    key: IdempotencyKey,
    Json(body): Json<Body, SMALL_BODY_BYTES>,
) -> Reply {
    let (announced, errors) = Announced::read(body);
    let [key, hash] = key.parameters("uploads", &announced)?;
    let part_bytes = i32::try_from(UPLOAD_PART_BYTES).unwrap_or(i32::MAX);
    let arguments = [
        jsonb(&announced)?,
        part_bytes.into(),
        key,
        hash,
        malformed(&errors)?,
    ];
    let answer = in_body(call(BEGIN, &caller, Class::Create, arguments).await?);
    if answer.is_success() {
        return with_address(answer, &caller).await;
    }
    Ok(answer)
}

/// Adds an address at the store to the answer, where the store has such.
async fn with_address(answer: Answer, caller: &Caller) -> Reply {
    #[derive(Deserialize)]
    struct Begun {
        upload_id: UploadId,
    }
    #[derive(Deserialize)]
    struct Place {
        key: String,
    }
    let begun: Begun = read(&answer)?;
    let gateway = Gateway::get().await?;
    if !gateway.has_addresses().await? {
        return Ok(answer);
    }
    // Noted before it is given, so that what comes there is accounted for.
    let noted = call(
        ADDRESS,
        caller,
        Class::Create,
        [uuid_parameter(begun.upload_id)],
    );
    let noted = noted.await?;
    if !noted.is_success() {
        // The upload went on meanwhile: the twin of an old request needs no address.
        return Ok(answer);
    }
    let place: Place = read(&noted)?;
    let mut body: Value = read(&answer)?;
    if let Some(address) = gateway.upload_address(&place.key).await? {
        body["address"] = address;
    }
    Ok(Answer {
        body: Some(body.to_string()),
        ..answer
    })
}

/// What the database told of an upload.
pub(crate) fn read<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Result<T, Problem> {
    let body = answer.body.as_deref().unwrap_or_default();
    serde_json::from_str(body).map_err(|error| {
        log::error(
            "the database told of an upload in another form than expected",
            &error,
        );
        Problem::internal()
    })
}

/// List uploads, the newest first
#[utoipa::path(
    get, path = "/api/v1/uploads", tag = "Uploads",
    params(Page),
    responses((status = 200, description = "A page of the caller's uploads that no family has taken yet", body = UploadList), Protected, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_uploads(caller: Caller, page: Page) -> Reply {
    let page = page.parameters_by_id::<UploadId>()?;
    call(LIST, &caller, Class::Read, page).await
}

/// Show an upload
///
/// `missing` tells which parts have not come: with it a client goes on where it was.
#[utoipa::path(
    get, path = "/api/v1/uploads/{upload_id}", tag = "Uploads",
    params(("upload_id" = String, Path, description = "Id of the upload", pattern = "^upload_[0-9a-f]{32}$")),
    responses((status = 200, description = "The upload", body = Upload), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn show_upload(caller: Caller, WireId(id): WireId<UploadId>) -> Reply {
    call(GET, &caller, Class::Read, [uuid_parameter(id)]).await
}

/// Give an upload up
///
/// What has come of it is deleted.
#[utoipa::path(
    delete, path = "/api/v1/uploads/{upload_id}", tag = "Uploads",
    params(("upload_id" = String, Path, description = "Id of the upload", pattern = "^upload_[0-9a-f]{32}$")),
    responses((status = 204, description = "The upload is gone"), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn delete_upload(caller: Caller, WireId(id): WireId<UploadId>) -> Reply {
    call(DELETE, &caller, Class::Create, [uuid_parameter(id)]).await
}

/// Complete an upload
///
/// A file of one part is `ready` at once. The parts of a larger one are put together, and a file that came to an address is read,
/// by a job: watch it, or the upload. 409 names what is missing, or why the file was refused.
#[utoipa::path(
    post, path = "/api/v1/uploads/{upload_id}/complete", tag = "Uploads",
    params(("upload_id" = String, Path, description = "Id of the upload", pattern = "^upload_[0-9a-f]{32}$")),
    responses(
        (status = 200, description = "The upload is ready", body = Upload),
        (status = 202, description = "The upload is being checked", body = Upload),
        Protected, WithId, WithConflict
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn complete_upload(
    caller: Caller,
    Trace(trace): Trace,
    WireId(id): WireId<UploadId>,
) -> Result<axum::response::Response, Problem> {
    let arguments = [uuid_parameter(id), trace.to_string().into()];
    let answer = call(COMPLETE, &caller, Class::Create, arguments).await?;
    Ok(answer.into_response())
}
