//! The shell around routes, as a client sees it.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, Response, StatusCode, header},
    routing::{get, post},
};
use jwt_simple::prelude::*;
use kiskadee_edge_kit::{
    Answer, Caller, Json, Problem, Settings, Validate, Violations,
    service::respond,
    settings::{RateLimits, Site},
    token::TokenVerifier,
};
use serde_json::Value;

#[derive(Debug, serde::Deserialize)]
struct Greeting {
    name: String,
}

impl Validate for Greeting {
    fn validate(&self, violations: &mut Violations) {
        violations.length("name", &self.name, &(1..=5));
    }
}

async fn greet(Json(greeting): Json<Greeting, 64>) -> Answer {
    Answer {
        status: 201,
        body: Some(format!("{{\"hello\":\"{}\"}}", greeting.name)),
        ..Answer::default()
    }
}

async fn whoami(_: Caller) -> &'static str {
    "you"
}

async fn fail() -> Result<(), Problem> {
    Err(Problem::conflict("not now"))
}

fn router() -> Router {
    Router::new()
        .route("/greet", post(greet))
        .route("/v1/greet", post(greet))
        .route("/me", get(whoami))
        .route("/fail", get(fail))
}

fn settings(cors: &[&'static str]) -> &'static Settings {
    let jwks = format!(
        "{{\"keys\": [{}]}}",
        Ed25519KeyPair::generate()
            .with_key_id("k")
            .public_key()
            .to_jwk()
    );
    Box::leak(Box::new(Settings {
        database_url: "".into(),
        rates: RateLimits {
            read: 600,
            create: 120,
            auth: 20,
        },
        site: Site {
            hsts: false,
            cors_origins: cors
                .iter()
                .map(|origin| axum::http::HeaderValue::from_static(origin))
                .collect(),
        },
        tokens: TokenVerifier::new(&jwks, "i", "a").unwrap(),
    }))
}

async fn send(request: Request<Body>) -> Response<Body> {
    respond(&router(), settings(&["https://app.example"]), request).await
}

async fn json(response: Response<Body>) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap()
}

fn post_json(body: &'static str) -> Request<Body> {
    Request::post("/greet")
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn a_good_answer_carries_the_headers_of_all() {
    let mut request = post_json("{\"name\":\"Ada\"}");
    request
        .headers_mut()
        .insert("x-request-id", "order-7".parse().unwrap());
    let response = send(request).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["x-request-id"], "order-7");
    assert_eq!(
        response.headers()[header::X_CONTENT_TYPE_OPTIONS],
        "nosniff"
    );
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    assert!(
        !response
            .headers()
            .contains_key(header::STRICT_TRANSPORT_SECURITY)
    );
    assert_eq!(json(response).await["hello"], "Ada");
}

#[tokio::test]
async fn problems_name_the_request() {
    let response = send(Request::get("/fail?x=1").body(Body::empty()).unwrap()).await;
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
    let id = response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let document = json(response).await;
    assert_eq!(document["status"], 409);
    assert_eq!(document["instance"], "/fail");
    assert_eq!(document["request_id"], id.as_str());
}

#[tokio::test]
async fn refusals_of_the_router_are_problems_too() {
    let response = send(Request::get("/nowhere").body(Body::empty()).unwrap()).await;
    assert_eq!(
        json(response).await["type"],
        "urn:kiskadee:problem:not_found"
    );
    let response = send(Request::delete("/greet").body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()[header::ALLOW], "POST");
    assert_eq!(json(response).await["status"], 405);
}

#[tokio::test]
async fn bodies_are_refused_by_what_is_wrong_with_them() {
    let too_large = "{\"name\":\"0123456789012345678901234567890123456789012345678901234567890\"}";
    for (body, status) in [
        ("{", 400),
        ("{\"name\":\"\"}", 422),
        ("{\"name\":1}", 422),
        ("{}", 422),
        (too_large, 413),
    ] {
        let response = send(post_json(body)).await;
        assert_eq!(response.status(), status, "{body}");
        assert_eq!(json(response).await["status"], status);
    }
    let response = send(Request::post("/greet").body("{}".into()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn on_routes_of_openai_problems_have_its_shape_too() {
    let sent = |path: &str, body: &'static str| {
        Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap()
    };
    for (path, body, status, kind, param) in [
        (
            "/v1/greet",
            "{\"name\":\"\"}",
            422,
            "invalid_request_error",
            Some("name"),
        ),
        ("/v1/greet", "{", 400, "invalid_request_error", None),
        ("/v1/nowhere", "{}", 404, "not_found_error", None),
    ] {
        let response = send(sent(path, body)).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        let document = json(response).await;
        assert_eq!(document["error"]["type"], kind);
        assert_eq!(document["error"]["param"].as_str(), param);
        assert!(document["error"]["message"].is_string());
        assert_eq!(document["status"], status);
    }
    let wrong_method = Request::delete("/v1/greet").body(Body::empty()).unwrap();
    let document = json(send(wrong_method).await).await;
    assert_eq!(document["error"]["code"], "method_not_allowed");
}

#[tokio::test]
async fn a_slash_at_the_end_leads_to_the_same() {
    let mut request = post_json("{\"name\":\"Ada\"}");
    *request.uri_mut() = "/greet/?x=1".parse().unwrap();
    assert_eq!(send(request).await.status(), StatusCode::CREATED);
    let nowhere = Request::get("/nowhere/").body(Body::empty()).unwrap();
    assert_eq!(json(send(nowhere).await).await["instance"], "/nowhere/");
    let root = Request::get("/").body(Body::empty()).unwrap();
    assert_eq!(send(root).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_coding_that_is_not_taken_is_refused_by_name() {
    let mut request = post_json("...");
    let coding = "br".parse().unwrap();
    request
        .headers_mut()
        .insert(header::CONTENT_ENCODING, coding);
    let response = send(request).await;
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(response.headers()[header::ACCEPT_ENCODING], "gzip, deflate");
}

#[tokio::test]
async fn bad_credentials_are_told_apart() {
    let with = |name: &str, value: &str| {
        Request::get("/me")
            .header(name, value)
            .body(Body::empty())
            .unwrap()
    };
    let cases = [
        (with("accept", "*/*"), "needs"),
        (with("authorization", "Basic eDp5"), "needs"),
        (with("authorization", "Bearer junk"), "neither an API key"),
        (with("x-api-key", "kk_short"), "characters"),
        (with("authorization", "Bearer kk_short"), "characters"),
    ];
    for (request, expected) in cases {
        let response = send(request).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert!(
            response.headers()[header::WWW_AUTHENTICATE]
                .to_str()
                .unwrap()
                .starts_with("Bearer ")
        );
        let document = json(response).await;
        assert!(
            document["detail"].as_str().unwrap().contains(expected),
            "{document}"
        );
    }
}

#[tokio::test]
async fn only_listed_origins_may_read() {
    let from = |method: Method, origin: &str| {
        let request = Request::builder()
            .method(method)
            .uri("/me")
            .header(header::ORIGIN, origin);
        request
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
            .body(Body::empty())
            .unwrap()
    };
    let preflight = send(from(Method::OPTIONS, "https://app.example")).await;
    assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        preflight.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN],
        "https://app.example"
    );
    let stranger = send(from(Method::OPTIONS, "https://evil.example")).await;
    assert_eq!(stranger.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(
        !stranger
            .headers()
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    );
    let read = send(from(Method::GET, "https://app.example")).await;
    assert_eq!(read.headers()[header::VARY], "Origin");
    assert!(
        read.headers()
            .contains_key(header::ACCESS_CONTROL_EXPOSE_HEADERS)
    );
}
