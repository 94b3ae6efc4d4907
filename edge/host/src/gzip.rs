//! gzip for text answers over 1 KiB, for clients that take it. Streams of events are left alone, and so is what is
//! already encoded.

use std::{
    io::Write as _,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use wasmtime_wasi_http::{Error, WasiBody};

/// Below this, the head of the gzip format and the work outweigh what is saved.
const MIN_BYTES: u64 = 1024;

/// Favours speed: answers are compressed while somebody waits.
const LEVEL: u32 = 3;

/// Compressed bytes that are collected before they are sent on.
const CHUNK_BYTES: usize = 16 << 10;

/// Whether the request's `Accept-Encoding` takes gzip.
pub(crate) fn is_accepted(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let refused = weight
                .trim()
                .strip_prefix("q=")
                .is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
            matches!(name.trim(), "gzip" | "*") && !refused
        })
}

/// Compresses an answer where that is worth it.
pub(crate) fn encode(response: Response<WasiBody>, accepted: bool) -> Response<WasiBody> {
    if !is_worth_it(&response) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    head.headers
        .append(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !accepted {
        return Response::from_parts(head, body);
    }
    let streams = head.headers.remove(header::CONTENT_LENGTH).is_none();
    head.headers
        .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    head.headers.remove(header::ACCEPT_RANGES);
    weaken_etag(&mut head.headers);
    let body = Gzip {
        inner: body,
        encoder: Some(GzEncoder::new(Vec::new(), Compression::new(LEVEL))),
        streams,
    };
    Response::from_parts(head, body.boxed_unsync())
}

fn is_worth_it(response: &Response<WasiBody>) -> bool {
    let headers = response.headers();
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let has_body = !response.status().is_informational()
        && !matches!(
            response.status(),
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT
        );
    has_body
        && length.is_none_or(|length| length >= MIN_BYTES)
        && !headers.contains_key(header::CONTENT_ENCODING)
        && headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(is_text)
}

fn is_text(content_type: &str) -> bool {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if essence == "text/event-stream" {
        return false;
    }
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || matches!(
            essence.as_str(),
            "application/json"
                | "application/javascript"
                | "application/xml"
                | "application/openmetrics-text"
        )
}

/// The compressed bytes are others than the ones a strong tag was made for.
fn weaken_etag(headers: &mut HeaderMap) {
    let weak = headers
        .get(header::ETAG)
        .and_then(|tag| tag.to_str().ok())
        .filter(|tag| !tag.starts_with("W/"))
        .and_then(|tag| HeaderValue::from_str(&format!("W/{tag}")).ok());
    if let Some(weak) = weak {
        headers.insert(header::ETAG, weak);
    }
}

struct Gzip {
    inner: WasiBody,
    encoder: Option<GzEncoder<Vec<u8>>>,
    /// Of unknown length: each part is sent on as it comes.
    streams: bool,
}

impl Gzip {
    /// The compressed bytes of a part, if enough have come together.
    fn part(&mut self, data: &[u8]) -> std::io::Result<Option<Bytes>> {
        let Some(encoder) = &mut self.encoder else {
            return Ok(None);
        };
        encoder.write_all(data)?;
        if self.streams {
            encoder.flush()?;
        }
        let ready = self.streams || encoder.get_ref().len() >= CHUNK_BYTES;
        Ok(ready.then(|| Bytes::from(std::mem::take(encoder.get_mut()))))
    }

    fn end(&mut self) -> Option<Result<Frame<Bytes>, Error>> {
        let encoder = self.encoder.take()?;
        Some(
            encoder
                .finish()
                .map(|bytes| Frame::data(bytes.into()))
                .map_err(Error::Connect),
        )
    }
}

impl Body for Gzip {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        loop {
            if self.encoder.is_none() {
                return Poll::Ready(None);
            }
            let Some(frame) = ready!(Pin::new(&mut self.inner).poll_frame(cx)?) else {
                return Poll::Ready(self.end());
            };
            // Trailers do not survive a change of encoding.
            let Ok(data) = frame.into_data() else {
                continue;
            };
            match self.part(&data) {
                Ok(Some(bytes)) if !bytes.is_empty() => {
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Ok(_) => {}
                Err(error) => return Poll::Ready(Some(Err(Error::Connect(error)))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::body::whole;

    fn accepts(value: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        is_accepted(&headers)
    }

    fn answer(content_type: &'static str, text: &str) -> Response<WasiBody> {
        Response::builder()
            .header(header::CONTENT_TYPE, content_type)
            .header(header::CONTENT_LENGTH, text.len())
            .header(header::ETAG, "\"1\"")
            .body(whole(Bytes::from(text.to_owned())))
            .unwrap()
    }

    #[test]
    fn the_client_decides() {
        assert!(accepts("gzip") && accepts("br, gzip;q=0.5") && accepts("*"));
        assert!(!accepts("br") && !accepts("gzip;q=0") && !accepts("gzip;q=0.0"));
    }

    #[tokio::test]
    async fn long_text_is_compressed() {
        let text = "kiskadee ".repeat(1000);
        let response = encode(answer("application/json", &text), true);
        assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
        assert_eq!(response.headers()[header::ETAG], "W/\"1\"");
        assert!(!response.headers().contains_key(header::CONTENT_LENGTH));
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let mut decoded = String::new();
        flate2::read::GzDecoder::new(&bytes[..])
            .read_to_string(&mut decoded)
            .unwrap();
        assert_eq!(decoded, text);
    }

    #[test]
    fn the_rest_is_left_alone() {
        let long = "x".repeat(2000);
        for response in [
            answer("application/json", "short"),
            answer("audio/wav", &long),
            answer("text/event-stream", &long),
        ] {
            let response = encode(response, true);
            assert!(!response.headers().contains_key(header::CONTENT_ENCODING));
        }
        let response = encode(answer("text/html; charset=utf-8", &long), false);
        assert_eq!(response.headers()[header::VARY], "accept-encoding");
    }
}
