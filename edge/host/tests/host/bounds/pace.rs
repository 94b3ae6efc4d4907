//! Whoever takes an answer too slowly is cut off; a stream that has nothing to send is not.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use kiskadee_edge_host::Shares;
use tokio::{io::AsyncReadExt as _, net::TcpStream, time::sleep};

use super::wire::{open, see};
use crate::support::Probe;

/// Until the probe answers a request of somebody else, or the time is over.
async fn answers_within(probe: &Probe, limit: Duration) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        if probe.get("/hello").await.status == 200 {
            return true;
        }
        sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test]
async fn answers_without_a_window_are_given_up() {
    let probe = Probe::with(|config| {
        config.limits.requests.all = 4;
        config.limits.answer_idle = Duration::from_millis(500);
    })
    .await;
    let stream = TcpStream::connect(&probe.address).await.unwrap();
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::Builder::new(executor)
        .initial_stream_window_size(0)
        .handshake(hyper_util::rt::TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let mut unread = Vec::new();
    for _ in 0..4 {
        let request = Request::get(format!("http://{}/text?bytes=9000", probe.address));
        let request = request.body(http_body_util::Empty::<Bytes>::new()).unwrap();
        unread.push(sender.send_request(request).await.unwrap());
    }
    assert_eq!(probe.get("/hello").await.status, 503);
    assert!(answers_within(&probe, Duration::from_secs(4)).await);
}

#[tokio::test]
async fn a_long_answer_that_nobody_reads_is_cut() {
    let probe = Probe::with(|config| {
        config.limits.streams = Shares {
            all: 1,
            per_address: 1,
            per_caller: 1,
        };
        config.limits.stream_idle = Duration::from_millis(500);
    })
    .await;
    let long = || open(&probe.address, "127.0.0.1", "/text?bytes=60000000", "");
    let (mut unread, seen) = long().await;
    assert_eq!(seen.status(), 200);
    assert_eq!(long().await.1.status(), 429);
    sleep(Duration::from_millis(1500)).await;
    assert_eq!(long().await.1.status(), 200);
    let mut rest = Vec::new();
    // Broken off, and not ended as if it were whole.
    let end = unread.read_to_end(&mut rest).await;
    assert!(end.is_err() || rest.len() < 59_000_000);
}

#[tokio::test]
async fn a_stream_with_nothing_to_send_goes_on() {
    let probe = Probe::with(|config| config.limits.stream_idle = Duration::from_millis(300)).await;
    let (mut stream, seen) = open(&probe.address, "127.0.0.1", "/idle?ms=1500", "").await;
    let mut all = seen.0;
    while !all.contains("data: 1") {
        let more = see(&mut stream).await;
        assert!(!more.0.is_empty(), "it was cut: {all}");
        all.push_str(&more.0);
    }
}
