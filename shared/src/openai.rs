//! What clients of `OpenAI`'s API read of a refusal: one object, whose message is all that most of them show.

use std::borrow::Cow;

use serde::Serialize;

/// Characters of a message at most.
const MESSAGE_CHARS: usize = 2000;

/// Whether a path is one of the routes in the shape of `OpenAI`'s API.
pub fn is_route(path: &str) -> bool {
    path.strip_prefix("/v1")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The member `error` of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorObject<'a> {
    /// What is wrong, and what to do.
    pub message: Cow<'a, str>,
    /// The kind, in `OpenAI`'s words.
    pub r#type: &'static str,
    /// The first member of the request that is wrong.
    pub param: Option<&'a str>,
    /// The kind more exactly.
    pub code: &'a str,
}

impl<'a> ErrorObject<'a> {
    /// The object for a status, one of our own codes, and what is wrong in words.
    pub fn new(status: u16, code: &'a str, message: impl Into<Cow<'a, str>>) -> Self {
        Self {
            message: shortened(message.into()),
            r#type: kind(status),
            param: None,
            code: known_code(status, code),
        }
    }

    /// Names what is wrong: the place of the first, and a message for all, each with its place.
    #[must_use]
    pub fn of_places(self, places: &'a [(Option<String>, String)]) -> Self {
        let [(place, _), rest @ ..] = places else {
            return self;
        };
        let message = if rest.is_empty() && self.message.contains(places[0].1.as_str()) {
            self.message
        } else {
            let each: Vec<String> = places.iter().map(told).collect();
            shortened(each.join("; ").into())
        };
        Self {
            message,
            param: place.as_deref(),
            ..self
        }
    }
}

fn told((place, message): &(Option<String>, String)) -> String {
    match place {
        Some(place) => format!("`{place}`: {message}"),
        None => message.clone(),
    }
}

fn shortened(message: Cow<'_, str>) -> Cow<'_, str> {
    match message.char_indices().nth(MESSAGE_CHARS) {
        Some((end, _)) => format!("{}…", &message[..end]).into(),
        None => message,
    }
}

fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

/// Where clients look for a code of `OpenAI`'s, that one.
fn known_code(status: u16, code: &str) -> &str {
    match code {
        "unauthenticated" => "invalid_api_key",
        "rate_limited" | "too_many_at_once" | "queue_full" if status == 429 => {
            "rate_limit_exceeded"
        }
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(place: &str, message: &str) -> (Option<String>, String) {
        (Some(place.to_owned()), message.to_owned())
    }

    #[test]
    fn only_routes_of_that_shape_are_meant() {
        for (path, is) in [
            ("/v1", true),
            ("/v1/", true),
            ("/v1/audio/speech", true),
            ("/v1/nothing", true),
            ("/v10/x", false),
            ("/api/v1/voices", false),
            ("/", false),
        ] {
            assert_eq!(is_route(path), is, "{path}");
        }
    }

    #[test]
    fn kinds_are_those_of_openai() {
        for (status, code, kind, known) in [
            (400, "malformed", "invalid_request_error", "malformed"),
            (
                401,
                "unauthenticated",
                "authentication_error",
                "invalid_api_key",
            ),
            (
                403,
                "insufficient_scope",
                "permission_error",
                "insufficient_scope",
            ),
            (404, "not_found", "not_found_error", "not_found"),
            (
                413,
                "payload_too_large",
                "invalid_request_error",
                "payload_too_large",
            ),
            (422, "validation", "invalid_request_error", "validation"),
            (
                429,
                "rate_limited",
                "rate_limit_error",
                "rate_limit_exceeded",
            ),
            (503, "queue_full", "server_error", "queue_full"),
        ] {
            let error = ErrorObject::new(status, code, "x");
            assert_eq!((error.r#type, error.code), (kind, known), "{status}");
        }
    }

    #[test]
    fn the_message_tells_of_every_place_and_param_is_the_first() {
        let one = [place("voice", "there is no voice \"x\"")];
        let detail = "`voice`: there is no voice \"x\"";
        let error = ErrorObject::new(422, "validation", detail).of_places(&one);
        assert_eq!((&*error.message, error.param), (detail, Some("voice")));
        let two = [place("voice", "is required"), place("speed", "must be 4")];
        let error = ErrorObject::new(422, "validation", "2 values").of_places(&two);
        assert_eq!(error.message, "`voice`: is required; `speed`: must be 4");
        assert_eq!(error.param, Some("voice"));
    }

    #[test]
    fn a_message_is_bounded() {
        let error = ErrorObject::new(422, "validation", "é".repeat(5000));
        assert_eq!(error.message.chars().count(), MESSAGE_CHARS + 1);
    }
}
