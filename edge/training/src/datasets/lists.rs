//! What lies in a dataset, by the page, and sentences that could be read aloud for one.

use axum::{extract::FromRequestParts, http::request::Parts};
use kiskadee_edge_kit::{
    Caller, Class, Page, Problem, Reply, caller_sql,
    database::call,
    openapi::{Protected, WithId, WithQuery},
    query::Fields,
    request::faults::jsonb,
};
use kiskadee_shared::id::FileId;
use serde::Serialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{checks, collection::required_dataset};
use crate::bodies::DatasetFileList;

const LIST: &str = caller_sql!("api.list_dataset_files", "$5::int, $6::text, $7::jsonb");
const REASONS: [&str; 13] = [
    "too_short",
    "too_long",
    "clipped",
    "noisy",
    "silent",
    "two_speakers",
    "music",
    "no_text",
    "text_too_long",
    "rate_odd",
    "language_odd",
    "duplicate",
    "misaligned",
];

/// List what lies in a dataset
///
/// Segments in the order of their recordings, or from the least by a measure; or the recordings themselves.
#[utoipa::path(
    get, path = "/training/dataset/files", tag = "Training",
    params(Page, Wanted),
    responses((status = 200, description = "A page of segments or recordings", body = DatasetFileList), Protected, WithId, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_files(caller: Caller, wanted: Wanted) -> Reply {
    let [limit, cursor] = wanted.page.clone().parameters();
    let arguments = [limit, cursor, jsonb(&wanted)?];
    call(LIST, &caller, Class::Read, arguments).await
}

/// What is looked for.
#[derive(Debug, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    #[serde(skip)]
    #[param(ignore)]
    page: Page,
    /// Id or name of the dataset.
    dataset: String,
    /// `segments` or `files`
    #[param(default = "segments")]
    kind: &'static str,
    /// Of segments `accepted`, `rejected` or `pending`; of recordings `ready`, `pending` or `refused`.
    #[param(nullable = false)]
    state: Option<String>,
    /// Only what this was found of.
    #[param(nullable = false)]
    reason: Option<String>,
    /// `position`, or from the least `snr_db`, `alignment_score` or `seconds`.
    #[param(nullable = false, default = "position")]
    sort: Option<String>,
    /// Only segments of this recording.
    #[param(
        rename = "file_id",
        nullable = false,
        value_type = String,
        pattern = "^file_[0-9a-f]{32}$"
    )]
    file: Option<Uuid>,
}

impl Wanted {
    fn read(mut fields: Fields) -> Result<Self, Problem> {
        let text = |check: fn(&str) -> Result<(), String>| {
            move |text: &str| check(text).map(|()| text.to_owned())
        };
        let kind = fields.optional("kind", |name| match name {
            "segments" => Ok("segments"),
            "files" => Ok("files"),
            _ => Err(format!("`{name}` is not one of segments, files")),
        });
        let kind = kind.unwrap_or("segments");
        let states: fn(&str) -> Result<(), String> = match kind {
            "files" => |name| checks::one_of(name, &["ready", "pending", "refused"]),
            _ => |name| checks::one_of(name, &["accepted", "rejected", "pending"]),
        };
        let page = fields.page();
        let dataset = fields.optional("dataset", text(checks::reference));
        let wanted = Self {
            page,
            kind,
            state: fields.optional("state", text(states)),
            reason: fields.optional("reason", text(|name| checks::one_of(name, &REASONS))),
            sort: fields.optional("sort", text(sort)),
            file: fields.optional("file_id", checks::id::<FileId>),
            dataset: dataset.clone().unwrap_or_default(),
        };
        fields.finish()?;
        dataset.ok_or_else(required_dataset)?;
        Ok(wanted)
    }
}

fn sort(name: &str) -> Result<(), String> {
    checks::one_of(name, &["position", "snr_db", "alignment_score", "seconds"])
}

impl<S: Sync> FromRequestParts<S> for Wanted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(Fields::of(parts))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn read(query: &str) -> Result<Wanted, Problem> {
        let request = Request::get(format!("/list?{query}")).body(()).unwrap();
        Wanted::read(Fields::of(&request.into_parts().0))
    }

    #[test]
    fn filters_are_read_and_others_refused() {
        let wanted = read("dataset=a&kind=files&state=refused&limit=3").unwrap();
        assert_eq!(
            (wanted.kind, wanted.state.as_deref()),
            ("files", Some("refused"))
        );
        for bad in [
            "",
            "dataset=a&kind=clips",
            "dataset=a&kind=files&state=accepted",
            "dataset=a&state=ready",
            "dataset=a&reason=ugly",
            "dataset=a&sort=name",
            "dataset=a&file_id=7",
            "dataset=a&page=2",
        ] {
            assert_eq!(read(bad).unwrap_err().status(), 422, "{bad}");
        }
    }
}
