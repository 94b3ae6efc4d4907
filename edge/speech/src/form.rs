//! Reads a multipart form whole, within a limit, and notes what does not belong into it.

use axum::{
    body::Bytes,
    extract::Request,
    http::{HeaderMap, header},
};
use futures::stream;
use kiskadee_edge_kit::{
    FieldError, Problem,
    json::{has_media_type, read_body},
};
use multer::Multipart;

use crate::checks::Check;

const FORM: &str = "multipart/form-data";
const NAME_CHARS: usize = 64;
const FILENAME_CHARS: usize = 255;

/// One part of a form.
#[derive(Debug)]
struct Part {
    name: String,
    filename: Option<String>,
    content: Bytes,
}

/// A form while it is read.
#[derive(Debug)]
pub(crate) struct Form {
    parts: Vec<Part>,
    errors: Vec<FieldError>,
}

/// A file of a form.
#[derive(Debug, Default, Clone)]
pub(crate) struct File {
    pub content: Bytes,
    pub filename: Option<String>,
}

impl Form {
    /// Reads a body of at most `limit` bytes.
    pub(crate) async fn read(request: Request, limit: usize) -> Result<Self, Problem> {
        let boundary = boundary(request.headers())?;
        let body = read_body(request, limit).await?;
        let body = stream::iter([Ok::<_, std::convert::Infallible>(body)]);
        let mut multipart = Multipart::new(body, boundary);
        let mut form = Self {
            parts: Vec::new(),
            errors: Vec::new(),
        };
        while let Some(part) = multipart
            .next_field()
            .await
            .map_err(|error| broken(&error))?
        {
            let name = short(part.name().unwrap_or_default(), NAME_CHARS);
            let filename = part.file_name().map(|name| short(name, FILENAME_CHARS));
            let content = part.bytes().await.map_err(|error| broken(&error))?;
            form.add(Part {
                name,
                filename,
                content,
            });
        }
        Ok(form)
    }

    fn add(&mut self, part: Part) {
        if self.parts.iter().any(|known| known.name == part.name) {
            self.note(FieldError::new(part.name, "stands twice in the form"));
        } else {
            self.parts.push(part);
        }
    }

    pub(crate) fn note(&mut self, error: FieldError) {
        self.errors.push(error);
    }

    /// A file that must be there.
    pub(crate) fn file(&mut self, name: &str, what: &str) -> File {
        if let Some(Part {
            content, filename, ..
        }) = self.take(name)
        {
            return File { content, filename };
        }
        self.note(FieldError::new(
            name,
            format!("is required: send {what} as this part of the form"),
        ));
        File::default()
    }

    /// A text that must be there and pass the check.
    pub(crate) fn text(&mut self, name: &str, check: impl Fn(&str) -> Check) -> Option<String> {
        if !self.parts.iter().any(|part| part.name == name) {
            self.note(FieldError::new(name, "is required"));
        }
        self.optional_text(name, check)
    }

    /// A text that may be missing, but must pass the check when it is there.
    pub(crate) fn optional_text(
        &mut self,
        name: &str,
        check: impl Fn(&str) -> Check,
    ) -> Option<String> {
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
    pub(crate) fn finish(mut self) -> Vec<FieldError> {
        for part in self.parts {
            self.errors
                .push(FieldError::new(part.name, "is not a part of this form"));
        }
        self.errors
    }

    fn take(&mut self, name: &str) -> Option<Part> {
        let place = self.parts.iter().position(|part| part.name == name)?;
        Some(self.parts.remove(place))
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
    multer::parse_boundary(value).map_err(|error| broken(&error))
}

fn broken(error: &multer::Error) -> Problem {
    Problem::malformed(format!("the form cannot be parsed: {error}"))
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
}
