//! Reads the announcement of a file.

use kiskadee_edge_kit::{
    FieldError,
    request::{
        Body, Fields,
        checks::{Check, length, storable},
    },
};
use kiskadee_shared::limits::{FAMILY_CHARS, FILENAME_CHARS, UPLOAD_BYTES};
use serde::Serialize;

/// What the database reads, as far as it was well-formed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Announced {
    family: Option<String>,
    filename: Option<String>,
    bytes: Option<u64>,
    /// In lower case.
    sha256: Option<String>,
}

impl Announced {
    pub(crate) fn read(body: Body) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let sha256 = fields.optional_text("sha256", digest);
        let announced = Self {
            family: fields.text("family", |name| length(name, &FAMILY_CHARS)),
            filename: fields.text("filename", filename),
            bytes: bytes(&mut fields),
            sha256: sha256.map(|digits| digits.to_ascii_lowercase()),
        };
        (announced, fields.finish())
    }
}

/// A name is for people: it never becomes a path.
fn filename(name: &str) -> Check {
    length(name, &FILENAME_CHARS)?;
    storable(name)
}

fn digest(digits: &str) -> Check {
    let is_digest = digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let fault = || "must be a SHA-256: 64 hex digits".to_owned();
    is_digest.then_some(()).ok_or_else(fault)
}

fn bytes(fields: &mut Fields) -> Option<u64> {
    if fields.lacks("bytes") {
        return None;
    }
    let number = fields.optional_number("bytes", |number| {
        let whole = number.fract() == 0.0 && number >= 0.0;
        if whole && UPLOAD_BYTES.contains(&(number as u64)) {
            return Ok(());
        }
        Err(format!(
            "must be a whole number from {} to {}",
            UPLOAD_BYTES.start(),
            UPLOAD_BYTES.end()
        ))
    });
    // Exact: the bound lies far below 2^53.
    number.map(|number| number as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> (Announced, Vec<String>) {
        let body = serde_json::from_value(body).unwrap();
        let (announced, errors) = Announced::read(body);
        let told = errors.iter().map(|error| {
            let field = error.field.as_deref().unwrap_or_default();
            format!("{field}: {}", error.message)
        });
        (announced, told.collect())
    }

    #[test]
    fn a_good_announcement_is_understood() {
        let sha256 = "AB".repeat(32);
        let (announced, errors) = read(json!({
            "family": "speech", "filename": "a/b ç.wav", "bytes": 5_368_709_120_u64, "sha256": sha256
        }));
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(announced.bytes, Some(5 << 30));
        assert_eq!(announced.sha256, Some("ab".repeat(32)));
    }

    #[test]
    fn everything_wrong_is_told() {
        let (_, errors) = read(json!({}));
        assert_eq!(errors.len(), 3, "{errors:?}");
        let bad = json!({"family": "", "filename": "a\0", "sha256": "ab", "more": 1});
        let (_, errors) = read(bad);
        assert_eq!(errors.len(), 5, "{errors:?}");
        for bytes in [
            json!(0),
            json!(-1),
            json!(1.5),
            json!(5_368_709_121_u64),
            json!(1e300),
            json!("7"),
        ] {
            let (_, errors) = read(json!({"family": "f", "filename": "n", "bytes": bytes}));
            assert_eq!(errors.len(), 1, "{bytes} {errors:?}");
        }
    }
}
