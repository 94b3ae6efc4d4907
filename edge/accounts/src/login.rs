//! POST /auth/login and POST /api/v1/advanced/auth/token: a password for a token.

use axum::{
    extract::{FromRequest, Request},
    response::Response,
};
use kiskadee_edge_kit::{
    Context, FieldError, Json, Member, Problem, Validate, Violations,
    json::{has_media_type, read_body},
    openapi::{Common, WithBody},
};
use kiskadee_shared::limits::SMALL_BODY_BYTES;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    attempt::Attempt,
    device::{Device, DeviceHeader},
    sign_in::sign_in,
};

const FORM: &str = "application/x-www-form-urlencoded";
/// Longer texts cannot be right, and hashing them would only cost.
const MOST_CHARS: usize = 256;

/// A name and a password.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct Login {
    #[serde(default)]
    #[schema(value_type = String, example = "ada", required)]
    pub(crate) username: Member<String>,
    #[serde(default)]
    #[schema(value_type = String, format = Password, required)]
    pub(crate) password: Member<String>,
}

/// A token to send as `Authorization: Bearer …`.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    pub(crate) access_token: String,
    #[schema(example = "bearer")]
    pub(crate) token_type: &'static str,
    /// Seconds.
    #[schema(example = 86400)]
    pub(crate) expires_in: u64,
    /// To be shown at the next sign-in, as the cookie that comes with it or in `X-Device-Id`. It opens nothing.
    pub(crate) device_id: String,
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

/// Sign in
///
/// Takes JSON or the OAuth2 password form. Wrong passwords make the address that sends them wait, longer and longer, for that name. A
/// device with which somebody has signed in waits for nobody's errors but its own, and not for long: it is known by the
/// `device_id` of the answer, which comes back as the cookie `kiskadee_device` or in the header `X-Device-Id`.
#[utoipa::path(
    post, path = "/auth/login", tag = "accounts", params(DeviceHeader),
    request_body(content((Login = "application/json"), (Login = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "A token", body = TokenAnswer),
        (status = 401, description = "The name or the password is wrong"),
        (status = 429, description = "Too many attempts"),
        WithBody, Common,
    )
)]
pub(crate) async fn log_in(
    context: Context,
    attempt: Attempt,
    device: Device,
    AnyLogin(login): AnyLogin,
) -> Result<Response, Problem> {
    sign_in(&context, &attempt, device, login).await
}

/// Get a token
///
/// The same as signing in, for programs.
#[utoipa::path(
    post, path = "/api/v1/advanced/auth/token", tag = "accounts", params(DeviceHeader), request_body = Login,
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
    device: Device,
    Json(login): Json<Login>,
) -> Result<Response, Problem> {
    sign_in(&context, &attempt, device, login).await
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
}
