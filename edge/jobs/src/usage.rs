//! What a caller has stored.

use kiskadee_edge_kit::{Caller, Class, Reply, caller_sql, database::call, openapi::Protected};

use crate::bodies::Usage;

const USAGE: &str = caller_sql!("api.usage");

/// Show how much is stored
///
/// Results of jobs and files that were sent count towards the quota; with none left, no more work is taken in that would be stored.
#[utoipa::path(
    get, path = "/api/v1/usage", tag = "Jobs",
    responses((status = 200, description = "What the caller has in use", body = Usage), Protected),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn show_usage(caller: Caller) -> Reply {
    call(USAGE, &caller, Class::Read, []).await
}
