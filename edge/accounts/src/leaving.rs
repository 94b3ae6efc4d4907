//! DELETE /auth/me and GET /auth/me/export: leaving, and what one may take along.

use kiskadee_edge_kit::{
    Caller, Class, Json, Member, Page, Reply, Validate, Violations, caller_sql, database,
    openapi::{Protected, WithBody, WithConflict, WithQuery},
};
use serde::Deserialize;
use spin_sdk::pg::ParameterValue;
use utoipa::ToSchema;

use crate::{
    attempt::Attempt,
    documents::{ExportPage, Leaving},
    profile::checked,
};

/// The password of the one who leaves.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Farewell {
    #[serde(default)]
    #[schema(value_type = String, format = Password, required)]
    current_password: Member<String>,
}

impl Validate for Farewell {
    fn validate(&self, violations: &mut Violations) {
        self.current_password
            .require("current_password", violations, |text, violations| {
                violations.length("current_password", text, &(1..=256));
            });
    }
}

/// Delete the account
///
/// With all that it has, and for good: work is cancelled, audio, voices, recordings and all else is deleted in steps. Needs a
/// token and the password.
#[utoipa::path(
    delete, path = "/auth/me", tag = "accounts", security(("bearer" = [])), request_body = Farewell,
    responses(
        (status = 202, description = "Is being deleted", body = Leaving),
        WithBody, WithConflict, Protected,
    )
)]
pub(crate) async fn delete_profile(
    caller: Caller,
    attempt: Attempt,
    Json(farewell): Json<Farewell>,
) -> Reply {
    let caller = caller.signed_in()?;
    let answer = database::call(caller_sql!("api.password_hash"), &caller, Class::Auth, []).await?;
    if !answer.is_success() {
        return Ok(answer);
    }
    let hash = checked(answer, farewell.current_password.get())?;
    let statement = caller_sql!("api.delete_me", "$5::text, $6::text");
    let arguments = [ParameterValue::Str(hash), attempt.client()];
    database::call(statement, &caller, Class::Create, arguments).await
}

/// Take everything along
///
/// All that is known of the caller, a page at a time: the account, keys, the log of what was done to it, batches, jobs, words,
/// recordings, voices, uploads and webhooks. Audio is named by its address. A page that is not full is the last.
#[utoipa::path(
    get, path = "/auth/me/export", tag = "accounts", security(("bearer" = []), ("api_key" = [])), params(Page),
    responses((status = 200, description = "A page of what there is", body = ExportPage), WithQuery, Protected)
)]
pub(crate) async fn export_profile(caller: Caller, page: Page) -> Reply {
    let statement = caller_sql!("api.export_me", "$5::int, $6::text");
    database::call(statement, &caller, Class::Read, page.parameters()).await
}
