//! GET /auth/me and PUT /auth/profile

use kiskadee_edge_kit::{
    Answer, Caller, Class, FieldError, Json, Member, Problem, Reply, Validate, Violations,
    caller_sql, database,
    openapi::{Protected, WithBody},
};
use serde::Deserialize;
use spin_sdk::pg::ParameterValue;
use utoipa::ToSchema;

use crate::{attempt::Attempt, documents::Profile, password, rules};

/// What to change. What is missing stays; an empty `full_name` is taken away.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ProfileChange {
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    full_name: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Email)]
    email: Member<String>,
    /// A new password ends every session.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password, min_length = 8, max_length = 256)]
    password: Member<String>,
    /// Needed to change the e-mail address or the password.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    current_password: Member<String>,
    /// With a new password: end the API keys, too.
    #[serde(default)]
    #[schema(value_type = Option<bool>, default = false)]
    revoke_keys: Member<bool>,
}

impl Validate for ProfileChange {
    fn validate(&self, violations: &mut Violations) {
        self.full_name
            .allow("full_name", violations, |text, violations| {
                rules::full_name(text, violations);
            });
        self.email.allow("email", violations, |text, violations| {
            rules::email(text, violations);
        });
        self.password
            .allow("password", violations, |text, violations| {
                rules::password(text, violations);
            });
        let any_text = |text: &String, violations: &mut Violations| {
            violations.length("current_password", text, &(1..=256));
        };
        self.revoke_keys
            .allow("revoke_keys", violations, |revoke, violations| {
                violations.require(
                    !revoke || self.password != Member::Missing,
                    "revoke_keys",
                    "goes with a new `password`; `POST /auth/revoke-all` ends keys without one",
                );
            });
        if self.needs_password() {
            self.current_password
                .require("current_password", violations, any_text);
        } else {
            self.current_password
                .allow("current_password", violations, any_text);
        }
    }
}

impl ProfileChange {
    fn needs_password(&self) -> bool {
        self.email != Member::Missing || self.password != Member::Missing
    }
}

/// The caller's profile
#[utoipa::path(
    get, path = "/auth/me", tag = "accounts", security(("bearer" = []), ("api_key" = [])),
    responses((status = 200, description = "The account", body = Profile), Protected)
)]
pub(crate) async fn show_profile(caller: Caller) -> Reply {
    database::call(caller_sql!("api.me"), &caller, Class::Read, []).await
}

/// Change the profile
///
/// A new e-mail address or password needs `current_password`. A new password ends every session: sign in again. API keys stay
/// unless `revoke_keys` says otherwise.
#[utoipa::path(
    put, path = "/auth/profile", tag = "accounts", security(("bearer" = []), ("api_key" = [])), request_body = ProfileChange,
    responses(
        (status = 200, description = "The account", body = Profile),
        (status = 409, description = "The e-mail address is taken"),
        WithBody, Protected,
    )
)]
pub(crate) async fn update_profile(
    caller: Caller,
    attempt: Attempt,
    Json(change): Json<ProfileChange>,
) -> Reply {
    let mut checked_hash = None;
    if change.needs_password() {
        let answer =
            database::call(caller_sql!("api.password_hash"), &caller, Class::Auth, []).await?;
        if !answer.is_success() {
            return Ok(answer);
        }
        checked_hash = Some(checked(answer, change.current_password.get())?);
    }
    let hash = change
        .password
        .get()
        .map(|password| password::hash(password))
        .transpose()?;
    let arguments = [
        change.full_name.into_option().into(),
        change.email.into_option().into(),
        hash.into(),
        checked_hash.into(),
        ParameterValue::Boolean(change.revoke_keys.into_value()),
        attempt.client(),
    ];
    let statement = caller_sql!(
        "api.change_profile",
        "$5::text, $6::text, $7::text, $8::text, $9::boolean, $10::text"
    );
    database::call(statement, &caller, Class::Create, arguments).await
}

/// The stored hash, when the given password is the one it was made of.
pub(crate) fn checked(answer: Answer, given: Option<&String>) -> Result<String, Problem> {
    let stored = answer.body.unwrap_or_default();
    if password::matches(given.map_or("", String::as_str), Some(&stored))? {
        Ok(stored)
    } else {
        Err(Problem::validation(&[FieldError::new(
            "current_password",
            "is not the current password",
        )]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> Vec<String> {
        let change: ProfileChange = serde_json::from_str(text).unwrap();
        let mut violations = Violations::default();
        change.validate(&mut violations);
        violations
            .errors()
            .iter()
            .filter_map(|error| error.field.clone())
            .collect()
    }

    #[test]
    fn a_name_changes_without_a_password() {
        assert!(errors(r#"{"full_name": "Ada"}"#).is_empty());
        assert!(errors("{}").is_empty());
    }

    #[test]
    fn an_address_or_password_needs_the_current_one() {
        assert_eq!(errors(r#"{"email": "a@b.co"}"#), ["current_password"]);
        assert_eq!(
            errors(r#"{"password": "short"}"#),
            ["password", "current_password"]
        );
        assert!(errors(r#"{"password": "long enough", "current_password": "old"}"#).is_empty());
        assert_eq!(errors(r#"{"revoke_keys": true}"#), ["revoke_keys"]);
    }
}
