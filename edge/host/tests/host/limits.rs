//! What the host refuses and ends, and that everything else goes on.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use crate::support::{Answer, Probe};
use bytes::Bytes;
use http::Request;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

fn assert_problem(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    let document = answer.json();
    assert_eq!(document["status"], status);
    assert_eq!(
        document["request_id"],
        answer.headers["x-request-id"].to_str().unwrap()
    );
}

#[tokio::test]
async fn a_trap_is_a_500_and_others_go_on() {
    let probe = Probe::start().await;
    assert_problem(&probe.get("/trap").await, 500);
    assert_eq!(
        probe.get("/seen").await.text(),
        "1",
        "the instance was not discarded"
    );
    // It is there again a moment after its answer.
    while probe.get("/seen").await.text() == "1" {}
}

#[tokio::test]
async fn an_instance_is_used_so_often_and_no_more() {
    let probe = Probe::with(|config| config.limits.requests_per_instance = 2).await;
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        seen.insert(probe.get("/seen").await.text().to_owned());
    }
    assert_eq!(Vec::from_iter(seen), ["1", "2"]);
}

#[tokio::test]
async fn computing_without_end_is_ended_and_does_not_stop_others() {
    let probe = Probe::with(|config| config.limits.compute = Duration::from_millis(300)).await;
    let begun = Instant::now();
    let (stuck, other) = futures::future::join(probe.get("/compute"), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let other = probe.get("/hello").await;
        (other, begun.elapsed())
    })
    .await;
    assert_problem(&stuck, 504);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(other.0.text(), "hello");
}

#[tokio::test]
async fn a_slow_answer_is_a_504() {
    let probe = Probe::with(|config| config.limits.request = Duration::from_millis(200)).await;
    assert_problem(&probe.get("/slow?ms=5000").await, 504);
    assert_eq!(probe.get("/hello").await.text(), "hello");
}

#[tokio::test]
async fn memory_is_bounded() {
    let probe = Probe::with(|config| config.limits.instance_memory_bytes = 32 << 20).await;
    assert_problem(&probe.get("/memory?bytes=60000000").await, 500);
    assert_eq!(probe.get("/memory?bytes=1000000").await.text(), "1000000");
}

#[tokio::test]
async fn a_body_of_20_mb_reaches_the_component() {
    let probe = Probe::start().await;
    let answer = probe.post("/echo", vec![b'x'; 20_000_000]).await;
    assert_eq!(answer.text(), "20000000");
}

#[tokio::test]
async fn an_answer_reaches_who_is_still_sending() {
    let probe = Probe::start().await;
    for _ in 0..10 {
        // Nobody there reads a body.
        let answer = probe.post("/hello", vec![b'x'; 20_000_000]).await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn a_larger_body_is_refused_whether_its_length_is_declared_or_not() {
    let probe = Probe::with(|config| config.limits.request_body_bytes = 100_000).await;
    assert_problem(&raw(&probe, "content-length: 100001\r\n\r\n").await, 413);
    let chunk = format!("{:x}\r\n{}\r\n", 60_000, "x".repeat(60_000));
    assert_problem(
        &raw(
            &probe,
            &format!("transfer-encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n"),
        )
        .await,
        413,
    );
    assert_eq!(
        probe.post("/echo", vec![b'x'; 100_000]).await.text(),
        "100000"
    );
}

/// As most clients do: all is written before anything is read.
#[tokio::test]
async fn a_refusal_of_a_large_body_reaches_who_is_still_sending() {
    let probe = Probe::with(|config| config.limits.request_body_bytes = 100_000).await;
    let body = "x".repeat(20_000_000);
    let declared = format!("content-length: {}\r\n\r\n{body}", body.len());
    let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let chunked = format!("transfer-encoding: chunked\r\n\r\n{chunk}");
    for _ in 0..5 {
        assert_problem(&raw(&probe, &declared).await, 413);
        assert_problem(&raw(&probe, &chunked).await, 413);
    }
}

#[tokio::test]
async fn who_speaks_http_1_0_need_not_name_a_host() {
    let probe = Probe::start().await;
    let mut stream = TcpStream::connect(&probe.address).await.unwrap();
    let request = b"GET /hello HTTP/1.0\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let answer = parse(&bytes);
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "hello"));
}

#[tokio::test]
async fn a_body_that_stops_is_a_408() {
    let probe =
        Probe::with(|config| config.limits.request_body_idle = Duration::from_millis(100)).await;
    assert_problem(&raw(&probe, "content-length: 10\r\n\r\nabc").await, 408);
}

#[tokio::test]
async fn a_head_that_does_not_come_closes_the_connection() {
    let probe = Probe::with(|config| config.limits.request_head = Duration::from_millis(200)).await;
    for head in ["", "GET /hello HT"] {
        let mut stream = TcpStream::connect(&probe.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let closed =
            tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "a silent client keeps its connection");
    }
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let probe = Probe::with(|config| config.limits.headers = 10).await;
    let mut request = Request::get("/hello");
    for n in 0..20 {
        request = request.header(format!("x-{n}"), "y");
    }
    assert_eq!(probe.send(request, Bytes::new()).await.status, 431);
}

#[tokio::test]
async fn too_many_requests_at_once_are_a_503_and_not_a_queue() {
    let probe = Probe::with(|config| config.limits.requests.all = 4).await;
    let slow = (0..8).map(|_| probe.get("/slow?ms=500"));
    let answers = futures::future::join_all(slow).await;
    let (busy, served): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 503);
    assert_eq!((busy.len(), served.len()), (4, 4));
    assert_problem(busy[0], 503);
    assert_eq!(busy[0].headers["retry-after"], "1");
    assert_eq!(probe.get("/hello").await.text(), "hello");
}

#[tokio::test]
async fn more_streams_than_instances_wait_their_turn() {
    let probe = Probe::with(|config| {
        config.streams = vec!["/slow".to_owned()];
        config.limits.downloads.instances_per_component = 2;
        config.limits.downloads.unanswered = 2;
    })
    .await;
    let slow = (0..12).map(|_| probe.get("/slow?ms=50"));
    let answers = futures::future::join_all(slow).await;
    assert!(answers.iter().all(|answer| answer.text() == "slept"));
}

/// A POST to `/echo` as these bytes.
async fn raw(probe: &Probe, rest: &str) -> Answer {
    let mut stream = TcpStream::connect(&probe.address).await.unwrap();
    let head = format!("POST /echo HTTP/1.1\r\nhost: {}\r\n{rest}", probe.address);
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    // The head of the answer and its body come in one piece, or in two.
    while !String::from_utf8_lossy(&bytes).contains('}') {
        let count = stream.read(&mut part).await.unwrap();
        assert!(
            count > 0,
            "closed without an answer: {:?}",
            String::from_utf8_lossy(&bytes)
        );
        bytes.extend_from_slice(&part[..count]);
    }
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Answer {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    Answer {
        status,
        headers,
        body: Bytes::from(body.to_owned()),
    }
}
