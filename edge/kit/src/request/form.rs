//! Reads a multipart form as it comes, within a limit, and notes what does not belong into it.

use axum::{
    body::Bytes,
    extract::Request,
    http::{HeaderMap, header},
};
use multer::{Constraints, Multipart, SizeLimit};

use super::checks::Check;
use crate::{
    coding::Coding,
    json::{has_media_type, let_in},
    problem::{FieldError, Problem},
};

const FORM: &str = "multipart/form-data";
const NAME_CHARS: usize = 64;
const FILENAME_CHARS: usize = 255;
/// More than any form here has.
const MOST_PARTS: usize = 100;

/// One part of a form.
#[derive(Debug)]
struct Part {
    name: String,
    filename: Option<String>,
    content: Bytes,
}

/// A form while it is read.
#[derive(Debug)]
pub struct Form {
    parts: Vec<Part>,
    errors: Vec<FieldError>,
}

/// A file of a form.
#[derive(Debug, Default, Clone)]
pub struct File {
    pub content: Bytes,
    pub filename: Option<String>,
}

impl From<Part> for File {
    fn from(part: Part) -> Self {
        Self {
            content: part.content,
            filename: part.filename,
        }
    }
}

impl Form {
    /// Reads a body of at most `limit` bytes.
    pub async fn read(request: Request, limit: usize) -> Result<Self, Problem> {
        Coding::must_be_plain(request.headers())?;
        let boundary = boundary(request.headers())?;
        let request = let_in(request, limit).await?;
        let whole = SizeLimit::new().whole_stream(limit as u64);
        let mut multipart = Multipart::with_constraints(
            request.into_body().into_data_stream(),
            boundary,
            Constraints::new().size_limit(whole),
        );
        let broken = |error: multer::Error| broken(&error, limit);
        let mut form = Self {
            parts: Vec::new(),
            errors: Vec::new(),
        };
        while let Some(part) = multipart.next_field().await.map_err(broken)? {
            let name = short(part.name().unwrap_or_default(), NAME_CHARS);
            let filename = part.file_name().map(|name| short(name, FILENAME_CHARS));
            let content = part.bytes().await.map_err(broken)?;
            if form.parts.len() == MOST_PARTS {
                return Err(Problem::malformed(format!(
                    "the form has over {MOST_PARTS} parts"
                )));
            }
            form.parts.push(Part {
                name,
                filename,
                content,
            });
        }
        Ok(form)
    }

    pub fn note(&mut self, error: FieldError) {
        self.errors.push(error);
    }

    /// A file that must be there.
    pub fn file(&mut self, name: &str, what: &str) -> File {
        if let Some(part) = self.take(name) {
            return part.into();
        }
        self.lacks(name, what);
        File::default()
    }

    /// Files of which at least one must be there.
    pub fn files(&mut self, name: &str, what: &str) -> Vec<File> {
        let files = self.optional_files(name);
        if files.is_empty() {
            self.lacks(name, what);
        }
        files
    }

    /// Files of which there may be none.
    pub fn optional_files(&mut self, name: &str) -> Vec<File> {
        let files = self.parts.extract_if(.., |part| part.name == name);
        files.map(File::from).collect()
    }

    /// Texts that may stand any number of times.
    pub fn texts(&mut self, name: &str) -> Vec<String> {
        let texts = self.parts.extract_if(.., |part| part.name == name);
        let texts = texts.map(|part| String::from_utf8_lossy(&part.content).into_owned());
        texts.collect()
    }

    fn lacks(&mut self, name: &str, what: &str) {
        self.note(FieldError::new(
            name,
            format!("is required: send {what} as this part of the form"),
        ));
    }

    /// A text that must be there and pass the check.
    pub fn text(&mut self, name: &str, check: impl Fn(&str) -> Check) -> Option<String> {
        if !self.parts.iter().any(|part| part.name == name) {
            self.note(FieldError::new(name, "is required"));
        }
        self.optional_text(name, check)
    }

    /// A text that may be missing, but must pass the check when it is there.
    pub fn optional_text(&mut self, name: &str, check: impl Fn(&str) -> Check) -> Option<String> {
        let content = self.take(name)?.content;
        let checked = match std::str::from_utf8(&content) {
            Ok(text) => check(text).map(|()| text.to_owned()),
            Err(_) => Err("is not UTF-8".to_owned()),
        };
        checked
            .map_err(|message| self.note(FieldError::new(name, message)))
            .ok()
    }

    /// What was found wrong, with the parts that were never read.
    pub fn finish(mut self) -> Vec<FieldError> {
        for part in self.parts {
            self.errors
                .push(FieldError::new(part.name, "is not a part of this form"));
        }
        self.errors
    }

    /// The first part of the name; there must not be a second.
    fn take(&mut self, name: &str) -> Option<Part> {
        let parts = self.parts.extract_if(.., |part| part.name == name);
        let mut parts: Vec<Part> = parts.collect();
        if parts.len() > 1 {
            self.note(FieldError::new(name, "stands twice in the form"));
        }
        (!parts.is_empty()).then(|| parts.swap_remove(0))
    }
}

fn short(text: &str, chars: usize) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(chars)
        .collect()
}

fn boundary(headers: &HeaderMap) -> Result<String, Problem> {
    if !has_media_type(headers, FORM) {
        return Err(Problem::unsupported_media_type(FORM));
    }
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    multer::parse_boundary(value).map_err(|error| broken(&error, 0))
}

fn broken(error: &multer::Error, limit: usize) -> Problem {
    match error {
        multer::Error::StreamSizeExceeded { .. } => Problem::too_large(limit),
        multer::Error::StreamReadFailed(_) => Problem::malformed("the body ended too early"),
        error => Problem::malformed(format!("the form cannot be parsed: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    async fn form(body: &str) -> Form {
        let request = Request::builder()
            .header("content-type", "multipart/form-data; boundary=b")
            .body(Body::from(body.replace('\n', "\r\n")))
            .unwrap();
        Form::read(request, 10_000).await.unwrap()
    }

    #[tokio::test]
    async fn everything_wrong_is_noted_at_once() {
        let part =
            |name: &str| format!("--b\nContent-Disposition: form-data; name=\"{name}\"\n\nx\n");
        let mut form = form(&(part("name") + &part("name") + &part("odd") + "--b--\n")).await;
        assert_eq!(form.text("name", |_| Err("is bad".to_owned())), None);
        assert_eq!(form.text("language", |_| Ok(())), None);
        assert!(form.file("file", "the recording").content.is_empty());
        let fields: Vec<_> = form
            .finish()
            .into_iter()
            .filter_map(|error| error.field)
            .collect();
        assert_eq!(fields, ["name", "name", "language", "file", "odd"]);
    }

    #[tokio::test]
    async fn a_file_has_a_name() {
        let body = "--b\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\n\nRIFF\n--b--\n";
        let mut form = form(body).await;
        let file = form.file("file", "it");
        assert_eq!(
            (&file.content[..], file.filename.as_deref()),
            (&b"RIFF"[..], Some("a.wav"))
        );
        assert!(form.finish().is_empty());
    }

    #[tokio::test]
    async fn files_of_one_name_stay_in_their_order() {
        let part = |name: &str| {
            format!(
                "--b\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\n\nx\n"
            )
        };
        let body = part("b.wav") + &part("a.wav") + "--b--\n";
        let names: Vec<_> = form(&body)
            .await
            .files("file", "it")
            .into_iter()
            .filter_map(|file| file.filename)
            .collect();
        assert_eq!(names, ["b.wav", "a.wav"]);
        let mut alone = form(&body).await;
        assert_eq!(alone.file("file", "it").filename.as_deref(), Some("b.wav"));
        assert_eq!(alone.finish()[0].message, "stands twice in the form");
    }

    #[tokio::test]
    async fn the_number_of_parts_is_bounded() {
        let part = "--b\r\nContent-Disposition: form-data; name=\"p\"\r\n\r\n\r\n";
        let request = Request::builder()
            .header("content-type", "multipart/form-data; boundary=b")
            .body(Body::from(part.repeat(MOST_PARTS + 1) + "--b--\r\n"))
            .unwrap();
        let refused = Form::read(request, 10_000).await.unwrap_err();
        assert_eq!(refused.status(), 400);
    }

    #[tokio::test]
    async fn a_form_that_goes_on_for_too_long_is_told_so() {
        let part = "--b\r\nContent-Disposition: form-data; name=\"p\"\r\n\r\n";
        let request = Request::builder()
            .header("content-type", "multipart/form-data; boundary=b")
            .body(Body::from(part.to_owned() + &"x".repeat(10_000)))
            .unwrap();
        let refused = Form::read(request, 10_000).await.unwrap_err();
        assert_eq!(refused.status(), 413);
    }
}
