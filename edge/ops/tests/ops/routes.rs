//! The component as its host sees it: a request in, a response out.

use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use kiskadee_edge_kit::{
    Settings, service,
    settings::{RateLimits, Site},
    token::TokenVerifier,
};

/// The public key of RFC 8037, appendix A.
const KEYS: &str = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "rfc8037", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// No test here reaches a database, so the address leads nowhere.
fn settings() -> &'static Settings {
    Box::leak(Box::new(Settings {
        database_url: "postgres://127.0.0.1:1/none".to_owned(),
        rates: RateLimits {
            read: 0,
            create: 0,
            auth: 0,
        },
        site: Site {
            hsts: false,
            cors_origins: Vec::new(),
        },
        tokens: TokenVerifier::new(KEYS, "kiskadee", "kiskadee-api").unwrap(),
    }))
}

async fn get(path: &str) -> Response<Body> {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    service::respond(kiskadee_ops::router(), settings(), request).await
}

#[tokio::test]
async fn monitoring_needs_credentials() {
    for path in [
        "/monitoring/system",
        "/monitoring/workers",
        "/monitoring/queue",
    ] {
        let response = get(path).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert!(
            response.headers().contains_key(header::WWW_AUTHENTICATE),
            "{path}"
        );
    }
}
