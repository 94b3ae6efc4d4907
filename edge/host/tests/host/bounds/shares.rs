//! Each address and each caller has a share of requests, streams and connections, and liveness stands in no line.

use std::time::Duration;

use kiskadee_edge_host::{Health, Shares};
use tokio::time::sleep;

use super::wire::{ask, connect, open, see};
use crate::support::Probe;

fn shares(all: usize, per_address: usize, per_caller: usize) -> Shares {
    Shares {
        all,
        per_address,
        per_caller,
    }
}

fn health() -> Health {
    Health {
        path: "/health".to_owned(),
        service: "probe".to_owned(),
        version: "1".to_owned(),
    }
}

const A: &str = "x-api-key: a\r\n";
const B: &str = "x-api-key: b\r\n";
const C: &str = "authorization: Bearer c\r\n";

#[tokio::test]
async fn requests_of_one_caller_leave_room_for_others() {
    let probe = Probe::with(|config| config.limits.requests = shares(8, 4, 2)).await;
    let slow = async |from: &str, key: &str| {
        let mut stream = connect(&probe.address, from).await;
        ask(&mut stream, "/slow?ms=9000", key).await;
        // Until it is one of those that run.
        sleep(Duration::from_millis(500)).await;
        stream
    };
    let _held = [slow("127.0.0.1", A).await, slow("127.0.0.1", A).await];
    let (_, seen) = open(&probe.address, "127.0.0.2", "/hello", A).await;
    assert_eq!(
        (seen.status(), seen.limit()),
        (429, "requests_per_caller".into())
    );
    // Keys that are made up do not escape the address.
    let _more = [slow("127.0.0.1", B).await, slow("127.0.0.1", C).await];
    let (_, seen) = open(&probe.address, "127.0.0.1", "/hello", "").await;
    assert_eq!(
        (seen.status(), seen.limit()),
        (429, "requests_per_address".into())
    );
    let (_, seen) = open(&probe.address, "127.0.0.2", "/hello", "").await;
    assert_eq!(seen.status(), 200);
}

#[tokio::test]
async fn streams_hold_no_place_among_the_requests() {
    let probe = Probe::with(|config| {
        config.limits.requests = shares(2, 2, 2);
        config.limits.streams = shares(8, 6, 4);
    })
    .await;
    let idle = |from, key| open(&probe.address, from, "/idle?ms=20000", key);
    let mut held = Vec::new();
    for key in [A, A, A, A, B, B] {
        let (stream, seen) = idle("127.0.0.1", key).await;
        assert_eq!(seen.status(), 200);
        held.push(stream);
    }
    assert_eq!(probe.get("/hello").await.text(), "hello");
    assert_eq!(idle("127.0.0.2", A).await.1.limit(), "streams_per_caller");
    assert_eq!(idle("127.0.0.1", C).await.1.limit(), "streams_per_address");
    for _ in 0..2 {
        held.push(idle("127.0.0.2", "").await.0);
    }
    let (_, seen) = idle("127.0.0.3", "").await;
    assert_eq!((seen.status(), seen.limit()), (503, "streams".into()));
    // Whoever leaves gives the place back.
    held.clear();
    while idle("127.0.0.3", "").await.1.status() != 200 {
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn streams_have_instances_of_their_own() {
    let probe = Probe::with(|config| config.streams = vec!["/idle".to_owned()]).await;
    let (mut stream, seen) = open(&probe.address, "127.0.0.1", "/idle?ms=500", "").await;
    assert_eq!(seen.status(), 200);
    assert_eq!(probe.get("/trap").await.status, 500);
    let mut rest = seen.0;
    while !rest.contains("data: 1") {
        let more = see(&mut stream).await;
        assert!(
            !more.0.is_empty(),
            "the stream broke with another's instance"
        );
        rest.push_str(&more.0);
    }
}

#[tokio::test]
async fn liveness_is_answered_in_a_full_house() {
    let probe = Probe::with(|config| {
        config.health = Some(health());
        config.limits.requests = shares(1, 1, 1);
        config.limits.connections = shares(3, 3, usize::MAX);
    })
    .await;
    // Each on a connection of its own, for one that is kept alive would be used again.
    let get = async |path| open(&probe.address, "127.0.0.1", path, "").await.1;
    let refused_by = async |limit: &str| {
        let seen = get("/hello").await;
        seen.status() == 429 && seen.limit() == limit
    };
    let mut held = connect(&probe.address, "127.0.0.1").await;
    ask(&mut held, "/slow?ms=20000", "").await;
    while !refused_by("requests_per_address").await {
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(get("/health").await.status(), 200);
    let mut idle = Vec::new();
    // As many as there is room for: those of before may just be leaving.
    while !refused_by("connections_per_address").await {
        assert!(idle.len() < 20, "there is always room for one more");
        idle.push(connect(&probe.address, "127.0.0.1").await);
        sleep(Duration::from_millis(100)).await;
    }
    let alive = get("/health").await;
    assert!(alive.0.contains("\"probe\""), "{}", alive.0);
    let (_, seen) = open(&probe.address, "127.0.0.2", "/hello", "").await;
    assert_eq!((seen.status(), seen.limit()), (503, "connections".into()));
}
