//! The `endpoint` label of a path: few enough values that a metrics store can hold them, whatever clients send.

use std::borrow::Cow;

/// Collections whose members have names that do not look like ids.
const NAMED_MEMBERS: [&str; 1] = ["voices"];

/// A path with every id replaced by `{id}`; a file becomes the route that serves it.
pub(super) fn pattern<'a>(path: &'a str, route: &'a str) -> Cow<'a, str> {
    let path = path
        .strip_suffix('/')
        .filter(|path| !path.is_empty())
        .unwrap_or(path);
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.contains('.')
        && !path.starts_with("/.well-known/")
        && route.ends_with("/...")
        && route != "/..."
    {
        return Cow::Borrowed(route);
    }
    let mut before = "";
    let mut any = false;
    let segments: Vec<_> = path
        .split('/')
        .map(|segment| {
            let is_id = is_id(segment) || NAMED_MEMBERS.contains(&before);
            before = segment;
            any |= is_id;
            if is_id { "{id}" } else { segment }
        })
        .collect();
    if any {
        Cow::Owned(segments.join("/"))
    } else {
        Cow::Borrowed(path)
    }
}

/// A wire id (`job_` and 32 digits), a UUID, or a number.
fn is_id(segment: &str) -> bool {
    let is_wire_id = || {
        segment.rsplit_once('_').is_some_and(|(_, digits)| {
            digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    };
    let is_number = || !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    is_wire_id() || is_number() || uuid::Uuid::try_parse(segment).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_one_word() {
        for (path, expected) in [
            ("/api/v1/jobs", "/api/v1/jobs"),
            (
                "/api/v1/jobs/job_0190a6c2f7d47c3e8f1a2b3c4d5e6f70/audio",
                "/api/v1/jobs/{id}/audio",
            ),
            ("/api/v1/voices/amy-medium", "/api/v1/voices/{id}"),
            ("/x/0190a6c2-f7d4-7c3e-8f1a-2b3c4d5e6f70", "/x/{id}"),
            ("/x/42/", "/x/{id}"),
            ("/", "/"),
        ] {
            assert_eq!(pattern(path, "/..."), expected);
        }
    }

    #[test]
    fn files_count_as_their_route() {
        assert_eq!(pattern("/docs/app.js", "/docs/..."), "/docs/...");
        assert_eq!(pattern("/openapi.json", "/openapi.json"), "/openapi.json");
        assert_eq!(
            pattern("/.well-known/jwks.json", "/.well-known/jwks.json"),
            "/.well-known/jwks.json"
        );
    }
}
