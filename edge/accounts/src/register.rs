//! POST /auth/register

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use kiskadee_edge_kit::{
    Context, Json, Member, Problem, Reply, Validate, Violations, database,
    openapi::{Common, WithBody},
    settings,
};
use kiskadee_shared::webhook_secret::WebhookSecret;
use serde::Deserialize;
use spin_sdk::pg::ParameterValue;
use utoipa::ToSchema;

use crate::{attempt::Attempt, documents::Profile, password, random::random_bytes, rules};

const MAY_REGISTER: &str =
    "select a.* from api.may_register($1::text, $2::text, $3::text, $4::int) a";
const REGISTER: &str =
    "select a.* from api.register($1::text, $2::text, $3::text, $4::text, $5::text) a";

/// Anybody may make an account here: settled before the body is read.
pub(crate) struct Open;

impl<S: Send + Sync> FromRequestParts<S> for Open {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Problem> {
        match settings::optional("registration", "closed").await?.as_str() {
            "open" => Ok(Self),
            "closed" => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "registration_closed",
                "Nobody can register here by themselves. Ask the operator for an account.",
            )),
            other => Err(settings::misconfigured(
                "registration",
                &format!("`{other}` is neither open nor closed"),
            )),
        }
    }
}

/// A new account.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Registration {
    /// Letters, digits, `_`, `.` and `-`. Upper and lower case are the same name.
    #[serde(default)]
    #[schema(value_type = String, min_length = 3, max_length = 64, example = "ada", required)]
    username: Member<String>,
    #[serde(default)]
    #[schema(value_type = String, format = Email, example = "ada@example.com", required)]
    email: Member<String>,
    #[serde(default)]
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 256, required)]
    password: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    full_name: Member<String>,
}

impl Validate for Registration {
    fn validate(&self, violations: &mut Violations) {
        self.username
            .require("username", violations, |text, violations| {
                rules::username(text, violations);
            });
        self.email.require("email", violations, |text, violations| {
            rules::email(text, violations);
        });
        self.password
            .require("password", violations, |text, violations| {
                rules::password(text, violations);
            });
        self.full_name
            .allow("full_name", violations, |text, violations| {
                rules::full_name(text, violations);
            });
    }
}

/// Make an account
///
/// A name or e-mail address that is taken is a 409 that names the field. Where the operator closed registration, nobody can.
#[utoipa::path(
    post, path = "/auth/register", tag = "accounts", request_body = Registration,
    responses(
        (status = 201, description = "The account", body = Profile),
        (status = 403, description = "Registration is closed"),
        (status = 409, description = "The name or the e-mail address is taken"),
        (status = 429, description = "Too many attempts"),
        WithBody, Common,
    )
)]
pub(crate) async fn register(
    _: Open,
    context: Context,
    attempt: Attempt,
    Json(wanted): Json<Registration>,
) -> Reply {
    let (username, email) = (wanted.username.into_value(), wanted.email.into_value());
    let [client, per_minute] = attempt.parameters();
    let names = [ParameterValue::Str(username), ParameterValue::Str(email)];
    let question = names.iter().cloned().chain([client, per_minute]).collect();
    let mut answer = database::call_open(&context, MAY_REGISTER, question).await?;
    if answer.is_success() {
        let rate = answer.rate;
        let hash = password::hash(&wanted.password.into_value())?;
        let secret = WebhookSecret::generate(random_bytes()?).expose();
        let rest = [
            wanted.full_name.into_option().into(),
            ParameterValue::Str(hash),
            ParameterValue::Str(secret),
        ];
        answer = database::call_open(&context, REGISTER, names.into_iter().chain(rest).collect())
            .await?;
        answer.rate = rate;
    }
    Ok(answer)
}
