//! Events as a service gets them that speaks the envelope endpoint over HTTP.

use std::collections::HashMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use sentry_core::protocol::{Request, User};
use tokio::sync::mpsc::UnboundedSender;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::telemetry::lines::Lines;
use crate::telemetry::options::Format;
use crate::telemetry::render::Render;
use crate::telemetry::sampling::Sampling;

type Seen = (Uri, HeaderMap, Bytes);

async fn keep(
    State(kept): State<UnboundedSender<Seen>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) {
    let _ = kept.send((uri, headers, body));
}

/// What the service takes while `told` happens.
async fn taken(told: impl FnOnce(&Errors)) -> Seen {
    let (kept, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(keep).with_state(kept);
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let dsn = format!("http://publickey@{address}/42").parse().unwrap();
    let errors = Errors::start(dsn, "staging".to_owned(), "kiskadee-worker").unwrap();
    told(&errors);
    let seen = seen.recv().await.unwrap();
    server.abort();
    seen
}

/// The event in an envelope: the line after the header of its item.
fn event(body: &[u8]) -> Value {
    let text = std::str::from_utf8(body).unwrap();
    let mut lines = text.lines().skip(1);
    let item: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(item["type"], "event");
    serde_json::from_str(lines.next().unwrap()).unwrap()
}

const TEXT: &str = "Dear Ms Jones, your password is hunter2";

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_told_without_what_people_wrote() {
    let (uri, headers, body) = taken(|errors| {
        let lines = Lines {
            render: Render {
                format: Format::Json,
                service: "kiskadee-worker",
            },
            sampling: Sampling::new(1.0),
            errors: Some(errors.clone()),
            writer: std::io::sink,
        };
        let subscriber = tracing_subscriber::registry().with(lines);
        tracing::subscriber::with_default(subscriber, || {
            let job = tracing::info_span!("job", job_id = "0a1b", trace_id = "4bf9", said = TEXT);
            let _entered = job.entered();
            tracing::info!("not this one");
            tracing::error!(error = TEXT, attempt = 2, "the settlement is refused");
        });
    })
    .await;
    assert_eq!(uri, "/api/42/envelope/");
    let auth = headers["x-sentry-auth"].to_str().unwrap();
    assert!(auth.contains("sentry_key=publickey"), "{auth}");
    let event = event(&body);
    assert_eq!(event["message"], "the settlement is refused");
    assert_eq!(
        event["release"],
        concat!("kiskadee@", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(event["environment"], "staging");
    let tags: HashMap<String, String> = serde_json::from_value(event["tags"].clone()).unwrap();
    let expected = [
        ("attempt", "2"),
        ("job_id", "0a1b"),
        ("service", "kiskadee-worker"),
        ("trace_id", "4bf9"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(tags, HashMap::from(expected));
    let told = String::from_utf8_lossy(&body);
    assert!(
        !told.contains("hunter2") && !told.contains("Jones"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_else_an_event_has_stays_here() {
    let (_, _, body) = taken(|errors| {
        let mut event = errors.event("a part is gone".to_owned(), "here");
        event.user = Some(User {
            email: Some("jones@example.com".to_owned()),
            ..User::default()
        });
        let mut request = Request::default();
        request
            .headers
            .insert("authorization".to_owned(), "Bearer hunter2".to_owned());
        event.request = Some(request);
        event.extra.insert("text".to_owned(), TEXT.into());
        event.tags.insert("text".to_owned(), TEXT.to_owned());
        event.server_name = Some("jones-laptop".into());
        errors.client.capture_event(event, None);
    })
    .await;
    let told = String::from_utf8_lossy(&body);
    for word in ["hunter2", "Jones", "jones"] {
        assert!(!told.contains(word), "{told}");
    }
    assert_eq!(event(&body)["message"], "a part is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_told_by_its_place_and_its_literal_words() {
    for (is_literal, message) in [(true, "panicked: the list is empty"), (false, "panicked")] {
        let (_, _, body) = taken(|errors| {
            let errors = errors.clone();
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| errors.hear_panic(panic)));
            let thread = std::thread::spawn(move || {
                assert!(!is_literal, "the list is empty");
                let name = TEXT;
                panic!("no such name: {name}");
            });
            assert!(thread.join().is_err());
            std::panic::set_hook(before);
        })
        .await;
        let event = event(&body);
        assert_eq!(event["message"], message);
        assert_eq!(event["level"], "fatal");
        let place = event["tags"]["location"].as_str().unwrap();
        assert!(place.contains("errors/tests.rs:"), "{place}");
        assert!(!String::from_utf8_lossy(&body).contains("hunter2"));
    }
}
