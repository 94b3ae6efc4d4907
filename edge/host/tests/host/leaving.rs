//! A process on its way in and out: whether it is ready, what it tells those who send it requests, and that none of theirs is lost.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kiskadee_edge_host::EdgeHost;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::{
    bounds::wire::{ask, connect, see},
    support::{Answer, Probe, config, send},
};

const HERE: &str = "127.0.0.1";

async fn with_listener() -> Probe {
    Probe::with(|config| config.metrics_listen = Some("127.0.0.1:0".parse().unwrap())).await
}

fn host(probe: &Probe) -> &EdgeHost {
    probe.host.as_ref().unwrap()
}

async fn own(probe: &Probe, path: &str) -> Answer {
    let address = host(probe).metrics_addr().unwrap().to_string();
    send(&address, Request::get(path), Bytes::new()).await
}

/// A connection that was used once and lies idle.
async fn idle(probe: &Probe) -> TcpStream {
    let mut stream = connect(&probe.address, HERE).await;
    let seen = hello(&mut stream).await;
    assert!(!seen.contains("connection: close"), "{seen}");
    stream
}

async fn hello(stream: &mut TcpStream) -> String {
    ask(stream, "/hello", "").await;
    let mut seen = see(stream).await.0;
    while !seen.ends_with("hello") {
        let more = see(stream).await.0;
        assert!(!more.is_empty(), "the connection broke: {seen}");
        seen.push_str(&more);
    }
    seen
}

async fn is_open(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    timeout(Duration::from_millis(300), stream.read(&mut byte))
        .await
        .is_err()
}

async fn http2(probe: &Probe) -> SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(&probe.address).await.unwrap();
    let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    sender
}

/// The text of the answer, or nothing where the connection takes no request.
async fn get(sender: &mut SendRequest<Empty<Bytes>>, path: &str) -> Option<Bytes> {
    sender.ready().await.ok()?;
    let request = Request::get(format!("http://x{path}"));
    let request = request.body(Empty::new()).unwrap();
    let answer = sender.send_request(request).await.ok()?;
    Some(answer.into_body().collect().await.ok()?.to_bytes())
}

#[tokio::test]
async fn a_drain_asks_for_no_more_and_closes_nothing_by_itself() {
    let probe = with_listener().await;
    assert_eq!(own(&probe, "/ready").await.status, 200);
    let (mut used, mut unused) = (idle(&probe).await, idle(&probe).await);
    let during = async {
        sleep(Duration::from_millis(200)).await;
        let ready = own(&probe, "/ready").await;
        assert_eq!(
            (ready.status.as_u16(), &ready.json()["status"]),
            (503, &"draining".into())
        );
        assert_eq!(own(&probe, "/health").await.status, 200);
        assert!(hello(&mut used).await.contains("connection: close"));
        assert!(!is_open(&mut used).await, "the answer said so");
        let mut new = connect(&probe.address, HERE).await;
        assert!(hello(&mut new).await.contains("connection: close"));
        assert!(is_open(&mut unused).await);
    };
    tokio::join!(host(&probe).drain(Duration::from_secs(3)), during);
    assert!(is_open(&mut unused).await);
    let address = probe.address.clone();
    assert!(probe.stop(Duration::from_secs(5)).await);
    assert!(!is_open(&mut unused).await);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_drain_ends_http2_without_losing_a_request() {
    let probe = Probe::start().await;
    let mut sender = http2(&probe).await;
    assert_eq!(get(&mut sender, "/hello").await.unwrap(), "hello");
    let mut slow = sender.clone();
    let during = async {
        sleep(Duration::from_millis(400)).await;
        assert_eq!(get(&mut sender, "/hello").await, None, "it was told to go");
        // Who comes now is answered once.
        let mut new = http2(&probe).await;
        assert_eq!(get(&mut new, "/hello").await.unwrap(), "hello");
        sleep(Duration::from_millis(200)).await;
        assert_eq!(get(&mut new, "/hello").await, None);
    };
    let ((), slow, ()) = tokio::join!(
        async {
            sleep(Duration::from_millis(100)).await;
            host(&probe).drain(Duration::from_secs(2)).await;
        },
        get(&mut slow, "/slow?ms=1500"),
        during
    );
    assert_eq!(slow.unwrap(), "slept");
    assert!(probe.stop(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn who_connected_and_says_nothing_keeps_nobody() {
    let probe = Probe::start().await;
    let _silent = connect(&probe.address, HERE).await;
    sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    assert!(probe.stop(Duration::from_secs(10)).await);
    assert!(begun.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn it_is_ready_when_it_serves_and_not_before() {
    let cache = TempDir::new().unwrap();
    let mut config = config(cache.path());
    // Where a free port is known before anything listens on it.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap();
    drop(port);
    config.metrics_listen = Some(address);
    let prepared = EdgeHost::prepare(config).await.unwrap();
    let ask = async |path| send(&address.to_string(), Request::get(path), Bytes::new()).await;
    let ready = ask("/ready").await;
    assert_eq!(
        (ready.status.as_u16(), &ready.json()["status"]),
        (503, &"starting".into())
    );
    assert_eq!(ask("/health").await.status, 200);
    assert_eq!(ask("/metrics").await.status, 200);
    let _host = prepared.serve().unwrap();
    let ready = ask("/ready").await;
    let document = ready.json();
    assert_eq!(
        (ready.status.as_u16(), &document["status"]),
        (200, &"ready".into())
    );
    assert_eq!(document["components"], serde_json::json!(["probe"]));
    let databases = document["databases"].as_object().unwrap();
    assert!(databases.values().all(|word| word == "reachable") && databases.len() == 1);
}

#[tokio::test]
async fn a_database_that_is_away_is_told_and_decides_nothing() {
    let probe = Probe::with(|config| {
        config.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
        let nobody = "postgres://127.0.0.1:9".to_owned();
        config
            .variables
            .insert("database_url".into(), nobody.replace("//", "//me@"));
        config.variables.insert("database_host".into(), nobody);
        config.finds_poolers = true;
    })
    .await;
    let ready = own(&probe, "/ready").await;
    assert_eq!(ready.status, 200);
    let told = serde_json::json!({"127.0.0.1:9": "unreachable"});
    assert_eq!(ready.json()["databases"], told);
}

#[tokio::test]
async fn checks_of_balancers_are_answered() {
    let probe = with_listener().await;
    let address = host(&probe).metrics_addr().unwrap();
    for line in [
        "OPTIONS / HTTP/1.0",
        "GET /ready HTTP/1.0",
        "HEAD /ready HTTP/1.0",
        "GET /health HTTP/1.0",
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(format!("{line}\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.0 200 "), "{line}: {answer}");
    }
    let request = Request::builder().method(Method::POST).uri("/ready");
    let answer = send(&address.to_string(), request, Bytes::new()).await;
    assert_eq!(answer.status, 404);
}
