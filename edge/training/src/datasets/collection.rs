//! Datasets by themselves: made, shown, changed and deleted, and what they are worth.

use axum::{extract::FromRequestParts, http::request::Parts};
use kiskadee_edge_kit::{
    Caller, Class, FieldError, IdempotencyKey, Json, Page, Problem, Reply, WireId, caller_sql,
    context::Trace,
    database::call,
    openapi::{Protected, WithBody, WithConflict, WithId, WithQuery},
    query,
    request::{
        Body, Fields, checks as forms,
        faults::{in_body, jsonb, malformed},
    },
    settings,
};
use kiskadee_shared::id::DatasetId;
use serde::Serialize;
use utoipa::IntoParams;

use super::{DatasetRef, checks};
use crate::bodies::{Dataset, DatasetBody, DatasetChanges, DatasetList, DatasetStats};

const CREATE: &str = caller_sql!(
    "api.create_dataset",
    "$5::jsonb, $6::text, $7::bytea, $8::text, $9::jsonb"
);
const LIST: &str = caller_sql!("api.list_datasets", "$5::int, $6::uuid");
const GET: &str = caller_sql!("api.get_dataset", "$5::text");
const CHANGE: &str = caller_sql!(
    "api.change_dataset",
    "$5::text, $6::jsonb, $7::text, $8::jsonb"
);
const DELETE: &str = caller_sql!("api.delete_dataset", "$5::text, $6::boolean");
const STATS: &str = caller_sql!("api.dataset_stats", "$5::text");

/// Make a dataset
///
/// It takes recordings in, by a form or by an upload, which are then cut into segments and get their words.
#[utoipa::path(
    post, path = "/training/datasets", tag = "Training",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same answer again")),
    request_body = DatasetBody,
    responses((status = 201, description = "The dataset", body = Dataset), Protected, WithBody, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn create_dataset(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    Json(body): Json<Body>,
) -> Reply {
    let private_webhooks = settings::switch("webhook_allow_private").await?;
    let (told, errors) = Told::read_new(body, private_webhooks);
    let [key, hash] = key.parameters("datasets", &told)?;
    let arguments = [
        jsonb(&told)?,
        key,
        hash,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    Ok(in_body(
        call(CREATE, &caller, Class::Create, arguments).await?,
    ))
}

/// List datasets, the newest first
#[utoipa::path(
    get, path = "/training/datasets", tag = "Training",
    params(Page),
    responses((status = 200, description = "A page of the caller's datasets", body = DatasetList), Protected, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_datasets(caller: Caller, page: Page) -> Reply {
    let page = page.parameters_by_id::<DatasetId>()?;
    call(LIST, &caller, Class::Read, page).await
}

/// Show a dataset
#[utoipa::path(
    get, path = "/training/datasets/{dataset_id}", tag = "Training",
    params(("dataset_id" = String, Path, description = "Id or name of the dataset")),
    responses((status = 200, description = "The dataset", body = Dataset), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn show_dataset(caller: Caller, WireId(dataset): WireId<DatasetRef>) -> Reply {
    call(GET, &caller, Class::Read, [dataset.into()]).await
}

/// Change what is told of a dataset
#[utoipa::path(
    patch, path = "/training/datasets/{dataset_id}", tag = "Training",
    params(("dataset_id" = String, Path, description = "Id or name of the dataset")),
    request_body = DatasetChanges,
    responses((status = 200, description = "The dataset as it is now", body = Dataset), Protected, WithId, WithBody, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn change_dataset(
    caller: Caller,
    Trace(trace): Trace,
    WireId(dataset): WireId<DatasetRef>,
    Json(body): Json<Body>,
) -> Reply {
    let private_webhooks = settings::switch("webhook_allow_private").await?;
    let (told, errors) = Told::read_changes(body, private_webhooks);
    let arguments = [
        dataset.into(),
        jsonb(&told)?,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    Ok(in_body(
        call(CHANGE, &caller, Class::Create, arguments).await?,
    ))
}

/// Delete a dataset with its recordings
///
/// While a step is under way or runs stand on it, only with `cascade=true`, which ends and deletes those, too: their checkpoints, and the
/// voices that speak with them.
#[utoipa::path(
    delete, path = "/training/datasets/{dataset_id}", tag = "Training",
    params(("dataset_id" = String, Path, description = "Id or name of the dataset"), Cascade),
    responses((status = 204, description = "The dataset is gone"), Protected, WithId, WithQuery, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn delete_dataset(
    caller: Caller,
    WireId(dataset): WireId<DatasetRef>,
    Cascade { cascade }: Cascade,
) -> Reply {
    let arguments = [dataset.into(), cascade.into()];
    call(DELETE, &caller, Class::Create, arguments).await
}

/// Tell what a dataset is worth
///
/// Its figures, whether a run can begin, what keeps it from that (`blockers`) and what would make it better (`advice`).
#[utoipa::path(
    get, path = "/training/dataset/stats", tag = "Training",
    params(OneDataset),
    responses((status = 200, description = "The figures", body = DatasetStats), Protected, WithId, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn dataset_stats(caller: Caller, OneDataset { dataset }: OneDataset) -> Reply {
    call(STATS, &caller, Class::Read, [dataset.into()]).await
}

/// Whether what stands on a dataset goes with it.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Cascade {
    /// End and delete what stands on it, too.
    #[param(default = false)]
    cascade: bool,
}

impl<S: Sync> FromRequestParts<S> for Cascade {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut fields = query::Fields::of(parts);
        let cascade = fields.optional("cascade", |text| {
            text.parse::<bool>()
                .map_err(|_| "must be `true` or `false`".to_owned())
        });
        fields.finish()?;
        Ok(Self {
            cascade: cascade.unwrap_or_default(),
        })
    }
}

/// The dataset of a query.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OneDataset {
    /// Id or name of the dataset.
    dataset: String,
}

impl<S: Sync> FromRequestParts<S> for OneDataset {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut fields = query::Fields::of(parts);
        let dataset = fields.optional("dataset", |text| {
            checks::reference(text).map(|()| text.to_owned())
        });
        fields.finish()?;
        let dataset = dataset.ok_or_else(required_dataset)?;
        Ok(Self { dataset })
    }
}

/// A query that does not say of which dataset.
pub(super) fn required_dataset() -> Problem {
    Problem::validation(&[FieldError::new("dataset", "is required")])
}

/// What a body tells of a dataset, as far as it was well-formed.
#[derive(Debug, Serialize)]
struct Told {
    name: Option<String>,
    language: Option<String>,
    consent: Option<String>,
    rights: Option<String>,
    webhook_url: Option<String>,
}

impl Told {
    fn read_new(body: Body, private_webhooks: bool) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let told = Self {
            name: fields.text("name", checks::name),
            language: fields.text("language", forms::language),
            ..Self::read_rest(&mut fields, private_webhooks)
        };
        (told, fields.finish())
    }

    fn read_changes(body: Body, private_webhooks: bool) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let told = Self {
            name: fields.optional_text("name", checks::name),
            language: fields.optional_text("language", forms::language),
            ..Self::read_rest(&mut fields, private_webhooks)
        };
        (told, fields.finish())
    }

    fn read_rest(fields: &mut Fields, private_webhooks: bool) -> Self {
        Self {
            name: None,
            language: None,
            consent: fields.optional_text("consent", checks::consent),
            rights: fields.optional_text("rights", checks::rights),
            webhook_url: fields.optional_text("webhook_url", |url| {
                forms::webhook_url(url, private_webhooks)
            }),
        }
    }
}
