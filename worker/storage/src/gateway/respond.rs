//! An object of a local directory as an HTTP answer.

use std::ops::Range;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use kiskadee_shared::format::ResponseFormat;

use super::range::{self, Wanted};
use crate::{ObjectInfo, Store, StoreError};

pub(super) async fn stream(
    store: &Store,
    method: &Method,
    key: &str,
    headers: &HeaderMap,
) -> Result<Response, StoreError> {
    let info = store.info(key).await?;
    let etag = etag(&info);
    if text(headers, &header::IF_NONE_MATCH).is_some_and(|known| is_known(known, &etag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let wanted = match text(headers, &header::IF_RANGE) {
        Some(version) if !is_current(version, &etag, &info) => Wanted::Whole,
        _ => range::parse(text(headers, &header::RANGE), info.bytes),
    };
    let (status, part) = match wanted {
        Wanted::Whole => (StatusCode::OK, 0..info.bytes),
        Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Wanted::Nothing => {
            let size = format!("bytes */{}", info.bytes);
            return Ok((
                StatusCode::RANGE_NOT_SATISFIABLE,
                [(header::CONTENT_RANGE, size)],
            )
                .into_response());
        }
    };
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        body(store, key, &part).await?
    };
    Ok((
        status,
        AppendHeaders(describe(key, &info, etag, status, &part)),
        body,
    )
        .into_response())
}

async fn body(store: &Store, key: &str, part: &Range<u64>) -> Result<Body, StoreError> {
    if part.is_empty() {
        return Ok(Body::empty());
    }
    Ok(Body::from_stream(
        store.read(key, Some(part.clone())).await?.stream,
    ))
}

fn describe(
    key: &str,
    info: &ObjectInfo,
    etag: String,
    status: StatusCode,
    part: &Range<u64>,
) -> Vec<(HeaderName, String)> {
    let mut headers = vec![
        (header::CONTENT_TYPE, content_type(key).to_owned()),
        (header::CONTENT_LENGTH, (part.end - part.start).to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (
            header::LAST_MODIFIED,
            httpdate::fmt_http_date(info.modified),
        ),
        (header::ETAG, etag),
    ];
    if status == StatusCode::PARTIAL_CONTENT {
        headers.push((
            header::CONTENT_RANGE,
            format!("bytes {}-{}/{}", part.start, part.end - 1, info.bytes),
        ));
    }
    headers
}

/// By the extension, which results have from their format.
fn content_type(key: &str) -> &'static str {
    let extension = key.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.parse::<ResponseFormat>() {
        Ok(format) => format.content_type(),
        Err(_) if extension == "zip" => "application/zip",
        Err(_) => "application/octet-stream",
    }
}

fn etag(info: &ObjectInfo) -> String {
    let value = info.etag.as_deref().unwrap_or_default();
    if value.starts_with('"') {
        value.to_owned()
    } else {
        format!("\"{value}\"")
    }
}

fn is_known(known: &str, etag: &str) -> bool {
    known
        .split(',')
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == "*" || one == etag)
}

/// `If-Range` carries the version that an earlier part came from: a tag, or a date.
fn is_current(version: &str, etag: &str, info: &ObjectInfo) -> bool {
    version == etag || version == httpdate::fmt_http_date(info.modified)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
