//! Brings one part of a file to the storage. It is admitted by its length, streamed through, and noted when it lies there.

use axum::{
    extract::{FromRequestParts, Path, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
};
use kiskadee_edge_kit::{
    Answer, Caller, Class, Coding, Problem, Reply, caller_sql,
    database::call,
    objects::{CONTENT_DIGEST, Gateway},
    openapi::{Protected, WithBody, WithConflict, WithId},
    path::uuid_parameter,
};
use kiskadee_shared::{id::UploadId, limits::UPLOAD_PART_BYTES};
use serde::Deserialize;

use crate::{bodies::StoredPart, uploads::read};

const ADMIT: &str = caller_sql!("api.admit_part", "$5::uuid, $6::int, $7::bigint");
const NOTE: &str = caller_sql!(
    "api.note_part",
    "$5::uuid, $6::int, $7::text, $8::bigint, $9::bytea"
);

/// The upload and the number of a path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartPath {
    upload: UploadId,
    number: i32,
}

impl<S: Send + Sync> FromRequestParts<S> for PartPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let none = || Problem::not_found("nothing of yours has this id");
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((upload, number)) = path.map_err(|_| none())?;
        Ok(Self {
            upload: upload.parse().map_err(|_| none())?,
            number: number.parse().map_err(|_| none())?,
        })
    }
}

/// Bring a part of a file
///
/// The body is the bytes of the part and nothing else. `Content-Digest: sha-256=:…:` (RFC 9530) lets a damaged one be refused
/// at once. A part that was brought before is replaced.
#[utoipa::path(
    put, path = "/api/v1/uploads/{upload_id}/parts/{number}", tag = "Uploads",
    params(
        ("upload_id" = String, Path, description = "Id of the upload", pattern = "^upload_[0-9a-f]{32}$"),
        ("number" = u32, Path, description = "The part, counted from 1", minimum = 1),
        ("Content-Digest" = Option<String>, Header, description = "What the part must be")
    ),
    request_body(content = String, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "The part is stored", body = StoredPart),
        (status = 411, description = "The length of the body is not told"),
        Protected, WithId, WithBody, WithConflict
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn store_part(caller: Caller, path: PartPath, request: Request) -> Reply {
    let PartPath { upload, number } = path;
    Coding::must_be_plain(request.headers())?;
    let bytes = content_length(request.headers())?;
    let admit = [
        uuid_parameter(upload),
        number.into(),
        bytes.cast_signed().into(),
    ];
    let admitted = call(ADMIT, &caller, Class::Read, admit).await?;
    if !admitted.is_success() {
        return Ok(admitted);
    }
    let Place { key } = read(&admitted)?;
    let digest = request.headers().get(CONTENT_DIGEST).cloned();
    let gateway = Gateway::get().await?;
    let stored = gateway.put_stream(&key, bytes, digest, request.into_body());
    let stored = stored.await?;
    let note = [
        uuid_parameter(upload),
        number.into(),
        key.into(),
        stored.bytes.cast_signed().into(),
        stored.sha256.into(),
    ];
    Ok(Answer {
        rate: admitted.rate,
        ..call(NOTE, &caller, Class::Read, note).await?
    })
}

/// Where a part goes.
#[derive(Debug, Deserialize)]
struct Place {
    key: String,
}

/// A part is admitted by its length, so it must be told beforehand.
fn content_length(headers: &HeaderMap) -> Result<u64, Problem> {
    let told = headers.get(header::CONTENT_LENGTH);
    let told = told.map(HeaderValue::to_str).and_then(Result::ok);
    let Some(bytes) = told.and_then(|length| length.parse().ok()) else {
        return Err(Problem::new(
            StatusCode::LENGTH_REQUIRED,
            "length_required",
            "send the part with its `Content-Length`",
        ));
    };
    if bytes > UPLOAD_PART_BYTES as u64 {
        return Err(Problem::too_large(UPLOAD_PART_BYTES));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_and_bounded() {
        let length = |value: &str| {
            let headers = HeaderMap::from_iter([(header::CONTENT_LENGTH, value.parse().unwrap())]);
            content_length(&headers).map_err(|problem| problem.status().as_u16())
        };
        assert_eq!(length("8388608"), Ok(8_388_608));
        assert_eq!(length("8388609"), Err(413));
        assert_eq!(length("many"), Err(411));
        assert_eq!(
            content_length(&HeaderMap::new()).unwrap_err().code(),
            "length_required"
        );
    }
}
