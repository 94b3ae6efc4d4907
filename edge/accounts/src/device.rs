//! Devices with which somebody has signed in. Their ids are signed as tokens are, for an audience of their own, so nothing of them
//! is stored; they are known by the cookie or the header in which they come back.

use std::sync::OnceLock;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, header, request::Parts},
};
use kiskadee_edge_kit::{
    Context, Problem, Settings,
    path::uuid_parameter,
    settings,
    token::{Session, TokenVerifier},
};
use spin_sdk::pg::ParameterValue;
use utoipa::IntoParams;

use crate::signing::{DEVICE_LIFETIME_S, device_audience};

static VERIFIER: OnceLock<TokenVerifier> = OnceLock::new();

const DEVICE_ID: HeaderName = HeaderName::from_static("x-device-id");
const COOKIE: &str = "kiskadee_device";

/// Where the API document tells of it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header that an extractor reads")]
pub(crate) struct DeviceHeader {
    /// The `device_id` of an earlier sign-in; the cookie `kiskadee_device` says the same.
    #[param(rename = "X-Device-Id", nullable = false)]
    device_id: Option<String>,
}

/// The device that signs in, when it shows an id that is ours. One that is not is as none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Device(Option<Session>);

impl<S: Send + Sync> FromRequestParts<S> for Device {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let context = Context::from_request_parts(parts, state).await?;
        let verifier = verifier(context.settings)?;
        let session = shown(&parts.headers).and_then(|id| verifier.verify(id).ok());
        Ok(Self(session))
    }
}

impl Device {
    /// Whose it is and since when (`uuid`, seconds since 1970).
    pub(crate) fn parameters(self) -> [ParameterValue; 2] {
        match self.0 {
            Some(session) => [
                uuid_parameter(session.user),
                ParameterValue::Floating64(session.issued_at_ms as f64 / 1000.0),
            ],
            None => [ParameterValue::DbNull, ParameterValue::DbNull],
        }
    }
}

/// The cookie for an id, as `Set-Cookie` has it.
pub(crate) fn cookie(id: &str, only_over_tls: bool) -> String {
    let secure = if only_over_tls { "; Secure" } else { "" };
    format!("{COOKIE}={id}; Path=/; Max-Age={DEVICE_LIFETIME_S}; HttpOnly; SameSite=Strict{secure}")
}

fn verifier(settings: &Settings) -> Result<&'static TokenVerifier, Problem> {
    if let Some(verifier) = VERIFIER.get() {
        return Ok(verifier);
    }
    let tokens = &settings.tokens;
    let audience = device_audience(tokens.audience());
    let verifier = TokenVerifier::new(tokens.public_jwks(), tokens.issuer(), &audience)
        .map_err(|error| settings::misconfigured("jwt_public_keys", &error))?;
    Ok(VERIFIER.get_or_init(|| verifier))
}

fn shown(headers: &HeaderMap) -> Option<&str> {
    if let Some(id) = headers.get(DEVICE_ID) {
        return id.to_str().ok();
    }
    let cookies = headers.get_all(header::COOKIE).into_iter();
    cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_shown_by_header_or_cookie() {
        let mut headers = HeaderMap::new();
        assert_eq!(shown(&headers), None);
        headers.insert(
            header::COOKIE,
            "a=b; kiskadee_device=x.y.z".parse().unwrap(),
        );
        assert_eq!(shown(&headers), Some("x.y.z"));
        headers.insert(DEVICE_ID, "u.v.w".parse().unwrap());
        assert_eq!(shown(&headers), Some("u.v.w"));
    }

    #[test]
    fn a_cookie_is_kept_from_scripts() {
        let cookie = cookie("x", true);
        assert!(cookie.starts_with("kiskadee_device=x; ") && cookie.ends_with("; Secure"));
        assert!(cookie.contains("HttpOnly; SameSite=Strict"));
    }
}
