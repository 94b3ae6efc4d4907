//! The component as its host sees it: a request in, a response out.
#![expect(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod modules;

use axum::{
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode, header},
};
use kiskadee_edge_kit::{Site, service};
use serde_json::Value;

async fn get(path: &str) -> Response<Body> {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    service::respond_open(kiskadee_pages::router(), &Site::default(), request).await
}

async fn body(response: Response<Body>) -> Vec<u8> {
    to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap()
        .to_vec()
}

#[tokio::test]
async fn pages_come_with_a_policy_that_forbids_scripts_from_elsewhere() {
    for path in [
        "/",
        "/docs",
        "/redoc",
        "/webui/reset",
        "/webui/sign-in",
        "/webui/speech",
        "/webui/batch",
        "/webui/voices",
        "/webui/training",
        "/webui/account",
        "/webui/admin",
    ] {
        let response = get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "text/html; charset=utf-8"
        );
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(policy.contains("script-src 'self'; "), "{policy}");
        assert!(
            body(response).await.starts_with(b"<!doctype html>"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_scripts_of_the_pages_are_here() {
    for (path, size) in [
        ("/docs/swagger-ui-bundle.js", 1_000_000),
        ("/docs/swagger-ui.css", 100_000),
        ("/redoc/redoc.standalone.js", 900_000),
        ("/redoc/redoc.standalone.js.LICENSE.txt", 1_000),
        ("/webui/style.css", 100),
    ] {
        let response = get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert!(body(response).await.len() > size, "{path}");
    }
}

#[tokio::test]
async fn the_documents_are_json() {
    for path in ["/openapi.json", "/postman.json"] {
        let response = get(path).await;
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        serde_json::from_slice::<Value>(&body(response).await).unwrap();
    }
}

#[tokio::test]
async fn a_trailing_slash_leads_to_the_page() {
    for (path, page) in [("/docs/", "/docs"), ("/redoc/", "/redoc")] {
        let response = get(path).await;
        assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
        assert_eq!(response.headers()[header::LOCATION], page);
    }
}

#[tokio::test]
async fn notes_beside_the_pages_are_not_served() {
    for path in ["/webui/README.md", "/webui/index.html", "/docs/index.html"] {
        assert_eq!(get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_path_that_nothing_serves_is_a_problem() {
    let response = get("/nothing/here").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
    let problem: Value = serde_json::from_slice(&body(response).await).unwrap();
    assert_eq!(problem["type"], "urn:kiskadee:problem:not_found");
    assert_eq!(problem["instance"], "/nothing/here");
}
