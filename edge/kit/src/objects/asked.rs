//! What a caller wants of a stored object: all of it, a part, or only to know whether it has changed (RFC 9110).

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
};

/// The method and the conditions of a request for an object.
#[derive(Debug)]
pub struct Asked {
    /// `GET` or `HEAD`. It is passed on, for a signed address is good for one of them.
    pub method: Method,
    headers: HeaderMap,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self {
            method: parts.method.clone(),
            headers: parts.headers.clone(),
        })
    }
}

impl Asked {
    /// The caller has the very object that the tag names (`If-None-Match`).
    pub fn has(&self, tag: &HeaderValue) -> bool {
        let known = self.headers.get_all(header::IF_NONE_MATCH).iter();
        known
            .filter_map(|value| value.to_str().ok())
            .flat_map(|list| list.split(','))
            .map(|one| one.trim().trim_start_matches("W/"))
            .any(|one| one == "*" || one == tag)
    }

    /// The range to fetch: none when the one asked for continues another version (`If-Range`).
    pub fn range(&self, tag: &HeaderValue) -> Option<&HeaderValue> {
        let continues = self
            .headers
            .get(header::IF_RANGE)
            .is_none_or(|version| version == tag);
        self.headers
            .get(header::RANGE)
            .filter(|_| continues && self.method == Method::GET)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    const TAG: HeaderValue = HeaderValue::from_static("\"abc\"");

    fn asked(headers: &[(HeaderName, &'static str)]) -> Asked {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        Asked {
            method: Method::GET,
            headers: headers.collect(),
        }
    }

    #[test]
    fn what_the_caller_has_is_not_sent_again() {
        for value in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"] {
            assert!(
                asked(&[(header::IF_NONE_MATCH, value)]).has(&TAG),
                "{value}"
            );
        }
        assert!(!asked(&[(header::IF_NONE_MATCH, "\"abcd\"")]).has(&TAG));
        assert!(!asked(&[]).has(&TAG));
    }

    #[test]
    fn a_range_of_another_version_is_not_continued() {
        let range = (header::RANGE, "bytes=5-");
        assert!(asked(std::slice::from_ref(&range)).range(&TAG).is_some());
        let same = (header::IF_RANGE, "\"abc\"");
        assert!(asked(&[range.clone(), same]).range(&TAG).is_some());
        let other = (header::IF_RANGE, "\"old\"");
        assert!(asked(&[range, other]).range(&TAG).is_none());
    }

    #[test]
    fn a_head_is_of_the_whole() {
        let head = Asked {
            method: Method::HEAD,
            ..asked(&[(header::RANGE, "bytes=5-")])
        };
        assert!(head.range(&TAG).is_none());
    }
}
