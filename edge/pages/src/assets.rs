//! The static files inside the component, kept compressed, with what a browser needs to keep and trust them.

use std::borrow::Cow;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use kiskadee_edge_kit::Problem;
use miniz_oxide::inflate::decompress_to_vec;

/// One file, as `build.rs` packed it.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) path: &'static str,
    media_type: &'static str,
    etag: &'static str,
    gzip: &'static [u8],
}

pub(crate) static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Pages load nothing from elsewhere and run no inline script. Swagger UI and `ReDoc` style their elements as they make them.
/// Sound comes with credentials that a player cannot send: the pages fetch it and play it from memory, which is `blob:`.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:; font-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);
/// Every use asks whether the file is still the same, which costs a 304: a new release is seen at once.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("no-cache");
const VARY: HeaderValue = HeaderValue::from_static("accept-encoding");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");
/// Of a gzip stream without a name or comment: RFC 1952, section 2.3.
const GZIP_HEADER_BYTES: usize = 10;
const GZIP_TRAILER_BYTES: usize = 8;

/// The handler of every file that the API document does not list.
pub(crate) async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    answer(uri.path(), &headers)
}

/// The file of a path, in the encoding that the client takes, or the news that the client has it already.
pub(crate) fn answer(path: &str, request: &HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.path == path) else {
        return Problem::not_found("there is no file at this path").into_response();
    };
    let mut response = if holds(request, asset.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        asset.content(accepts_gzip(request))
    };
    asset.describe(response.headers_mut());
    response
}

impl Asset {
    /// Its path, if it is a page.
    pub(crate) fn page(&self) -> Option<&'static str> {
        self.media_type
            .starts_with("text/html")
            .then_some(self.path)
    }

    fn content(&self, as_gzip: bool) -> Response {
        if as_gzip {
            return ([(header::CONTENT_ENCODING, GZIP)], Body::from(self.gzip)).into_response();
        }
        match self.plain() {
            Some(bytes) => Body::from(bytes).into_response(),
            None => Problem::internal().into_response(),
        }
    }

    fn plain(&self) -> Option<Vec<u8>> {
        let end = self.gzip.len().checked_sub(GZIP_TRAILER_BYTES)?;
        decompress_to_vec(self.gzip.get(GZIP_HEADER_BYTES..end)?).ok()
    }

    fn describe(&self, headers: &mut HeaderMap) {
        let own: [(HeaderName, HeaderValue); 4] = [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static(self.media_type),
            ),
            (header::ETAG, HeaderValue::from_static(self.etag)),
            (header::CACHE_CONTROL, CACHE_CONTROL),
            (header::VARY, VARY),
        ];
        headers.extend(own);
        if self.page().is_some() {
            headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
        }
    }
}

/// Whether the client already has this version (RFC 9110, section 13.1.2: a weak comparison).
fn holds(request: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let own = opaque(etag);
    values(request, &header::IF_NONE_MATCH).any(|tag| tag.trim() == "*" || opaque(&tag) == own)
}

/// Whether the client takes gzip (RFC 9110, section 12.5.3). One that names nothing gets the plain bytes.
fn accepts_gzip(request: &HeaderMap) -> bool {
    let weight = |wanted: &str| {
        values(request, &header::ACCEPT_ENCODING).find_map(|item| {
            let (coding, parameters) = item.split_once(';').unwrap_or((&item, ""));
            let quality = parameters
                .trim()
                .strip_prefix("q=")
                .map_or(Some(1.0), |text| text.trim().parse::<f32>().ok());
            coding
                .trim()
                .eq_ignore_ascii_case(wanted)
                .then_some(quality.unwrap_or(0.0))
        })
    };
    weight("gzip")
        .or_else(|| weight("*"))
        .is_some_and(|quality| quality > 0.0)
}

/// The comma-separated values of a header, however many lines it takes.
fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = Cow<'a, str>> {
    headers
        .get_all(name)
        .into_iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(Cow::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn every_asset_unpacks() {
        for asset in ASSETS {
            let plain = asset.plain().unwrap();
            assert!(
                !plain.is_empty() && std::str::from_utf8(&plain).is_ok(),
                "{}",
                asset.path
            );
        }
    }

    #[test]
    fn pages_have_no_inline_script_and_name_only_what_is_here() {
        for asset in ASSETS.iter().filter(|asset| asset.page().is_some()) {
            let page = String::from_utf8(asset.plain().unwrap()).unwrap();
            assert!(!page.contains("<script>"), "{}", asset.path);
            let named = page
                .split(['"', '\''])
                .filter(|text| text.starts_with('/'))
                .map(|text| text.split('#').next().unwrap());
            for path in named {
                let elsewhere = ["/health", "/ready", "/metrics"].contains(&path);
                assert!(
                    elsewhere || ASSETS.iter().any(|asset| asset.path == path),
                    "{} names {path}",
                    asset.path
                );
            }
        }
    }

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for value in ["gzip", "br, gzip;q=0.5", "*", "GZIP"] {
            assert!(
                accepts_gzip(&with(header::ACCEPT_ENCODING, value)),
                "{value}"
            );
        }
        for value in ["", "br", "gzip;q=0", "gzip;q=0, *"] {
            assert!(
                !accepts_gzip(&with(header::ACCEPT_ENCODING, value)),
                "{value}"
            );
        }
    }

    #[test]
    fn a_client_without_gzip_gets_the_same_content() {
        let plain = answer("/openapi.json", &HeaderMap::new());
        assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
        let packed = answer("/openapi.json", &with(header::ACCEPT_ENCODING, "gzip"));
        assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
        assert_eq!(
            plain.headers()[header::ETAG],
            packed.headers()[header::ETAG]
        );
        assert_eq!(plain.headers()[header::VARY], "accept-encoding");
    }

    #[test]
    fn a_known_version_is_not_sent_again() {
        let etag = answer("/docs", &HeaderMap::new()).headers()[header::ETAG].clone();
        let tags = format!("\"other\", {}", etag.to_str().unwrap());
        for value in [tags.as_str(), "*"] {
            let response = answer("/docs", &with(header::IF_NONE_MATCH, value));
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{value}");
            assert_eq!(response.headers()[header::ETAG], etag);
        }
        assert_eq!(
            answer("/docs", &with(header::IF_NONE_MATCH, "\"old\"")).status(),
            StatusCode::OK
        );
    }
}
