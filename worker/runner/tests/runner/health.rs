//! What a worker's `/health` says of its loops.

use std::net::SocketAddr;
use std::time::Duration;

use kiskadee_runner::RunnerConfig;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use crate::{
    fleet::{Fleet, config},
    toys::Toys,
};

async fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// The whole answer; none while nobody listens yet.
async fn get(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: worker\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}

async fn answer(address: SocketAddr, path: &str) -> String {
    for _ in 0..200 {
        if let Some(answer) = get(address, path).await {
            return answer;
        }
        sleep(Duration::from_millis(20)).await;
    }
    unreachable!("the endpoint was never there")
}

#[tokio::test]
async fn a_loop_that_stands_still_fails_the_health_by_name() {
    let fleet = Fleet::new().await;
    let address = free_address().await;
    let config = RunnerConfig {
        metrics_listen: Some(address),
        ..config(fleet.url())
    };
    let turns = config.turns.clone();
    let runner = fleet.start_as(config, fleet.queue.clone(), Toys::new());
    let whole = answer(address, "/health").await;
    assert!(whole.starts_with("HTTP/1.1 200"), "{whole}");
    fleet.until("select count(*) from queue.worker", 1).await;
    let watched = answer(address, "/health").await;
    for name in [
        "lead",
        "settle",
        "heartbeat",
        "metrics",
        "lost_claims",
        "announce:toys",
        "fetch:device",
        "probe_storage",
    ] {
        assert!(
            watched.contains(&format!("\"{name}\":")),
            "{name}: {watched}"
        );
    }

    let turn = turns.watch("toy", Duration::from_millis(50));
    sleep(Duration::from_millis(100)).await;
    let standing = answer(address, "/health").await;
    assert!(standing.starts_with("HTTP/1.1 503"), "{standing}");
    assert!(standing.contains("\"standing\":[\"toy\"]"), "{standing}");
    let page = answer(address, "/metrics").await;
    assert!(
        page.contains("kiskadee_worker_loop_age_seconds{loop=\"toy\"} 0."),
        "{page}"
    );

    turn.rest();
    let again = answer(address, "/health").await;
    assert!(again.starts_with("HTTP/1.1 200"), "{again}");
    runner.drain().await;
}
