//! A component that tries out everything the edge host offers; only for its tests.

mod postgres;

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use bytes::Bytes;
use futures::SinkExt as _;
use http_body_util::BodyExt as _;
use spin_sdk::{
    http::{BoxBody, EmptyBody, FullBody, Method, Request, Response, body::stream, box_body},
    http_service, variables,
};

/// Requests that this instance has seen.
static SEEN: AtomicUsize = AtomicUsize::new(0);

/// The parameters of the address.
type Query = BTreeMap<String, String>;

#[http_service]
async fn probe(request: Request) -> Response<BoxBody> {
    let seen = SEEN.fetch_add(1, Ordering::Relaxed) + 1;
    let path = request.uri().path().to_owned();
    let query: Query =
        url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    match path.as_str() {
        "/hello" => text(200, "hello"),
        "/seen" => text(200, seen.to_string()),
        "/headers" => headers(&request),
        "/variable" => variable(query.get("name").map_or("", String::as_str)).await,
        "/echo" => echo(request).await,
        "/keep" => keep(request, Duration::from_millis(number(&query, "ms") as u64)).await,
        "/text" => text(200, "kiskadee ".repeat(number(&query, "bytes") / 9)),
        "/events" => events(number(&query, "count"), Duration::from_millis(50)),
        "/idle" => idle(Duration::from_millis(number(&query, "ms") as u64)),
        "/fetch" => fetch(Method::GET, query.get("url")).await,
        "/post" => fetch(Method::POST, query.get("url")).await,
        "/slow" => {
            spin_sdk::time::sleep(Duration::from_millis(number(&query, "ms") as u64)).await;
            text(200, "slept")
        }
        "/compute" => compute(number(&query, "rounds")),
        "/memory" => text(
            200,
            std::hint::black_box(vec![1_u8; number(&query, "bytes")])
                .len()
                .to_string(),
        ),
        "/trap" => trap(),
        _ if path.starts_with("/protected/") => text(401, "who calls?"),
        _ => match path.strip_prefix("/pg/") {
            Some(action) => postgres::answer(action.to_owned(), &query, request).await,
            None => text(404, "no such probe"),
        },
    }
}

pub(crate) fn text(status: u16, body: impl Into<Bytes>) -> Response<BoxBody> {
    let body: Bytes = body.into();
    let mut response = Response::new(box_body(FullBody::new(body.clone())));
    *response.status_mut() = spin_sdk::http::StatusCode::from_u16(status).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(
        "content-type",
        spin_sdk::http::HeaderValue::from_static("text/plain"),
    );
    headers.insert("content-length", body.len().into());
    response
}

pub(crate) fn number(query: &Query, name: &str) -> usize {
    query
        .get(name)
        .and_then(|value| value.parse().ok())
        .unwrap_or(0)
}

fn headers(request: &Request) -> Response<BoxBody> {
    let mut seen: BTreeMap<&str, &str> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()))
        .collect();
    let uri = request.uri().to_string();
    seen.insert("uri", &uri);
    text(200, serde_json::json!(seen).to_string())
}

async fn variable(name: &str) -> Response<BoxBody> {
    match variables::get(name).await {
        Ok(value) => text(200, value),
        Err(error) => text(500, format!("{error:?}")),
    }
}

/// Says how long the body was, reading it part by part.
async fn echo(request: Request) -> Response<BoxBody> {
    let mut body = request.into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => length += frame.data_ref().map_or(0, Bytes::len),
            Err(error) => return text(400, format!("{error:?}")),
        }
    }
    text(200, length.to_string())
}

/// Holds the whole body, twice as a parser may, and says how long it was.
async fn keep(request: Request, pause: Duration) -> Response<BoxBody> {
    let Ok(body) = request.into_body().collect().await else {
        return text(400, "the body broke off");
    };
    let body = body.to_bytes();
    let copy = std::hint::black_box(body.to_vec());
    spin_sdk::time::sleep(pause).await;
    text(200, copy.len().to_string())
}

/// Sends an event at once, and a second one after a pause.
fn idle(pause: Duration) -> Response<BoxBody> {
    let (mut sender, body) = stream::<String>();
    spin_sdk::wasip3::spawn(async move {
        if sender.send("data: 0\n\n".to_owned()).await.is_ok() {
            spin_sdk::time::sleep(pause).await;
            let _ = sender.send("data: 1\n\n".to_owned()).await;
        }
    });
    event_stream(box_body(body))
}

/// Sends one event after the other, with a pause before each.
fn events(count: usize, pause: Duration) -> Response<BoxBody> {
    let (mut sender, body) = stream::<String>();
    spin_sdk::wasip3::spawn(async move {
        for n in 0..count {
            spin_sdk::time::sleep(pause).await;
            if sender.send(format!("data: {n}\n\n")).await.is_err() {
                break;
            }
        }
    });
    event_stream(box_body(body))
}

fn event_stream(body: BoxBody) -> Response<BoxBody> {
    let mut response = Response::new(body);
    let event_stream = spin_sdk::http::HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert("content-type", event_stream);
    response
}

async fn fetch(method: Method, url: Option<&String>) -> Response<BoxBody> {
    let request = Request::builder()
        .method(method)
        .uri(url.map_or("", String::as_str))
        .body(EmptyBody::new());
    let Ok(request) = request else {
        return text(400, "no address");
    };
    match spin_sdk::http::send(request).await {
        Ok(answer) => {
            let (parts, body) = answer.into_parts();
            let mut response = Response::new(box_body(body));
            *response.status_mut() = parts.status;
            response
        }
        Err(error) => text(502, format!("{error:?}")),
    }
}

/// Never waits, and never ends where no number of rounds is given.
fn compute(rounds: usize) -> Response<BoxBody> {
    let mut number = 0;
    loop {
        number = std::hint::black_box(number + 1);
        if number == rounds {
            return text(200, number.to_string());
        }
    }
}

#[expect(
    clippy::panic,
    reason = "what the host does about it is what is tried out"
)]
fn trap() -> Response<BoxBody> {
    panic!("the probe was asked to")
}
