//! Who calls: a signed token or an API key, turned into the parameters of the SQL type `api.credentials`.
//!
//! A token is verified here; whether its user still exists and has not changed the password since is the database's to say,
//! in the same round trip as the work. A mistyped API key is refused without asking. Where a large body is on its way, the database
//! is asked before: nobody's is read whose caller is not known, or has used up the rate.

use std::{
    fmt::Write as _,
    sync::{Arc, OnceLock},
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
};
use kiskadee_shared::api_key::{self, ApiKey};
use serde::Serialize;
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use crate::{
    context::Context,
    database::{Class, Rate, call},
    problem::Problem,
    settings::Settings,
    token::{Session, TokenError},
};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const MISSING: &str = "this route needs `Authorization: Bearer <token>` or `X-API-Key: <key>`";

/// The caller of a protected route.
#[derive(Debug, Clone)]
pub struct Caller {
    pub(crate) settings: &'static Settings,
    proof: Proof,
    /// Whose rate has been paid before the body was read, with what is left of it.
    entered: Arc<OnceLock<Option<Rate>>>,
}

/// Who calls, what they call for, and one token of their rate.
const ENTER: &str = crate::caller_sql!("api.enter");

/// What a caller came with, for statements about many callers at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Credentials {
    user: Option<Uuid>,
    issued_at_ms: Option<i64>,
    /// The hash of an API key in hexadecimal.
    key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    Token(Session),
    Key([u8; 32]),
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let settings = Context::of(parts)?.settings;
        let caller = Self {
            settings,
            proof: proof(&parts.headers, settings)?,
            entered: Arc::default(),
        };
        // For whoever reads the body.
        parts.extensions.insert(caller.clone());
        Ok(caller)
    }
}

impl Caller {
    /// Refuses a caller that came with an API key: some things only a person who signed in may do.
    pub fn signed_in(self) -> Result<Self, Problem> {
        match self.proof {
            Proof::Token(_) => Ok(self),
            Proof::Key(_) => Err(Problem::forbidden(
                "an API key cannot do this; sign in and send the token as `Authorization: Bearer <token>`",
            )),
        }
    }

    /// Asks the database now, and not only with the work; the rate is not spent again then.
    pub(crate) async fn enter(&self) -> Result<(), Problem> {
        let answer = call(ENTER, self, Class::Create, []).await?;
        let rate = answer.refused()?;
        // A request has one body.
        let _ = self.entered.set(rate);
        Ok(())
    }

    /// What is left of the rate that was paid before the body.
    pub(crate) fn paid(&self) -> Option<Rate> {
        self.entered.get().copied().flatten()
    }

    pub fn credentials(&self) -> Credentials {
        match self.proof {
            Proof::Token(session) => Credentials {
                user: Some(session.user),
                issued_at_ms: Some(session.issued_at_ms),
                key: None,
            },
            Proof::Key(hash) => Credentials {
                user: None,
                issued_at_ms: None,
                key: Some(hexadecimal(&hash)),
            },
        }
    }

    /// The four parameters of [`crate::caller_sql!`].
    pub(crate) fn parameters(&self, class: Class) -> [ParameterValue; 4] {
        let per_minute = match self.entered.get() {
            Some(_) => 0,
            None => i32::try_from(self.settings.rates.of(class)).unwrap_or(i32::MAX),
        };
        let [user, issued_at, key] = match self.proof {
            Proof::Token(session) => [
                ParameterValue::Uuid(session.user.to_string()),
                ParameterValue::Floating64(session.issued_at_ms as f64 / 1000.0),
                ParameterValue::DbNull,
            ],
            Proof::Key(hash) => [
                ParameterValue::DbNull,
                ParameterValue::DbNull,
                ParameterValue::Binary(hash.to_vec()),
            ],
        };
        [user, issued_at, key, ParameterValue::Int32(per_minute)]
    }
}

fn proof(headers: &HeaderMap, settings: &Settings) -> Result<Proof, Problem> {
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        return bearer(authorization, settings);
    }
    match headers.get(API_KEY) {
        Some(key) => key_proof(key.to_str().unwrap_or_default()),
        None => Err(Problem::unauthenticated(MISSING)),
    }
}

/// Clients made for other speech servers send their API key as a bearer token.
fn bearer(authorization: &HeaderValue, settings: &Settings) -> Result<Proof, Problem> {
    let token = authorization
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| invalid(MISSING))?;
    if token.starts_with(api_key::PREFIX) {
        return key_proof(token);
    }
    settings
        .tokens
        .verify(token)
        .map(Proof::Token)
        .map_err(|error: TokenError| invalid(&error.to_string()))
}

fn key_proof(text: &str) -> Result<Proof, Problem> {
    match ApiKey::parse(text) {
        Ok(key) => Ok(Proof::Key(key.hash())),
        Err(error) => Err(invalid(&error.to_string())),
    }
}

fn invalid(detail: &str) -> Problem {
    let challenge = HeaderValue::from_static("Bearer realm=\"kiskadee\", error=\"invalid_token\"");
    Problem::unauthenticated(detail).with_header(header::WWW_AUTHENTICATE, challenge)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
