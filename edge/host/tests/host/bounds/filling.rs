//! Streams of events fill one instance before the next is made.

use futures::future::join_all;
use kiskadee_edge_host::{HostConfig, Sharing};
use tokio::net::TcpStream;

use super::wire::open;
use crate::support::Probe;

/// So many at once in an instance.
const AT_ONCE: usize = 6;

fn events(config: &mut HostConfig) {
    config.streams = ["/idle", "/seen"].map(str::to_owned).to_vec();
    config.events = config.streams.clone();
    config.limits.events = Sharing {
        instances_per_component: 2,
        at_once: AT_ONCE,
        unanswered: 2,
        in_all: 100,
    };
}

async fn held(probe: &Probe, count: usize) -> Vec<TcpStream> {
    let opened = (0..count).map(|_| open(&probe.address, "127.0.0.1", "/idle?ms=20000", ""));
    let opened = join_all(opened).await;
    let streams = opened.into_iter().map(|(stream, seen)| {
        assert_eq!(seen.status(), 200, "{}", seen.0);
        stream
    });
    streams.collect()
}

/// How many the instance has seen that takes one now.
async fn seen(probe: &Probe) -> usize {
    probe.get("/seen").await.text().parse().unwrap()
}

#[tokio::test]
async fn many_that_come_at_once_share_one() {
    let probe = Probe::with(events).await;
    let _held = held(&probe, AT_ONCE - 1).await;
    assert_eq!(seen(&probe).await, AT_ONCE);
}

#[tokio::test]
async fn one_that_is_full_is_left_alone_until_it_has_room() {
    let probe = Probe::with(events).await;
    let first = held(&probe, AT_ONCE).await;
    assert_eq!(seen(&probe).await, 1, "of a second instance");
    drop(first);
    while seen(&probe).await <= AT_ONCE {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn one_that_has_taken_half_of_its_memory_gets_no_more() {
    let probe = Probe::with(|config| {
        events(config);
        config.streams.push("/memory".to_owned());
        config.events.push("/memory".to_owned());
        config.limits.instance_memory_bytes = 32 << 20;
    })
    .await;
    let _held = held(&probe, 1).await;
    let answer = probe.get("/memory?bytes=20000000").await;
    assert_eq!(answer.text(), "20000000");
    assert_eq!(seen(&probe).await, 1, "of a second instance");
}

#[tokio::test]
async fn one_that_lets_nobody_in_keeps_nobody_waiting_for_long() {
    let probe = Probe::with(|config| {
        events(config);
        config.streams.push("/slow".to_owned());
        config.events.push("/slow".to_owned());
    })
    .await;
    let slow = join_all((0..2).map(|_| probe.get("/slow?ms=6000")));
    let other = async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let begun = std::time::Instant::now();
        assert_eq!(seen(&probe).await, 1, "of a second instance");
        assert!(begun.elapsed() < std::time::Duration::from_secs(4));
    };
    futures::future::join(slow, other).await;
}
