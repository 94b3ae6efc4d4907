//! Recordings that a worker fetches from addresses.

use kiskadee_edge_kit::{
    Caller, Class, FieldError, IdempotencyKey, Json, Reply, caller_sql,
    context::Trace,
    database::call,
    openapi::{Protected, WithBody, WithConflict, WithId},
    request::{
        Body, Fields,
        checks::{Check, language},
        faults::{in_body, jsonb, malformed},
    },
};
use kiskadee_shared::address::check_source_url;
use serde::Serialize;

use super::checks;
use crate::bodies::{DownloadBody, StepAnswer};

const DOWNLOAD: &str = caller_sql!(
    "api.begin_download",
    "$5::jsonb, $6::text, $7::bytea, $8::text, $9::jsonb"
);
/// Addresses of one request.
const MOST_URLS: usize = 20;

/// Fetch recordings from addresses
///
/// Each address is of a file, or, where yt-dlp is installed on the worker, of a page with a player. A worker calls no address that is not on the
/// public internet, follows at most five redirects, and takes at most 2 GiB and six hours of sound from one within half an hour, unless it was
/// set up otherwise; what is longer than 30 minutes becomes several recordings. An address that leads to nothing keeps none of the others out:
/// the job's result tells why (`failed`). The dataset is made where it is not there. You declare by what right the material is used
/// (`rights`); the declaration is kept beside each recording.
#[utoipa::path(
    post, path = "/training/dataset/download", tag = "Training",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same answer again")),
    request_body = DownloadBody,
    responses((status = 202, description = "The addresses are being fetched", body = StepAnswer), Protected, WithBody, WithId, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn download_files(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    Json(body): Json<Body>,
) -> Reply {
    let (wanted, errors) = Download::read(body);
    let [key, hash] = key.parameters("dataset-download", &wanted)?;
    let arguments = [
        jsonb(&wanted)?,
        key,
        hash,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    Ok(in_body(
        call(DOWNLOAD, &caller, Class::Create, arguments).await?,
    ))
}

/// The form of an address. Whether it may be called is the worker's to say, at every connection.
pub(super) fn source_url(url: &str) -> Check {
    check_source_url(url)
        .map(drop)
        .map_err(|error| error.to_string())
}

/// What is to be fetched, as the database and the job read it.
#[derive(Debug, Serialize)]
struct Download {
    urls: Vec<String>,
    dataset: Option<String>,
    /// How the dataset is called where it is to be made.
    name: Option<String>,
    language: Option<String>,
    rights: Option<String>,
    consent: Option<String>,
}

impl Download {
    fn read(body: Body) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let urls = fields.texts("urls", source_url);
        if !fields.has_error("urls") && !(1..=MOST_URLS).contains(&urls.len()) {
            let message = format!("must name 1 to {MOST_URLS} addresses, found {}", urls.len());
            fields.note(FieldError::new("urls", message));
        }
        let dataset = fields.text("dataset", checks::reference);
        let download = Self {
            urls: urls.into_iter().flatten().collect(),
            name: dataset.as_deref().and_then(name),
            dataset,
            rights: fields.text("rights", checks::rights),
            language: fields.optional_text("language", language),
            consent: fields.optional_text("consent", checks::consent),
        };
        (download, fields.finish())
    }
}

/// The last part of a folder, if a dataset may be called so.
fn name(reference: &str) -> Option<String> {
    let last = reference.trim_end_matches('/').rsplit('/').next()?;
    checks::name(last).ok().map(|()| last.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> (Download, Vec<String>) {
        let (download, errors) = Download::read(serde_json::from_value(body).unwrap());
        let fields = errors.into_iter().filter_map(|error| error.field);
        (download, fields.collect())
    }

    #[test]
    fn a_new_dataset_is_called_as_the_folder_ends() {
        let urls = ["https://example.com/a.mp3", "http://example.com/watch?v=1"];
        let body =
            json!({"urls": urls, "dataset": "datasets/my_voice/", "rights": "public_domain"});
        let (download, errors) = read(body);
        assert_eq!(errors, [""; 0]);
        assert_eq!(download.name.as_deref(), Some("my_voice"));
        assert_eq!(download.urls, urls);
        let id = format!("dataset_{}", "0".repeat(32));
        let (download, _) = read(json!({"urls": urls, "dataset": id, "rights": "own"}));
        assert_eq!(download.name, None, "an id is no name");
    }

    #[test]
    fn everything_wrong_is_told_and_nothing_goes_without_rights() {
        let (_, errors) =
            read(json!({"urls": ["file:///etc/passwd", "ftp://a.example/", 7], "dataset": ""}));
        assert_eq!(
            errors,
            ["urls[0]", "urls[1]", "urls[2]", "dataset", "rights"]
        );
        for urls in [json!([]), json!(vec!["https://example.com/"; 21])] {
            let (_, errors) =
                read(json!({"urls": urls, "dataset": "a", "rights": "stolen", "more": 1}));
            assert_eq!(errors, ["urls", "rights", "more"]);
        }
    }
}
