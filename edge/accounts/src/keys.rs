//! /api/v1/advanced/auth/api-key: making, listing and revoking API keys

use kiskadee_edge_kit::{
    Answer, Caller, Class, Json, Member, Page, Problem, Reply, Validate, Violations, WireId,
    caller_sql, database, log,
    openapi::{Protected, WithBody, WithId, WithQuery},
    path::uuid_parameter,
};
use kiskadee_shared::{
    api_key::ApiKey,
    id::KeyId,
    limits::{KEY_EXPIRY_DAYS, KEY_NAME_CHARS, KEY_SCOPES, SCOPE_CHARS},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use spin_sdk::pg::ParameterValue;
use utoipa::ToSchema;

use crate::{attempt::Attempt, cell, documents::KeyPage, random::random_bytes};

const WARNING: &str = "Keep this key now: it is shown this once and cannot be read again.";

/// A new API key.
#[derive(Deserialize, ToSchema)]
pub(crate) struct KeyRequest {
    /// What the key is for.
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "nightly batch", required)]
    name: Member<String>,
    /// Without it the key does not expire.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 3650)]
    expires_days: Member<u32>,
    /// What the key may be used for: `speech:read`, `speech:write`, `speech:*`, the same of `jobs`, `uploads`, `webhooks` and further
    /// families, `work:…` for all of these, `account:…` for keys, secrets and the profile, `admin:…` for administering, `*` for
    /// everything. Without it the key does work and no more.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, min_items = 1, max_items = 32, example = json!(["speech:*", "jobs:read"]))]
    scopes: Member<Vec<String>>,
}

/// A key that was just made: the one answer that has the key itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewKey {
    #[schema(example = "key_0192f0a1b2c37d4e8f90a1b2c3d4e5f6", value_type = String)]
    id: Value,
    #[schema(example = "kk_2Jh8fKq1…")]
    api_key: String,
    #[schema(value_type = String)]
    name: Value,
    #[schema(value_type = Vec<String>, example = json!(["work:*"]))]
    scopes: Value,
    #[schema(required, format = DateTime, value_type = Option<String>)]
    expires_at: Value,
    warning: &'static str,
}

impl Validate for KeyRequest {
    fn validate(&self, violations: &mut Violations) {
        self.name.require("name", violations, |name, violations| {
            violations.length("name", name, &KEY_NAME_CHARS);
            violations.require(
                !name.chars().any(char::is_control),
                "name",
                "must not have control characters",
            );
        });
        self.expires_days
            .allow("expires_days", violations, |days, violations| {
                violations.range("expires_days", days, &KEY_EXPIRY_DAYS);
            });
        self.scopes
            .allow("scopes", violations, |scopes, violations| {
                violations.require(
                    KEY_SCOPES.contains(&scopes.len()),
                    "scopes",
                    "must have 1 to 32 scopes",
                );
                // What each must look like, and which families there are, the database says.
                for scope in scopes {
                    violations.length("scopes", scope, &SCOPE_CHARS);
                }
            });
    }
}

/// Make an API key
///
/// Needs a token: a key cannot make keys. At most 100 keys of an account are live at once. A key that meets a route beyond its
/// scopes is refused with 403 `insufficient_scope`, which names the one that is needed.
#[utoipa::path(
    post, path = "/api/v1/advanced/auth/api-key", tag = "accounts", security(("bearer" = [])), request_body = KeyRequest,
    responses(
        (status = 201, description = "The key, shown this once", body = NewKey),
        (status = 403, description = "The caller came with an API key"),
        (status = 409, description = "Too many live keys"),
        WithBody, Protected,
    )
)]
pub(crate) async fn create_key(
    caller: Caller,
    attempt: Attempt,
    Json(wanted): Json<KeyRequest>,
) -> Reply {
    let caller = caller.signed_in()?;
    let key = ApiKey::generate_in(cell::here().await?, random_bytes()?);
    let arguments = [
        ParameterValue::Str(wanted.name.into_value()),
        ParameterValue::Str(key.display_prefix().to_owned()),
        ParameterValue::Binary(key.hash().to_vec()),
        wanted
            .expires_days
            .into_option()
            .map(u32::cast_signed)
            .into(),
        wanted
            .scopes
            .into_option()
            .map_or(ParameterValue::DbNull, |scopes| {
                ParameterValue::ArrayStr(scopes.into_iter().map(Some).collect())
            }),
        attempt.client(),
    ];
    let statement = caller_sql!(
        "api.make_api_key",
        "$5::text, $6::text, $7::bytea, $8::int, $9::text[], $10::text"
    );
    let answer = database::call(statement, &caller, Class::Create, arguments).await?;
    if answer.is_success() {
        with_key(answer, &key)
    } else {
        Ok(answer)
    }
}

/// Puts the key into the answer here, for the database never learns it.
fn with_key(answer: Answer, key: &ApiKey) -> Reply {
    let unreadable = |error: serde_json::Error| {
        log::error("the answer of a new key cannot be read", &error);
        Problem::internal()
    };
    let mut stored: Value =
        serde_json::from_str(answer.body.as_deref().unwrap_or_default()).map_err(unreadable)?;
    let body = NewKey {
        id: stored["id"].take(),
        api_key: key.expose().to_owned(),
        name: stored["name"].take(),
        scopes: stored["scopes"].take(),
        expires_at: stored["expires_at"].take(),
        warning: WARNING,
    };
    Ok(Answer {
        body: Some(serde_json::to_string(&body).map_err(unreadable)?),
        ..answer
    })
}

/// List the caller's API keys
///
/// Newest first, with those that are revoked or expired.
#[utoipa::path(
    get, path = "/api/v1/advanced/auth/api-key", tag = "accounts", security(("bearer" = []), ("api_key" = [])), params(Page),
    responses((status = 200, description = "A page of keys", body = KeyPage), WithQuery, Protected)
)]
pub(crate) async fn list_keys(caller: Caller, page: Page) -> Reply {
    database::call(
        caller_sql!("api.list_api_keys", "$5::int, $6::text"),
        &caller,
        Class::Read,
        page.parameters(),
    )
    .await
}

/// Revoke an API key
///
/// From now on it is refused. Revoking it again changes nothing.
#[utoipa::path(
    delete, path = "/api/v1/advanced/auth/api-key/{id}", tag = "accounts", security(("bearer" = []), ("api_key" = [])),
    params(("id" = String, Path, example = "key_0192f0a1b2c37d4e8f90a1b2c3d4e5f6")),
    responses((status = 204, description = "Revoked"), WithId, Protected)
)]
pub(crate) async fn revoke_key(
    caller: Caller,
    attempt: Attempt,
    WireId(id): WireId<KeyId>,
) -> Reply {
    database::call(
        caller_sql!("api.revoke_key", "$5::uuid, $6::text"),
        &caller,
        Class::Create,
        [uuid_parameter(id), attempt.client()],
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_shown_with_what_is_stored() {
        let key = ApiKey::generate([7; 32]);
        let stored = r#"{"id": "key_1", "name": "n", "prefix": "kk_", "scopes": ["work:*"], "expires_at": null, "created_at": "x"}"#;
        let answer = Answer {
            status: 201,
            body: Some(stored.to_owned()),
            ..Answer::default()
        };
        let shown: Value =
            serde_json::from_str(&with_key(answer, &key).unwrap().body.unwrap()).unwrap();
        assert_eq!(shown["api_key"], key.expose());
        assert_eq!(shown["id"], "key_1");
        assert!(shown["expires_at"].is_null());
        assert_eq!(shown["scopes"][0], "work:*");
        assert_eq!(shown.as_object().unwrap().len(), 6);
    }

    #[test]
    fn every_bad_value_is_named() {
        let wanted: KeyRequest =
            serde_json::from_str(r#"{"name": "", "expires_days": 3651, "scopes": []}"#).unwrap();
        let mut violations = Violations::default();
        wanted.validate(&mut violations);
        assert_eq!(violations.errors().len(), 3);
    }
}
