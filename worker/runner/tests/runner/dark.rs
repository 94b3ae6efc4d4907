//! Connections to the database that go dark in the middle of a statement, while new ones work.

use std::time::Duration;

use kiskadee_queue::{ConnectOptions, Error, Queue, testing::dark::DarkWay};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{
    fleet::{Fleet, config},
    toys::{Toys, quick},
};

/// What a worker that leads calls again and again, but for what it calls only once an hour or when something was lost.
const STATEMENTS: [&str; 13] = [
    "queue.lead(",
    "queue.promote(",
    "queue.rescue(",
    "queue.measure_depth(",
    "telemetry.measure(",
    "telemetry.fold(",
    "queue.lower_watermarks(",
    "api.sweep_rate_buckets(",
    "queue.rotate_partitions(",
    "storage.discarded(",
    "queue.claim(",
    "queue.settle(",
    "queue.heartbeat(",
];
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

fn queue(way: &DarkWay, connections: u32) -> Queue {
    Queue::connect(&ConnectOptions {
        answer_within: ANSWER_WITHIN,
        max_connections: connections,
        ..ConnectOptions::new(way.url())
    })
    .unwrap()
}

async fn until_swallowed(way: &DarkWay) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !way.awaited().is_empty() {
        assert!(
            Instant::now() < patience,
            "never called: {:?}",
            way.awaited()
        );
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_statement_on_a_dark_connection_fails_and_takes_no_place_of_the_pool() {
    let fleet = Fleet::new().await;
    let way = DarkWay::to(fleet.url()).await.unwrap();
    let queue = queue(&way, 1);
    queue.ping().await.unwrap();
    for statement in ["queue.ring(", "telemetry.record(", "nextval("] {
        way.swallow(&[statement]);
        let answer = match statement {
            "queue.ring(" => queue.ring().await,
            "nextval(" => queue.draw_token().await.map(drop),
            _ => queue.record(&json!([])).await,
        };
        assert!(matches!(answer, Err(Error::Retry(_))), "{answer:?}");
        queue.ping().await.unwrap();
    }
}

#[tokio::test]
async fn a_statement_that_is_dropped_takes_no_place_of_the_pool() {
    let fleet = Fleet::new().await;
    let way = DarkWay::to(fleet.url()).await.unwrap();
    let queue = queue(&way, 1);
    way.swallow(&["queue.ring("]);
    let ringing = tokio::time::timeout(ANSWER_WITHIN / 5, queue.ring());
    assert!(ringing.await.is_err());
    queue.ping().await.unwrap();
}

#[tokio::test]
async fn a_worker_leads_and_works_on_when_every_statement_meets_a_dark_connection() {
    let fleet = Fleet::new().await;
    let way = DarkWay::to(fleet.url()).await.unwrap();
    way.swallow(&STATEMENTS);
    let runner = fleet.start_as(config(way.url()), queue(&way, 6), Toys::new());
    fleet.enqueue(&[quick(), quick()]).await;
    until_swallowed(&way).await;
    // What is to come later is let in by the leader alone.
    fleet.enqueue(&[later()]).await;
    let done = "select count(*) from queue.done where batch_key = 'toy:quick'";
    fleet.until(done, 3).await;
    runner.drain().await;
}

fn later() -> kiskadee_queue::testing::NewJob {
    kiskadee_queue::testing::NewJob {
        run_at: Some(time::OffsetDateTime::now_utc() + Duration::from_secs(1)),
        ..quick()
    }
}
