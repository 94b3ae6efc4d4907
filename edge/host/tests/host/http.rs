//! HTTP through the host: what components see, what clients get.

use std::time::Duration;

use crate::support::{Probe, send};
use bytes::Bytes;
use http::Request;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

#[tokio::test]
async fn a_component_sees_address_client_id_and_trace() {
    let probe = Probe::start().await;
    let request = Request::get("/headers?a=b")
        .header("spin-client-addr", "forged")
        .header("spin-other", "forged")
        .header("x-request-id", "mine-1");
    let answer = probe.send(request, Bytes::new()).await;
    assert_eq!(answer.headers["x-request-id"], "mine-1");
    let seen = answer.json();
    let url = format!("http://{}/headers?a=b", probe.address);
    assert_eq!(seen["uri"], url);
    assert!(seen.get("spin-other").is_none());
    assert_eq!(seen["x-request-id"], "mine-1");
    assert!(
        seen["spin-client-addr"]
            .as_str()
            .unwrap()
            .starts_with("127.0.0.1:")
    );
    assert!(seen["traceparent"].as_str().unwrap().starts_with("00-"));
}

#[tokio::test]
async fn variables_are_rendered_for_the_component() {
    let probe =
        Probe::with(|config| drop(config.variables.insert("greeting".into(), "good".into()))).await;
    assert_eq!(
        probe.get("/variable?name=sentence").await.text(),
        "good world"
    );
    assert!(
        probe
            .get("/variable?name=greeting")
            .await
            .text()
            .contains("Undefined")
    );
    assert!(
        probe
            .get("/variable?name=No")
            .await
            .text()
            .contains("InvalidName")
    );
}

#[tokio::test]
async fn missing_variables_are_all_named() {
    let error = Probe::try_with(|config| config.variables.clear())
        .await
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("database_host, database_url"),
        "{error}"
    );
}

#[tokio::test]
async fn a_missing_component_says_how_to_build_it() {
    let error = Probe::try_with(|config| config.component_dir = Some("/nowhere".into()))
        .await
        .err()
        .unwrap();
    let text = error.to_string();
    assert!(
        text.contains("/nowhere/kiskadee_edge_probe.wasm") && text.contains("cargo xtask build"),
        "{text}"
    );
}

#[tokio::test]
async fn long_text_is_compressed_and_events_are_not() {
    let probe = Probe::start().await;
    let gzip = |path: &str| Request::get(path).header("accept-encoding", "gzip");
    let long = probe.send(gzip("/text?bytes=9000"), Bytes::new()).await;
    assert_eq!(long.headers["content-encoding"], "gzip");
    assert!(long.body.len() < 500);
    let short = probe.send(gzip("/text?bytes=90"), Bytes::new()).await;
    assert!(!short.headers.contains_key("content-encoding"));
    let events = probe.send(gzip("/events?count=3"), Bytes::new()).await;
    assert!(!events.headers.contains_key("content-encoding"));
    assert_eq!(events.text(), "data: 0\n\ndata: 1\n\ndata: 2\n\n");
}

#[tokio::test]
async fn answers_are_streamed_as_they_are_made() {
    let probe = Probe::start().await;
    let mut stream = TcpStream::connect(&probe.address).await.unwrap();
    let head = format!(
        "GET /events?count=40 HTTP/1.1\r\nhost: {}\r\n\r\n",
        probe.address
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut seen = String::new();
    while !seen.contains("data: 0") {
        let mut part = [0; 512];
        let count = stream.read(&mut part).await.unwrap();
        assert!(count > 0);
        seen.push_str(&String::from_utf8_lossy(&part[..count]));
    }
    assert!(
        !seen.contains("data: 39"),
        "the first event came with the last"
    );
}

#[tokio::test]
async fn http2_without_tls_is_served() {
    let probe = Probe::start().await;
    let stream = TcpStream::connect(&probe.address).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io)
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = || {
        let request = Request::get(format!("http://{}/hello", probe.address));
        request.body(http_body_util::Empty::<Bytes>::new()).unwrap()
    };
    let answers = futures::future::join(
        sender.send_request(request()),
        sender.clone().send_request(request()),
    )
    .await;
    assert_eq!(answers.0.unwrap().status(), 200);
    assert_eq!(answers.1.unwrap().status(), 200);
}

#[tokio::test]
async fn a_shutdown_finishes_what_runs() {
    let probe = Probe::start().await;
    let address = probe.address.clone();
    let running =
        tokio::spawn(
            async move { send(&address, Request::get("/slow?ms=400"), Bytes::new()).await },
        );
    tokio::time::sleep(Duration::from_millis(100)).await;
    let address = probe.address.clone();
    assert!(probe.stop(Duration::from_secs(5)).await);
    assert_eq!(running.await.unwrap().text(), "slept");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_second_start_need_not_compile() {
    let probe = Probe::start().await;
    let cache = probe.cache.path().join("cache");
    let begun = std::time::Instant::now();
    let again = Probe::with(|config| config.cache_dir = cache).await;
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(again.get("/hello").await.text(), "hello");
}
