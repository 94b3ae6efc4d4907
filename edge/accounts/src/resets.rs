//! POST /auth/password-reset and POST /auth/revoke-all: what ends sessions without the old password.

use kiskadee_edge_kit::{
    Caller, Class, Context, Json, Member, Reply, Validate, Violations, caller_sql, database,
    openapi::{Common, Protected, WithBody},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use spin_sdk::pg::ParameterValue;
use utoipa::ToSchema;

use crate::{attempt::Attempt, documents::Revoked, password, rules};

const MAY_RESET: &str = "select a.* from api.may_reset($1::bytea, $2::text, $3::int) a";
const RESET: &str =
    "select a.* from api.reset_password($1::bytea, $2::text, $3::boolean, $4::text) a";

/// A new password, by a link that an operator gave.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PasswordReset {
    /// What the link holds after `#`.
    #[serde(default)]
    #[schema(value_type = String, max_length = 100, required)]
    token: Member<String>,
    #[serde(default)]
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 256, required)]
    password: Member<String>,
    /// End the API keys, too.
    #[serde(default)]
    #[schema(value_type = Option<bool>, default = false)]
    revoke_keys: Member<bool>,
}

/// What to end beside the tokens.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Revocation {
    /// The API keys, too.
    #[serde(default)]
    #[schema(value_type = Option<bool>, default = false)]
    keys: Member<bool>,
}

impl Validate for PasswordReset {
    fn validate(&self, violations: &mut Violations) {
        self.token.require("token", violations, |text, violations| {
            violations.length("token", text, &(1..=100));
        });
        self.password
            .require("password", violations, |text, violations| {
                rules::password(text, violations);
            });
        self.revoke_keys.allow("revoke_keys", violations, |_, _| {});
    }
}

impl Validate for Revocation {
    fn validate(&self, violations: &mut Violations) {
        self.keys.allow("keys", violations, |_, _| {});
    }
}

/// Set a new password by a link
///
/// A link is good once, for an hour. Every session ends.
#[utoipa::path(
    post, path = "/auth/password-reset", tag = "accounts", request_body = PasswordReset,
    responses(
        (status = 200, description = "The password is set", body = Revoked),
        (status = 410, description = "The link was used, has expired, or never was one"),
        (status = 429, description = "Too many attempts"),
        WithBody, Common,
    )
)]
pub(crate) async fn reset_password(
    context: Context,
    attempt: Attempt,
    Json(reset): Json<PasswordReset>,
) -> Reply {
    let token = Sha256::digest(reset.token.into_value().as_bytes()).to_vec();
    let token = ParameterValue::Binary(token);
    let [client, per_minute] = attempt.parameters();
    let question = vec![token.clone(), client.clone(), per_minute];
    let mut answer = database::call_open(&context, MAY_RESET, question).await?;
    if answer.is_success() {
        let rate = answer.rate;
        let hash = ParameterValue::Str(password::hash(&reset.password.into_value())?);
        let keys = ParameterValue::Boolean(reset.revoke_keys.into_value());
        answer = database::call_open(&context, RESET, vec![token, hash, keys, client]).await?;
        answer.rate = rate;
    }
    Ok(answer)
}

/// End every session
///
/// All tokens from before are refused from now on, that of this request included; with `keys`, all API keys as well.
#[utoipa::path(
    post, path = "/auth/revoke-all", tag = "accounts", security(("bearer" = []), ("api_key" = [])), request_body = Revocation,
    responses((status = 200, description = "They have ended", body = Revoked), WithBody, Protected)
)]
pub(crate) async fn revoke_all(
    caller: Caller,
    attempt: Attempt,
    Json(wanted): Json<Revocation>,
) -> Reply {
    let statement = caller_sql!("api.revoke_all", "$5::boolean, $6::text");
    let keys = ParameterValue::Boolean(wanted.keys.into_value());
    database::call(statement, &caller, Class::Create, [keys, attempt.client()]).await
}
