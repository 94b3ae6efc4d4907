//! GET /api/v1/admin/audit: who did what.

use axum::{extract::FromRequestParts, http::request::Parts};
use kiskadee_edge_kit::{
    Caller, Class, Page, Problem, Reply, caller_sql, database,
    openapi::{Protected, WithQuery},
    path::uuid_parameter,
    query::Fields,
};
use kiskadee_shared::id::{AuditId, UserId};
use spin_sdk::pg::ParameterValue;
use utoipa::IntoParams;

use crate::documents::AuditPage;

/// The entries that are wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditFilter {
    #[param(ignore)]
    page: Page,
    /// Only what this user did, or was done to.
    #[param(nullable = false, value_type = String, pattern = "^user_[0-9a-f]{32}$")]
    user_id: Option<UserId>,
    /// Only such actions.
    #[param(nullable = false, example = "key.made", pattern = "^[a-z_.]{1,40}$")]
    action: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for AuditFilter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut fields = Fields::of(parts);
        let filter = Self {
            page: fields.page(),
            user_id: fields.optional("user_id", |text| {
                text.parse().map_err(|_| "is no id of a user".to_owned())
            }),
            action: fields.optional("action", action),
        };
        fields.finish()?;
        Ok(filter)
    }
}

fn action(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_');
    let fits = (1..=40).contains(&text.len()) && text.bytes().all(plain);
    fits.then(|| text.to_owned())
        .ok_or_else(|| "must be an action such as `key.made`".to_owned())
}

/// Who did what
///
/// Sign-ins, passwords, keys, secrets, changes of users and deletions, newest first. Entries are never changed; they are kept for 400
/// days. For administrators; a key needs `admin:read`.
#[utoipa::path(
    get, path = "/api/v1/admin/audit", tag = "administration", security(("bearer" = []), ("api_key" = [])),
    params(Page, AuditFilter),
    responses((status = 200, description = "A page of entries", body = AuditPage), WithQuery, Protected)
)]
pub(crate) async fn list_audit(caller: Caller, filter: AuditFilter) -> Reply {
    let [limit, before] = filter.page.parameters_by_id::<AuditId>()?;
    let user = filter
        .user_id
        .map_or(ParameterValue::DbNull, uuid_parameter);
    let statement = caller_sql!("api.list_audit", "$5::int, $6::uuid, $7::uuid, $8::text");
    let arguments = [limit, before, user, filter.action.into()];
    database::call(statement, &caller, Class::Read, arguments).await
}
