//! A JSON body: the right media type, within its limit, parsed with the path of what is wrong, and validated.

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use kiskadee_shared::limits::SMALL_BODY_BYTES;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::{
    coding::Coding,
    credentials::Caller,
    mend::mended,
    problem::{FieldError, Problem},
    validate::{Validate, Violations},
};

/// The body of a request, with its limit in bytes.
#[derive(Debug)]
pub struct Json<T, const LIMIT: usize = SMALL_BODY_BYTES>(pub T);

impl<S: Sync, T: DeserializeOwned + Validate, const LIMIT: usize> FromRequest<S>
    for Json<T, LIMIT>
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::unsupported_media_type("application/json"));
        }
        let body = parse::<T>(&read_body(request, LIMIT).await?)?;
        let mut violations = Violations::default();
        body.validate(&mut violations);
        violations.finish()?;
        Ok(Self(body))
    }
}

/// Reads a whole body, refusing a larger one as early as its length is known. One that comes compressed is unpacked.
pub async fn read_body(request: Request, limit_bytes: usize) -> Result<Bytes, Problem> {
    let coding = Coding::of(request.headers())?;
    let request = let_in(request, limit_bytes).await?;
    let body = to_bytes(request.into_body(), limit_bytes)
        .await
        .map_err(|error| {
            let mut cause = std::error::Error::source(&error);
            while let Some(source) = cause {
                if source.to_string().contains("length limit") {
                    return Problem::too_large(limit_bytes);
                }
                cause = source.source();
            }
            Problem::malformed("the body ended too early")
        })?;
    coding.undo(body, limit_bytes)
}

/// Before anything of a body is read: it is not too long, and where it may be large, the database knows the caller, whose rate
/// allows it.
pub(crate) async fn let_in(request: Request, limit_bytes: usize) -> Result<Request, Problem> {
    let told = content_length(request.headers());
    if told.is_some_and(|length| length > limit_bytes) {
        return Err(Problem::too_large(limit_bytes));
    }
    // What comes compressed can become as large as the limit.
    let is_plain = Coding::of(request.headers())? == Coding::Plain;
    let expected = told.filter(|_| is_plain).unwrap_or(limit_bytes);
    if expected > SMALL_BODY_BYTES
        && let Some(caller) = request.extensions().get::<Caller>().cloned()
    {
        caller.enter().await?;
    }
    Ok(request)
}

/// The media type of the body, without parameters, is this one.
pub fn has_media_type(headers: &HeaderMap, expected: &str) -> bool {
    media_type(headers).is_some_and(|found| found.eq_ignore_ascii_case(expected))
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next()?.trim())
}

fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|found| {
        found.eq_ignore_ascii_case("application/json")
            || (found.starts_with("application/") && found.ends_with("+json"))
    })
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// Parses a body: 400 when it is not JSON, 422 naming the field when a value has the wrong type or is missing.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = mended(bytes);
    let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
    let value =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| refusal(&error));
    value
        .and_then(|value| {
            deserializer
                .end()
                .map(|()| value)
                .map_err(|error| syntax(&error))
        })
        .map_err(|problem| not_utf8(&bytes).unwrap_or(problem))
}

/// What is in another encoding is told so, for no rule of JSON helps its sender.
fn not_utf8(bytes: &[u8]) -> Option<Problem> {
    let error = std::str::from_utf8(bytes).err()?;
    Some(Problem::malformed(format!(
        "the body is not in UTF-8, as JSON must be (byte {} is wrong); send it so",
        error.valid_up_to()
    )))
}

fn refusal(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let cause = error.inner();
    if !cause.is_data() {
        return syntax(cause);
    }
    let message = cause.to_string();
    // The place in the text helps nobody who made the JSON by program; the path does.
    let message = message.split(" at line ").next().unwrap_or_default();
    Problem::validation(&[field_error(error.path(), message)])
}

fn syntax(error: &serde_json::Error) -> Problem {
    Problem::malformed(format!("the body is not JSON: {error}"))
}

fn field_error(path: &Path, message: &str) -> FieldError {
    let mut names: Vec<&str> = Vec::new();
    let mut index = None;
    for segment in path {
        match segment {
            Segment::Map { key } => names.push(key),
            Segment::Seq { index: found } => index = Some(*found),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    if let Some(missing) = message
        .strip_prefix("missing field `")
        .and_then(|rest| rest.strip_suffix('`'))
    {
        names.push(missing);
        return FieldError {
            field: Some(names.join(".")),
            index,
            line: None,
            message: "is required".to_owned(),
        };
    }
    let field = (!names.is_empty()).then(|| names.join("."));
    FieldError {
        field,
        index,
        line: None,
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Body {
        name: String,
        #[expect(dead_code, reason = "only its parsing is tested")]
        texts: Vec<String>,
    }

    fn refused(body: &str) -> Value {
        serde_json::from_slice(&parse::<Body>(body.as_bytes()).unwrap_err().render("/", "r"))
            .unwrap()
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for body in ["", "{", "{\"name\": }", "{\"name\":\"a\",\"texts\":[]} x"] {
            assert_eq!(refused(body)["status"], 400, "{body}");
        }
    }

    #[test]
    fn what_is_not_in_utf8_is_told_so() {
        let body = b"{\"name\":\"caf\xe9\",\"texts\":[]}";
        let problem = parse::<Body>(body).unwrap_err();
        assert_eq!(problem.status(), 400);
        assert!(problem.detail().contains("UTF-8"), "{}", problem.detail());
    }

    #[test]
    fn half_a_character_and_a_byte_order_mark_hinder_nobody() {
        let body = "\u{feff}{\"name\":\"a\\ud83d\",\"texts\":[]}";
        assert_eq!(parse::<Body>(body.as_bytes()).unwrap().name, "a\u{fffd}");
    }

    #[test]
    fn a_missing_field_is_named() {
        assert_eq!(
            refused("{\"texts\":[]}")["errors"],
            json!([{"field": "name", "message": "is required"}])
        );
    }

    #[test]
    fn a_wrong_type_is_told_with_its_place() {
        let document = refused("{\"name\":\"a\",\"texts\":[\"b\",7]}");
        assert_eq!(document["status"], 422);
        let message = "invalid type: integer `7`, expected a string";
        assert_eq!(
            document["errors"],
            json!([{"field": "texts", "index": 1, "message": message}])
        );
    }

    #[test]
    fn another_shape_is_refused_without_a_field() {
        let document = refused("[]");
        assert_eq!(document["status"], 422);
    }

    #[test]
    fn media_types_are_compared_without_parameters() {
        let with =
            |value: &str| HeaderMap::from_iter([(header::CONTENT_TYPE, value.parse().unwrap())]);
        assert!(is_json(&with("application/json; charset=utf-8")));
        assert!(is_json(&with("application/merge-patch+json")));
        assert!(!is_json(&with("text/plain")));
        assert!(!is_json(&HeaderMap::new()));
        assert!(has_media_type(&with("Text/CSV"), "text/csv"));
    }
}
