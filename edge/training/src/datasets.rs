//! Datasets: made, shown, changed and deleted.

use kiskadee_edge_kit::{
    Caller, Class, Page, Reply, caller_sql,
    database::call,
    openapi::{Protected, WithQuery},
};
use kiskadee_shared::id::DatasetId;

use crate::bodies::DatasetList;

const LIST: &str = caller_sql!("api.list_datasets", "$5::int, $6::uuid");

/// List datasets, the newest first
#[utoipa::path(
    get, path = "/api/v1/training/datasets", tag = "Training",
    params(Page),
    responses((status = 200, description = "A page of the caller's datasets", body = DatasetList), Protected, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_datasets(caller: Caller, page: Page) -> Reply {
    let page = page.parameters_by_id::<DatasetId>()?;
    call(LIST, &caller, Class::Read, page).await
}
