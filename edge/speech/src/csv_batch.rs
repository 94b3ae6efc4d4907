//! Takes in a batch as an uploaded CSV file.

use axum::{extract::Request, http::StatusCode};
use kiskadee_edge_kit::{
    Caller, Class, IdempotencyKey, Problem, Reply, caller_sql,
    context::Trace,
    database::{Answer, call},
    log,
    openapi::{Protected, WithBody},
    request::{
        Form,
        faults::{in_file, jsonb, malformed},
    },
};
use kiskadee_shared::limits::CSV_BODY_BYTES;

use crate::{
    bodies::{BatchAnswer, CsvUpload, ReadAs},
    checks,
    request::{Item, START_BEFORE},
    setup::setup,
    table::{self, Unreadable},
};

const CREATE_BATCH: &str = caller_sql!(
    "api.create_batch",
    "$5::jsonb, $6::text, $7::text, $8::bytea, $9::text, $10::jsonb"
);
const FILE: &str = "file";
const WEBHOOK_URL: &str = "webhook_url";

/// Speak the rows of a table
///
/// A CSV file or a workbook (.xlsx, the first sheet that is shown) with the columns `text`, `voice_id` and `language`, and where one
/// wants with `tts_engine`, `quality_profile`, `response_format`, `speed` and `text_format`, in any order; at most 1000 rows. Commas, semicolons, tabs or bars
/// part the cells of a CSV; a first line such as `sep=;` is understood. It is in UTF-8, in UTF-16 with a byte order mark, or in
/// Windows-1252. Empty rows, empty cells at the end of a row, and columns of other names are left out. `read_as` tells what was
/// recognised. A file with a bad row is refused whole, and every bad row is listed with its line.
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
    let mut form = Form::read(request, CSV_BODY_BYTES).await?;
    let webhook_url = form.optional_text(WEBHOOK_URL, |url| {
        checks::webhook_url(url, private_webhooks)
    });
    let start_before = form
        .optional_text(START_BEFORE, checks::start_before)
        .and_then(|time| checks::in_utc(&time));
    let file = form.file(FILE, "the CSV").content;
    let form_errors = form.finish();
    if form_errors
        .iter()
        .any(|error| error.field.as_deref() == Some(FILE))
    {
        return Err(Problem::validation(&form_errors));
    }
    let table = table::read(&file)?;
    let read_as = table.read_as();
    let request = (&table.rows, &webhook_url);
    let [key, hash] = match &start_before {
        Some(time) => key.parameters("batch-csv", &(request, time))?,
        None => key.parameters("batch-csv", &request)?,
    };
    let items: Vec<Item<'_>> = table
        .rows
        .iter()
        .map(|row| Item {
            start_before: start_before.as_deref(),
            ..row.item()
        })
        .collect();
    let errors = [form_errors, table.errors].concat();
    let arguments = [
        jsonb(&items)?,
        webhook_url.into(),
        key,
        hash,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    let answer = in_file(
        call(CREATE_BATCH, &caller, Class::Create, arguments).await?,
        &table.lines,
    );
    Ok(with_reading(answer, read_as))
}

/// Puts what the file was read as into the answer of the database.
fn with_reading(answer: Answer, read_as: ReadAs) -> Answer {
    let Some(body) = answer.body.as_deref().filter(|_| answer.is_success()) else {
        return answer;
    };
    let told = serde_json::from_str(body).and_then(|taken: BatchAnswer| {
        serde_json::to_string(&BatchAnswer {
            read_as: Some(read_as),
            ..taken
        })
    });
    match told {
        Ok(body) => Answer {
            body: Some(body),
            ..answer
        },
        Err(error) => {
            log::error("the answer about a batch is not as described", &error);
            answer
        }
    }
}

impl From<Unreadable> for Problem {
    fn from(error: Unreadable) -> Self {
        let detail = error.to_string();
        match error {
            Unreadable::OtherKind { .. } => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                detail,
            ),
            _ => Self::malformed(detail),
        }
    }
}
