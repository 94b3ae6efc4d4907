//! Who is at the other end, with proxies between and without.

use bytes::Bytes;
use http::Request;
use kiskadee_edge_host::Proxies;
use tokio::io::AsyncWriteExt as _;

use super::wire::{ask, connect, open, see};
use crate::support::Probe;

async fn behind_proxies(proxy_protocol: bool) -> Probe {
    Probe::with(|config| {
        config.proxies = Proxies {
            trusted: vec!["127.0.0.1/32".parse().unwrap()],
            proxy_protocol,
            ..Proxies::default()
        };
    })
    .await
}

async fn seen_by_a_component(probe: &Probe) -> serde_json::Value {
    let request = Request::get("/headers")
        .header("x-forwarded-for", "203.0.113.9, 192.0.2.7")
        .header("forwarded", "for=203.0.113.9");
    probe.send(request, Bytes::new()).await.json()
}

#[tokio::test]
async fn a_trusted_proxy_says_who_the_client_is() {
    let probe = behind_proxies(false).await;
    let seen = seen_by_a_component(&probe).await;
    assert_eq!(seen["spin-client-addr"], "192.0.2.7:0");
    assert!(seen.get("x-forwarded-for").is_none() && seen.get("forwarded").is_none());
}

#[tokio::test]
async fn nobody_else_is_believed() {
    let probe = Probe::start().await;
    let seen = seen_by_a_component(&probe).await;
    let address = seen["spin-client-addr"].as_str().unwrap();
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    assert!(seen.get("x-forwarded-for").is_none() && seen.get("forwarded").is_none());
}

#[tokio::test]
async fn clients_behind_a_proxy_have_shares_of_their_own() {
    let probe = Probe::with(|config| {
        config.proxies.trusted = vec!["127.0.0.1/32".parse().unwrap()];
        config.limits.streams.per_address = 1;
    })
    .await;
    let idle = async |client: &str| {
        let line = format!("x-forwarded-for: {client}\r\n");
        open(&probe.address, "127.0.0.1", "/idle?ms=20000", &line).await
    };
    let held = [idle("192.0.2.1").await, idle("192.0.2.2").await];
    assert!(held.iter().all(|(_, seen)| seen.status() == 200));
    assert_eq!(idle("192.0.2.1").await.1.limit(), "streams_per_address");
}

#[tokio::test]
async fn the_proxy_protocol_says_whose_connection_it_is() {
    let probe = behind_proxies(true).await;
    let mut stream = connect(&probe.address, "127.0.0.1").await;
    let line = b"PROXY TCP4 192.0.2.55 127.0.0.1 4711 80\r\n";
    stream.write_all(line).await.unwrap();
    ask(&mut stream, "/headers", "").await;
    let mut seen = see(&mut stream).await.0;
    while !seen.ends_with('}') {
        seen.push_str(&see(&mut stream).await.0);
    }
    assert!(
        seen.contains("\"spin-client-addr\":\"192.0.2.55:4711\""),
        "{seen}"
    );
    // Neither without its line, nor from somebody else.
    for (from, line) in [("127.0.0.1", &b""[..]), ("127.0.0.2", &line[..])] {
        let mut stream = connect(&probe.address, from).await;
        stream.write_all(line).await.unwrap();
        ask(&mut stream, "/hello", "").await;
        assert_eq!(see(&mut stream).await.0, "");
    }
}

#[tokio::test]
async fn two_hosts_are_one_too_many() {
    let probe = Probe::start().await;
    let (_, seen) = open(&probe.address, "127.0.0.1", "/hello", "host: x\r\n").await;
    assert_eq!(seen.status(), 400);
}

/// A line feed alone ends a line, as RFC 9112 (section 2.2) allows: what matters is that both sides of a proxy see the same requests, and
/// nothing of a head is passed on as it was written.
#[tokio::test]
async fn a_line_feed_alone_ends_a_line_and_hides_nothing() {
    let probe = Probe::start().await;
    let mut stream = connect(&probe.address, "127.0.0.1").await;
    let head = b"GET /headers HTTP/1.1\nhost: x\nx-first: a\nx-second: b\nconnection: close\n\n";
    stream.write_all(head).await.unwrap();
    let seen = see(&mut stream).await;
    assert_eq!(seen.status(), 200);
    let mut body = seen.0.split_once("\r\n\r\n").unwrap().1.to_owned();
    while !body.contains('}') {
        body.push_str(&see(&mut stream).await.0);
    }
    assert!(
        body.contains("\"x-first\":\"a\"") && body.contains("\"x-second\":\"b\""),
        "{body}"
    );
    for twice in [
        "content-length: 3\ncontent-length: 4\n",
        "transfer-encoding: chunked\ncontent-length: 4\n",
    ] {
        let mut stream = connect(&probe.address, "127.0.0.1").await;
        let head = format!("POST /hello HTTP/1.1\nhost: x\n{twice}\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
            .write_all(b"abcGET /headers HTTP/1.1\nhost: x\n\n")
            .await
            .unwrap();
        let seen = see(&mut stream).await;
        assert_eq!(
            seen.0.matches("HTTP/1.1 ").count(),
            1,
            "{twice:?}: {}",
            seen.0
        );
        assert!(!seen.0.contains("x-first"), "{twice:?}");
    }
}
