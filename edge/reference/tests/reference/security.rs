//! Who may call what: every route but those that are open to anybody is described with its credentials, and refuses a caller
//! without any.

use std::collections::BTreeSet;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use kiskadee_edge_kit::{
    Settings, service,
    settings::{RateLimits, Site},
    token::TokenVerifier,
};
use serde_json::{Value, json};

use crate::{declared, operations};

/// The operations that anybody may call. `/metrics` has a token of its own, where one is configured.
const OPEN: [&str; 12] = [
    "get /.well-known/jwks.json",
    "get /docs",
    "get /health",
    "get /metrics",
    "get /openapi.json",
    "get /postman.json",
    "get /ready",
    "get /redoc",
    "post /api/v1/advanced/auth/token",
    "post /auth/login",
    "post /auth/password-reset",
    "post /auth/register",
];
/// A key cannot make keys, nor end the account that it belongs to.
const BY_TOKEN_ALONE: [&str; 2] = ["delete /auth/me", "post /api/v1/advanced/auth/api-key"];

/// The components that know callers.
const ROUTERS: [fn() -> &'static Router; 6] = [
    kiskadee_accounts::router,
    kiskadee_jobs_api::router,
    kiskadee_ops::router,
    kiskadee_speech_api::router,
    kiskadee_training_api::router,
    kiskadee_uploads_api::router,
];

/// The public key of RFC 8037, appendix A.
const KEYS: &str = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "rfc8037", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

fn protected(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    operations(document).filter(|(name, _)| !OPEN.contains(&&**name))
}

#[test]
fn every_protected_operation_says_which_credentials_it_takes() {
    let document = declared();
    for (name, operation) in protected(&document) {
        let schemes = if BY_TOKEN_ALONE.contains(&&*name) {
            json!([{"bearer": []}])
        } else {
            json!([{"bearer": []}, {"api_key": []}])
        };
        assert_eq!(operation["security"], schemes, "{name}");
        // Clients of OpenAI's API read JSON alone.
        let kind = if name.contains(" /v1/") {
            "application/json"
        } else {
            "application/problem+json"
        };
        for status in ["401", "429", "503"] {
            let response = &operation["responses"][status];
            assert!(response["content"][kind].is_object(), "{name} {status}");
        }
    }
}

#[test]
fn open_operations_are_there_and_ask_for_nothing() {
    let document = declared();
    let open: BTreeSet<_> = operations(&document)
        .filter(|(_, operation)| operation.get("security").is_none())
        .map(|(name, _)| name)
        .collect();
    assert_eq!(open, OPEN.map(str::to_owned).into());
}

/// No test here reaches a database, so the address leads nowhere.
fn settings() -> &'static Settings {
    Box::leak(Box::new(Settings {
        database_url: "postgres://127.0.0.1:1/none".into(),
        rates: RateLimits {
            read: 0,
            create: 0,
            auth: 0,
        },
        site: Site::default(),
        tokens: TokenVerifier::new(KEYS, "kiskadee", "kiskadee-api").unwrap(),
    }))
}

/// `get /api/v1/jobs/{job_id}` as a request without credentials, with a word in each place of the path.
fn request(name: &str) -> Request<Body> {
    let (method, path) = name.split_once(' ').unwrap();
    let path: Vec<&str> = path
        .split('/')
        .map(|part| if part.starts_with('{') { "word" } else { part })
        .collect();
    Request::builder()
        .method(&*method.to_uppercase())
        .uri(path.join("/"))
        .body(Body::empty())
        .unwrap()
}

/// The answer of the one component that has the route: its status, and whether it says how to come with credentials.
async fn answer(settings: &'static Settings, name: &str) -> Option<(StatusCode, bool)> {
    for router in ROUTERS {
        let response = service::respond(router(), settings, request(name)).await;
        if response.status() != StatusCode::NOT_FOUND {
            let says_how = response.headers().contains_key(header::WWW_AUTHENTICATE);
            return Some((response.status(), says_how));
        }
    }
    None
}

#[tokio::test]
async fn every_protected_operation_refuses_a_caller_without_credentials() {
    let (document, settings) = (declared(), settings());
    for (name, _) in protected(&document) {
        let refusal = (StatusCode::UNAUTHORIZED, true);
        assert_eq!(answer(settings, &name).await, Some(refusal), "{name}");
    }
}
