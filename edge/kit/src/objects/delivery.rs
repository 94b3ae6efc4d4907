//! Hands stored objects to the caller: fetched from the gateway and streamed through, or by the gateway's redirect.
//!
//! An object is never written twice under one key, so the key is its entity tag: conditions are decided here, and only what
//! is really wanted is fetched.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    asked::Asked,
    gateway::{Gateway, answered},
};
use crate::{database::Answer, log, problem::Problem};

/// What of the gateway's answer is passed on.
const PASSED_ON: [HeaderName; 3] = [
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
    header::LAST_MODIFIED,
];

/// How a browser shall treat what it gets.
#[derive(Debug, Clone, Copy)]
pub enum Disposition {
    Inline,
    Attachment,
}

/// Where something lies, as the database says it.
#[derive(Debug, Deserialize)]
struct Object {
    key: String,
    #[serde(default = "zip")]
    content_type: String,
    filename: String,
}

fn zip() -> String {
    "application/zip".to_owned()
}

/// Delivers the object that a good answer names; any other answer is passed on as it is.
pub async fn deliver(
    mut answer: Answer,
    asked: &Asked,
    disposition: Disposition,
) -> Result<Response, Problem> {
    if !answer.is_success() {
        return Ok(answer.into_response());
    }
    let object = Object::of(answer.body.take())?;
    let tag = object.tag();
    // Keeps what the answer says of the caller's rate.
    let mut response = answer.into_response();
    if asked.has(&tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        let gateway = Gateway::get().await?;
        let fetched = gateway.fetch(&object.key, asked, &tag).await?;
        pass_on(fetched, &mut response)?;
    }
    object.describe(response.headers_mut(), tag, disposition);
    Ok(response)
}

impl Object {
    fn of(body: Option<String>) -> Result<Self, Problem> {
        serde_json::from_str(&body.unwrap_or_default()).map_err(|error| {
            log::error(
                "the database named an object in another form than expected",
                &error,
            );
            Problem::internal()
        })
    }

    fn tag(&self) -> HeaderValue {
        let hash = Sha256::digest(self.key.as_bytes());
        let number = hash
            .iter()
            .take(16)
            .fold(0, |number: u128, byte| number << 8 | u128::from(*byte));
        HeaderValue::try_from(format!("\"{number:032x}\""))
            .unwrap_or(HeaderValue::from_static("\"\""))
    }

    fn describe(&self, headers: &mut HeaderMap, tag: HeaderValue, disposition: Disposition) {
        let kind = match disposition {
            Disposition::Inline => "inline",
            Disposition::Attachment => "attachment",
        };
        let content_type = HeaderValue::from_str(&self.content_type);
        headers.insert(
            header::CONTENT_TYPE,
            content_type.unwrap_or(HeaderValue::from_static("application/octet-stream")),
        );
        if let Ok(value) = HeaderValue::try_from(format!("{kind}; filename=\"{}\"", self.filename))
        {
            headers.insert(header::CONTENT_DISPOSITION, value);
        }
        headers.insert(header::ETAG, tag);
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        // The caller may keep it, but must ask again, with its credentials, whether it may still have it.
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        );
    }
}

/// Writes what the gateway answered into the response.
fn pass_on(fetched: Response, response: &mut Response) -> Result<(), Problem> {
    let status = fetched.status();
    match status {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT => {
            copy(fetched.headers(), response.headers_mut(), &PASSED_ON);
            *response.body_mut() = fetched.into_body();
        }
        StatusCode::TEMPORARY_REDIRECT => copy(
            fetched.headers(),
            response.headers_mut(),
            &[header::LOCATION],
        ),
        StatusCode::NOT_FOUND => {
            let detail = "the object has been removed; finished work is kept for a limited time";
            return Err(Problem::new(StatusCode::GONE, "gone", detail));
        }
        StatusCode::RANGE_NOT_SATISFIABLE => return Err(unsatisfiable(fetched.headers())),
        _ => return Err(answered(status)),
    }
    *response.status_mut() = status;
    Ok(())
}

fn copy(from: &HeaderMap, to: &mut HeaderMap, names: &[HeaderName]) {
    for name in names {
        if let Some(value) = from.get(name) {
            to.insert(name, value.clone());
        }
    }
}

fn unsatisfiable(headers: &HeaderMap) -> Problem {
    let detail = "the range lies outside of the object";
    let problem = Problem::new(
        StatusCode::RANGE_NOT_SATISFIABLE,
        "range_not_satisfiable",
        detail,
    );
    match headers.get(header::CONTENT_RANGE) {
        Some(size) => problem.with_header(header::CONTENT_RANGE, size.clone()),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn the_answer_of_the_gateway_is_translated() {
        let answer = |status: u16| {
            Response::builder()
                .status(status)
                .header(header::CONTENT_RANGE, "bytes */9")
                .body(Body::empty())
                .unwrap()
        };
        let mut response = Response::default();
        assert!(pass_on(answer(206), &mut response).is_ok());
        assert_eq!(response.status(), 206);
        assert_eq!(response.headers()[header::CONTENT_RANGE], "bytes */9");
        for (status, expected) in [(404, 410), (416, 416), (401, 503), (500, 503)] {
            assert_eq!(
                pass_on(answer(status), &mut response).unwrap_err().status(),
                expected
            );
        }
    }

    #[test]
    fn an_object_is_described() {
        let object = Object::of(Some(
            "{\"key\":\"a/b.zip\",\"filename\":\"batch_1.zip\"}".to_owned(),
        ))
        .unwrap();
        let mut headers = HeaderMap::new();
        object.describe(&mut headers, object.tag(), Disposition::Attachment);
        assert_eq!(headers[header::CONTENT_TYPE], "application/zip");
        assert_eq!(
            headers[header::CONTENT_DISPOSITION],
            "attachment; filename=\"batch_1.zip\""
        );
        assert_eq!(headers[header::ETAG].len(), 34);
    }
}
