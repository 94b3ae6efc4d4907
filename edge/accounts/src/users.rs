//! /api/v1/admin/users: the users, as administrators see and change them.

use axum::{extract::FromRequestParts, http::request::Parts};
use kiskadee_edge_kit::{
    Answer, Caller, Class, FieldError, Json, Page, Problem, Reply, Validate, Violations, WireId,
    caller_sql, database, log,
    openapi::{Protected, WithBody, WithConflict, WithId, WithQuery},
    path::uuid_parameter,
    query::Fields,
};
use kiskadee_shared::id::UserId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use spin_sdk::pg::ParameterValue;
use utoipa::{IntoParams, ToSchema};

use crate::{
    attempt::Attempt,
    documents::{Leaving, User, UserPage},
    random::random_text,
};

/// The users that are wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserFilter {
    #[param(ignore)]
    page: Page,
    /// Only those whose name or e-mail address begins so.
    #[param(nullable = false, max_length = 254)]
    name: Option<String>,
    /// Only `user` or `admin`.
    #[param(nullable = false, pattern = "^(user|admin)$")]
    role: Option<String>,
    /// Only `active`, `disabled` or `deleting`.
    #[param(nullable = false, pattern = "^(active|disabled|deleting)$")]
    status: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for UserFilter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut fields = Fields::of(parts);
        let filter = Self {
            page: fields.page(),
            name: fields.optional("name", name),
            role: fields.optional("role", |text| one_of(text, &["user", "admin"])),
            status: fields.optional("status", |text| {
                one_of(text, &["active", "disabled", "deleting"])
            }),
        };
        fields.finish()?;
        Ok(filter)
    }
}

fn name(text: &str) -> Result<String, String> {
    let fits = (1..=254).contains(&text.chars().count()) && !text.contains('\0');
    fits.then(|| text.to_owned())
        .ok_or_else(|| "must have 1 to 254 characters".to_owned())
}

fn one_of(text: &str, words: &[&str]) -> Result<String, String> {
    let known = words.contains(&text).then(|| text.to_owned());
    known.ok_or_else(|| format!("must be one of {}", words.join(", ")))
}

/// What to change of a user. What is missing stays.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct UserChange(Map<String, Value>);

/// What to change of a user. What is missing stays.
#[derive(ToSchema)]
#[schema(as = UserChange)]
#[expect(dead_code, reason = "describes JSON that the database reads")]
pub(crate) struct UserChangeDocument {
    /// `user` or `admin`. The last administrator stays one.
    role: Option<String>,
    /// One who is disabled can do nothing; work that was taken in is still done.
    disabled: Option<bool>,
    /// The share of the fleet beside other users; 1 is usual.
    #[schema(exclusive_minimum = 0, maximum = 1000)]
    weight: Option<f32>,
    /// The cost of work that may wait at once.
    #[schema(minimum = 1)]
    queue_cap: Option<i64>,
    /// The cost of work that may run at once; null for no such cap.
    #[schema(minimum = 1)]
    in_flight_cap: Option<i64>,
    /// Bytes that may be stored; null for no bound.
    #[schema(minimum = 1)]
    storage_quota: Option<i64>,
    /// Days for which finished work is kept, where that is less than the installation's own; null for as long as everybody's.
    #[schema(minimum = 1, maximum = 36500)]
    retention_days: Option<i32>,
}

impl Validate for UserChange {
    fn validate(&self, violations: &mut Violations) {
        violations.require(!self.0.is_empty(), "role", "there is nothing to change");
        for (name, value) in &self.0 {
            if let Err(message) = member(name, value) {
                let name: String = name.chars().take(64).collect();
                violations.push(FieldError::new(name, message));
            }
        }
    }
}

/// The type of a member; what values it may have, the database says. Null is as missing, but for `in_flight_cap`,
/// `storage_quota` and `retention_days`, which it lifts.
fn member(name: &str, value: &Value) -> Result<(), &'static str> {
    let (fits, message) = match name {
        "role" => (value.is_string(), "must be `user` or `admin`"),
        "disabled" => (value.is_boolean(), "must be true or false"),
        "weight" => (value.is_number(), "must be a number"),
        "queue_cap" | "in_flight_cap" | "storage_quota" => {
            (value.is_i64(), "must be a whole number")
        }
        // The database has fewer bits for it.
        "retention_days" => {
            let days = value.as_i64().and_then(|days| i32::try_from(days).ok());
            (days.is_some(), "must be a whole number of days")
        }
        _ => return Err("is nothing that can be changed"),
    };
    if fits || value.is_null() {
        Ok(())
    } else {
        Err(message)
    }
}

/// A link with which somebody sets a new password.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResetOffer {
    /// To be sent with the new password to `POST /auth/password-reset`, once.
    token: String,
    #[schema(format = DateTime, value_type = String)]
    expires_at: Value,
}

/// List users
///
/// Newest first. For administrators; a key needs `admin:read`.
#[utoipa::path(
    get, path = "/api/v1/admin/users", tag = "administration", security(("bearer" = []), ("api_key" = [])),
    params(Page, UserFilter),
    responses((status = 200, description = "A page of users", body = UserPage), WithQuery, Protected)
)]
pub(crate) async fn list_users(caller: Caller, filter: UserFilter) -> Reply {
    let [limit, before] = filter.page.parameters_by_id::<UserId>()?;
    let statement = caller_sql!(
        "api.list_users",
        "$5::int, $6::uuid, $7::text, $8::text, $9::text"
    );
    let arguments = [
        limit,
        before,
        filter.name.into(),
        filter.role.into(),
        filter.status.into(),
    ];
    database::call(statement, &caller, Class::Read, arguments).await
}

/// A user
#[utoipa::path(
    get, path = "/api/v1/admin/users/{id}", tag = "administration", security(("bearer" = []), ("api_key" = [])),
    params(("id" = String, Path, example = "user_0192f0a1b2c37d4e8f90a1b2c3d4e5f6")),
    responses((status = 200, description = "The user", body = User), WithId, Protected)
)]
pub(crate) async fn show_user(caller: Caller, WireId(id): WireId<UserId>) -> Reply {
    let statement = caller_sql!("api.get_user", "$5::uuid");
    database::call(statement, &caller, Class::Read, [uuid_parameter(id)]).await
}

/// Change a user
///
/// Disables and enables, and sets role, weight and caps.
#[utoipa::path(
    patch, path = "/api/v1/admin/users/{id}", tag = "administration", security(("bearer" = []), ("api_key" = [])),
    params(("id" = String, Path, example = "user_0192f0a1b2c37d4e8f90a1b2c3d4e5f6")), request_body = UserChangeDocument,
    responses((status = 200, description = "The user", body = User), WithId, WithBody, Protected)
)]
pub(crate) async fn change_user(
    caller: Caller,
    attempt: Attempt,
    WireId(id): WireId<UserId>,
    Json(change): Json<UserChange>,
) -> Reply {
    let changes = Value::Object(change.0).to_string().into_bytes();
    let statement = caller_sql!("api.change_user", "$5::uuid, $6::jsonb, $7::text");
    let arguments = [
        uuid_parameter(id),
        ParameterValue::Jsonb(changes),
        attempt.client(),
    ];
    database::call(statement, &caller, Class::Create, arguments).await
}

/// Delete a user
///
/// From now on the account is nobody's, and its name is free. What it has goes in steps: work is cancelled, audio, voices,
/// recordings and all else is deleted; until that is done the user is listed as `deleting`. Asking again changes nothing.
#[utoipa::path(
    delete, path = "/api/v1/admin/users/{id}", tag = "administration", security(("bearer" = []), ("api_key" = [])),
    params(("id" = String, Path, example = "user_0192f0a1b2c37d4e8f90a1b2c3d4e5f6")),
    responses((status = 202, description = "Is being deleted", body = Leaving), WithId, WithConflict, Protected)
)]
pub(crate) async fn delete_user(
    caller: Caller,
    attempt: Attempt,
    WireId(id): WireId<UserId>,
) -> Reply {
    let statement = caller_sql!("api.delete_user", "$5::uuid, $6::text");
    let arguments = [uuid_parameter(id), attempt.client()];
    database::call(statement, &caller, Class::Create, arguments).await
}

/// Offer a new password
///
/// Makes what lets the user set a new password once, within an hour. It takes the place of any before; give it to nobody else.
#[utoipa::path(
    post, path = "/api/v1/admin/users/{id}/password-reset", tag = "administration",
    security(("bearer" = []), ("api_key" = [])),
    params(("id" = String, Path, example = "user_0192f0a1b2c37d4e8f90a1b2c3d4e5f6")),
    responses((status = 201, description = "Shown this once", body = ResetOffer), WithId, Protected)
)]
pub(crate) async fn offer_reset(
    caller: Caller,
    attempt: Attempt,
    WireId(id): WireId<UserId>,
) -> Reply {
    let token = random_text()?;
    let hash = Sha256::digest(token.as_bytes()).to_vec();
    let statement = caller_sql!("api.offer_reset", "$5::uuid, $6::bytea, $7::text");
    let arguments = [
        uuid_parameter(id),
        ParameterValue::Binary(hash),
        attempt.client(),
    ];
    let answer = database::call(statement, &caller, Class::Create, arguments).await?;
    if answer.is_success() {
        with_token(answer, token)
    } else {
        Ok(answer)
    }
}

/// Puts the token into the answer here, for the database never learns it.
fn with_token(answer: Answer, token: String) -> Reply {
    let unreadable = |error: serde_json::Error| {
        log::error("the answer of an offered reset cannot be read", &error);
        Problem::internal()
    };
    let mut stored: Value =
        serde_json::from_str(answer.body.as_deref().unwrap_or_default()).map_err(unreadable)?;
    let body = ResetOffer {
        token,
        expires_at: stored["expires_at"].take(),
    };
    Ok(Answer {
        body: Some(serde_json::to_string(&body).map_err(unreadable)?),
        ..answer
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> Vec<String> {
        let change: UserChange = serde_json::from_str(text).unwrap();
        let mut violations = Violations::default();
        change.validate(&mut violations);
        let fields = violations.errors().iter();
        fields.filter_map(|error| error.field.clone()).collect()
    }

    #[test]
    fn a_change_names_what_is_wrong_with_it() {
        assert!(errors(r#"{"disabled": true, "in_flight_cap": null, "weight": 2}"#).is_empty());
        assert_eq!(errors("{}"), ["role"]);
        assert_eq!(
            errors(r#"{"disabled": 1, "queue_cap": 1.5, "wieght": 2}"#),
            ["disabled", "queue_cap", "wieght"]
        );
    }
}
