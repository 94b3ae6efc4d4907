//! What breaks one request's instance is nobody else's.

use std::time::Duration;

use futures::future::{join, join_all};
use kiskadee_edge_host::Shares;
use tokio::net::TcpStream;

use super::wire::{Seen, open, see};
use crate::support::Probe;

/// The rest of a stream that sends one event, and a second one at its end.
async fn whole(mut stream: TcpStream, seen: Seen) -> bool {
    let mut all = seen.0;
    while !all.contains("data: 1") {
        let more = see(&mut stream).await;
        if more.0.is_empty() {
            return false;
        }
        all.push_str(&more.0);
    }
    true
}

#[tokio::test]
async fn a_trap_hurts_the_request_that_trapped_and_no_other() {
    let probe = Probe::with(|config| config.streams = vec!["/idle".to_owned()]).await;
    let mut streams = Vec::new();
    // Two that share an instance, and one that has its own.
    for path in ["/idle?ms=1500", "/idle?ms=1500", "/events?count=2"] {
        let (stream, seen) = open(&probe.address, "127.0.0.1", path, "").await;
        assert_eq!(seen.status(), 200);
        streams.push((stream, seen));
    }
    let waiting = join_all((0..12).map(|_| probe.get("/slow?ms=500")));
    let traps = join_all((0..12).map(|_| probe.get("/trap")));
    let (waiting, traps) = join(waiting, traps).await;
    assert!(traps.iter().all(|answer| answer.status == 500));
    assert!(waiting.iter().all(|answer| answer.status == 200));
    for (stream, seen) in streams {
        assert!(whole(stream, seen).await, "a stream broke");
    }
}

#[tokio::test]
async fn bodies_that_come_at_once_do_not_share_a_memory() {
    let probe = Probe::start().await;
    let forms = (0..16).map(|_| probe.post("/keep?ms=300", vec![b'x'; 19_000_000]));
    for answer in join_all(forms).await {
        assert_eq!((answer.status.as_u16(), answer.text()), (200, "19000000"));
    }
}

#[tokio::test]
async fn one_that_computes_too_long_takes_nobody_along() {
    let limit = Duration::from_millis(300);
    let probe = Probe::with(|config| config.limits.compute = limit).await;
    let waiting = join_all((0..8).map(|_| probe.get("/slow?ms=1500")));
    let (waiting, stuck) = join(waiting, probe.get("/compute")).await;
    assert_eq!(stuck.status, 504);
    assert!(waiting.iter().all(|answer| answer.status == 200));
}

#[tokio::test]
async fn waiting_is_not_computing() {
    let limit = Duration::from_millis(300);
    let probe = Probe::with(|config| config.limits.compute = limit).await;
    assert_eq!(probe.get("/slow?ms=900").await.status, 200);
    assert_eq!(probe.get("/compute").await.status, 504);
}

#[tokio::test]
async fn an_instance_that_has_grown_is_not_used_again() {
    let probe = Probe::start().await;
    for _ in 0..5 {
        assert_eq!(probe.get("/memory?bytes=30000000").await.status, 200);
        // Until it would be there again.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(probe.get("/seen").await.text(), "1");
}

#[tokio::test]
async fn instances_that_work_are_bounded_for_each_caller_and_for_all() {
    let probe = Probe::with(|config| {
        config.limits.instances = Shares {
            all: 3,
            per_address: 2,
            per_caller: 2,
        };
    })
    .await;
    let idle = |from| open(&probe.address, from, "/idle?ms=20000", "");
    let held = [idle("127.0.0.1").await, idle("127.0.0.1").await];
    assert!(held.iter().all(|(_, seen)| seen.status() == 200));
    let (_, seen) = open(&probe.address, "127.0.0.1", "/hello", "").await;
    assert_eq!(
        (seen.status(), seen.limit()),
        (429, "requests_per_address".into())
    );
    // There is one left for others, over and over again.
    for _ in 0..5 {
        while open(&probe.address, "127.0.0.2", "/hello", "")
            .await
            .1
            .status()
            != 200
        {}
    }
    let _last = idle("127.0.0.2").await;
    let (_, seen) = open(&probe.address, "127.0.0.3", "/hello", "").await;
    assert_eq!((seen.status(), seen.limit()), (503, "requests".into()));
}
