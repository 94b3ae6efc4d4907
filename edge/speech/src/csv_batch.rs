//! Takes in a batch as an uploaded CSV file.

use axum::{
    body::Bytes,
    extract::Request,
    http::{HeaderMap, header},
};
use futures::stream;
use kiskadee_edge_kit::{
    Caller, Class, FieldError, IdempotencyKey, Problem, Reply, caller_sql,
    context::Trace,
    database::call,
    json::{has_media_type, read_body},
    openapi::{Protected, WithBody},
};
use kiskadee_shared::limits::CSV_BODY_BYTES;
use multer::Multipart;

use crate::{
    bodies::{BatchAnswer, CsvUpload},
    checks::Check,
    csv_table,
    faults::{in_file, jsonb, malformed},
    request::{Item, check_webhook},
    setup::setup,
};

const CREATE_BATCH: &str = caller_sql!(
    "api.create_batch",
    "$5::jsonb, $6::text, $7::text, $8::bytea, $9::text, $10::jsonb"
);
const FORM: &str = "multipart/form-data";
const FILE: &str = "file";
const WEBHOOK_URL: &str = "webhook_url";

/// Speak the rows of a CSV file
///
/// The file has the columns `text`, `voice_id` and `language`, and may have `tts_engine`, `quality_profile` and
/// `response_format`; UTF-8, commas, at most 1000 rows. A file with a bad row is refused whole, and every bad row is listed
/// with its line.
#[utoipa::path(
    post, path = "/api/v1/advanced/batch-csv", tag = "Batches",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same file gives the same answer again")),
    request_body(content = CsvUpload, content_type = "multipart/form-data"),
    responses((status = 202, description = "The batch was taken in", body = BatchAnswer), Protected, WithBody),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn create_csv_batch(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    request: Request,
) -> Reply {
    let private_webhooks = setup().await?.private_webhooks;
    let upload = Upload::read(request, |url| check_webhook(url, private_webhooks)).await?;
    let table =
        csv_table::read(&upload.file).map_err(|error| Problem::malformed(error.to_string()))?;
    let [key, hash] = key.parameters("batch-csv", &(&table.rows, &upload.webhook_url))?;
    let items: Vec<Item<'_>> = table.rows.iter().map(csv_table::Row::item).collect();
    let errors = [upload.errors, table.errors].concat();
    let arguments = [
        jsonb(&items)?,
        upload.webhook_url.into(),
        key,
        hash,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    Ok(in_file(
        call(CREATE_BATCH, &caller, Class::Create, arguments).await?,
        &table.lines,
    ))
}

/// The parts of the form.
#[derive(Debug, Default)]
struct Upload {
    file: Bytes,
    webhook_url: Option<String>,
    errors: Vec<FieldError>,
}

impl Upload {
    async fn read(request: Request, check_url: impl Fn(&str) -> Check) -> Result<Self, Problem> {
        let boundary = boundary(request.headers())?;
        let body = read_body(request, CSV_BODY_BYTES).await?;
        let mut form = Multipart::new(
            stream::iter([Ok::<_, std::convert::Infallible>(body)]),
            boundary,
        );
        let mut upload = Self::default();
        let mut seen = Vec::new();
        while let Some(part) = form.next_field().await.map_err(|error| broken(&error))? {
            let name = part
                .name()
                .unwrap_or_default()
                .chars()
                .take(64)
                .collect::<String>();
            let content = part.bytes().await.map_err(|error| broken(&error))?;
            if seen.contains(&name) {
                upload
                    .errors
                    .push(FieldError::new(name, "stands twice in the form"));
                continue;
            }
            upload.take(&name, content, &check_url);
            seen.push(name);
        }
        if !seen.iter().any(|name| name == FILE) {
            return Err(Problem::validation(&[FieldError::new(
                FILE,
                "is required: send the CSV as this part of the form",
            )]));
        }
        Ok(upload)
    }

    fn take(&mut self, name: &str, content: Bytes, check_url: impl Fn(&str) -> Check) {
        match (name, std::str::from_utf8(&content)) {
            (FILE, _) => self.file = content,
            (WEBHOOK_URL, Ok(url)) => match check_url(url) {
                Ok(()) => self.webhook_url = Some(url.to_owned()),
                Err(message) => self.errors.push(FieldError::new(name, message)),
            },
            (WEBHOOK_URL, Err(_)) => self.errors.push(FieldError::new(name, "is not UTF-8")),
            _ => self
                .errors
                .push(FieldError::new(name, "is not a part of this form")),
        }
    }
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
