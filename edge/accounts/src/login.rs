//! POST /auth/login and POST /api/v1/advanced/auth/token: a password for a token.

use axum::{
    extract::{FromRequest, Request},
    http::StatusCode,
};
use kiskadee_edge_kit::{
    Answer, Context, FieldError, Json, Member, Problem, Reply, Validate, Violations,
    database::{self, Rate},
    json::{has_media_type, read_body},
    log,
    openapi::{Common, WithBody},
};
use kiskadee_shared::limits::SMALL_BODY_BYTES;
use serde::{Deserialize, Serialize};
use spin_sdk::pg::{DbValue, ParameterValue};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{attempt::Attempt, password, signing::Signer};

const LOGIN_LOOKUP: &str = "select l.* from api.login_lookup($1::text, $2::text, $3::int) l";
const FORM: &str = "application/x-www-form-urlencoded";
/// Longer texts cannot be right, and hashing them would only cost.
const MOST_CHARS: usize = 256;

/// A name and a password.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct Login {
    #[serde(default)]
    #[schema(value_type = String, example = "ada", required)]
    username: Member<String>,
    #[serde(default)]
    #[schema(value_type = String, format = Password, required)]
    password: Member<String>,
}

/// A token to send as `Authorization: Bearer …`.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    access_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Seconds.
    #[schema(example = 86400)]
    expires_in: u64,
}

impl Validate for Login {
    fn validate(&self, violations: &mut Violations) {
        for (name, member) in [("username", &self.username), ("password", &self.password)] {
            member.require(name, violations, |text, violations| {
                violations.length(name, text, &(1..=MOST_CHARS));
            });
        }
    }
}

/// The two shapes of a login: JSON, and the OAuth2 password form.
pub(crate) struct AnyLogin(Login);

impl<S: Sync> FromRequest<S> for AnyLogin {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !has_media_type(request.headers(), FORM) {
            return Json::<Login>::from_request(request, state)
                .await
                .map(|Json(login)| Self(login));
        }
        let login = of_form(&read_body(request, SMALL_BODY_BYTES).await?)?;
        let mut violations = Violations::default();
        login.validate(&mut violations);
        violations.finish()?;
        Ok(Self(login))
    }
}

fn of_form(body: &[u8]) -> Result<Login, Problem> {
    let mut login = Login::default();
    for (name, value) in form_urlencoded::parse(body) {
        match &*name {
            "username" => login.username = Member::Given(value.into_owned()),
            "password" => login.password = Member::Given(value.into_owned()),
            "grant_type" if value != "password" => {
                return Err(Problem::validation(&[FieldError::new(
                    "grant_type",
                    "must be `password`",
                )]));
            }
            _ => {}
        }
    }
    Ok(login)
}

/// What `api.login_lookup` gave.
struct Found {
    user: Option<(Uuid, String, f64)>,
    rate: Option<Rate>,
    retry_after_s: Option<u32>,
}

/// Sign in
///
/// Takes JSON or the OAuth2 password form.
#[utoipa::path(
    post, path = "/auth/login", tag = "accounts",
    request_body(content((Login = "application/json"), (Login = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "A token", body = TokenAnswer),
        (status = 401, description = "The name or the password is wrong"),
        (status = 429, description = "Too many attempts"),
        WithBody, Common,
    )
)]
pub(crate) async fn log_in(context: Context, attempt: Attempt, AnyLogin(login): AnyLogin) -> Reply {
    sign_in(&context, attempt, login).await
}

/// Get a token
///
/// The same as signing in, for programs.
#[utoipa::path(
    post, path = "/api/v1/advanced/auth/token", tag = "accounts", request_body = Login,
    responses(
        (status = 200, description = "A token", body = TokenAnswer),
        (status = 401, description = "The name or the password is wrong"),
        (status = 429, description = "Too many attempts"),
        WithBody, Common,
    )
)]
pub(crate) async fn get_token(
    context: Context,
    attempt: Attempt,
    Json(login): Json<Login>,
) -> Reply {
    sign_in(&context, attempt, login).await
}

async fn sign_in(context: &Context, attempt: Attempt, login: Login) -> Reply {
    let signer = Signer::get(context).await?;
    let found = look_up(context, login.username.into_value(), attempt).await?;
    if let Some(seconds) = found.retry_after_s {
        return Ok(too_many(&found, seconds));
    }
    let stored = found.user.as_ref().map(|(_, hash, _)| hash.as_str());
    let is_right = password::matches(&login.password.into_value(), stored)?;
    let Some((user, _, issued_at_s)) = found.user.filter(|_| is_right) else {
        return Ok(refused(
            401,
            "unauthenticated",
            "The username or the password is wrong.",
            found.rate,
        ));
    };
    let token = TokenAnswer {
        access_token: signer.sign(user, issued_at_s)?,
        token_type: "bearer",
        expires_in: signer.lifetime_s(),
    };
    Ok(Answer {
        status: 200,
        body: Some(text(&token)?),
        rate: found.rate,
        ..Answer::default()
    })
}

async fn look_up(context: &Context, username: String, attempt: Attempt) -> Result<Found, Problem> {
    let [client, per_minute] = attempt.parameters();
    let parameters = vec![ParameterValue::Str(username), client, per_minute];
    let row = database::row(&context.settings.database_url, LOGIN_LOOKUP, parameters).await?;
    Found::of(row).ok_or_else(|| {
        log::error(
            "the login lookup gave another row than expected",
            &"see shared/functions",
        );
        Problem::internal()
    })
}

impl Found {
    fn of(row: Vec<DbValue>) -> Option<Self> {
        let [user, hash, issued_at, limit, remaining, reset, retry_after]: [DbValue; 7] =
            row.try_into().ok()?;
        let user = match (user, hash, issued_at) {
            (DbValue::Uuid(id), DbValue::Str(hash), DbValue::Floating64(at)) => {
                Some((Uuid::try_parse(&id).ok()?, hash, at))
            }
            _ => None,
        };
        let rate = match (limit, remaining, reset) {
            (DbValue::Int32(limit), DbValue::Int32(remaining), DbValue::Int32(reset_s)) => {
                Some(Rate {
                    limit,
                    remaining,
                    reset_s,
                })
            }
            _ => None,
        };
        let retry_after_s = match retry_after {
            DbValue::Int32(seconds) => u32::try_from(seconds).ok(),
            _ => None,
        };
        Some(Self {
            user,
            rate,
            retry_after_s,
        })
    }
}

fn too_many(found: &Found, seconds: u32) -> Answer {
    let detail = format!("Too many attempts to sign in. Wait {seconds} s and try again.");
    let status = StatusCode::TOO_MANY_REQUESTS.as_u16();
    Answer {
        retry_after_s: Some(seconds),
        ..refused(status, "rate_limited", &detail, found.rate)
    }
}

fn refused(status: u16, code: &str, detail: &str, rate: Option<Rate>) -> Answer {
    Answer {
        status,
        code: Some(code.to_owned()),
        detail: Some(detail.to_owned()),
        rate,
        ..Answer::default()
    }
}

fn text(answer: &TokenAnswer) -> Result<String, Problem> {
    serde_json::to_string(answer).map_err(|error| {
        log::error("a token answer cannot be written", &error);
        Problem::internal()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_oauth2_is_read() {
        let login = of_form(b"grant_type=password&username=ada&password=a%26b+c&scope=").unwrap();
        assert_eq!(login.username.get().unwrap(), "ada");
        assert_eq!(login.password.get().unwrap(), "a&b c");
        assert!(of_form(b"username=ada&password=x").is_ok());
        assert_eq!(
            of_form(b"grant_type=client_credentials")
                .err()
                .unwrap()
                .status(),
            422
        );
    }

    #[test]
    fn a_row_without_a_user_is_understood() {
        let null = || DbValue::DbNull;
        let row = vec![
            null(),
            null(),
            null(),
            DbValue::Int32(20),
            DbValue::Int32(0),
            DbValue::Int32(60),
            DbValue::Int32(3),
        ];
        let found = Found::of(row).unwrap();
        assert!(found.user.is_none());
        assert_eq!(found.retry_after_s, Some(3));
        assert_eq!(
            found.rate,
            Some(Rate {
                limit: 20,
                remaining: 0,
                reset_s: 60
            })
        );
        assert!(Found::of(vec![null()]).is_none());
    }
}
