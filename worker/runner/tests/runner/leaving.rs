//! How a runner leaves: by itself when there is nothing to do, in the time that a notice leaves, and without spending an attempt.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kiskadee_runner::{Departure, RunnerConfig};
use tokio::time::{sleep, timeout};

use crate::{
    fleet::{Fleet, config},
    toys::{Toys, deaf, long, quick, slow, slow_and_broken},
};

const WORKERS: &str = "select count(*) from queue.worker";
const LONG_HELD: &str = "select count(*) from queue.lease where batch_key = 'toy:long'";
const HELD: &str = "select count(*) from queue.lease";
const READY: &str = "select count(*) from queue.ready";
const DONE: &str = "select count(*) from queue.done";
const FAILURES: &str = "select count(*) from queue.failure";

#[tokio::test]
async fn it_tells_its_pool_and_what_it_claims_from() {
    let fleet = Fleet::new().await;
    let of_pool = RunnerConfig {
        pool: "gpu".to_owned(),
        ..config(fleet.url())
    };
    let runner = fleet.start_as(of_pool, fleet.queue.clone(), Toys::new());
    let told =
        "select count(*) from queue.worker where pool = 'gpu' and lanes = '{toy:quick,toy:long}'";
    fleet.until(told, 1).await;
    runner.drain().await;
    let remembered = "select count(*) from queue.pool_lane where pool = 'gpu'";
    fleet.until(remembered, 2).await;
}

#[tokio::test]
async fn who_has_nothing_to_do_leaves_but_not_while_it_holds_anything() {
    let fleet = Fleet::new().await;
    let leaving = RunnerConfig {
        idle_exit: Some(Duration::from_secs(1)),
        ..config(fleet.url())
    };
    let toys = Toys::new();
    let may_end = Arc::clone(&toys.may_end);
    fleet.enqueue(&[long()]).await;
    let runner = fleet.start_as(leaving, fleet.queue.clone(), toys);
    fleet.until(LONG_HELD, 1).await;
    sleep(Duration::from_secs(3)).await;
    fleet.until(LONG_HELD, 1).await;
    fleet.until(WORKERS, 1).await;
    may_end.add_permits(1);
    let left = timeout(Duration::from_secs(10), runner.left());
    left.await.unwrap();
    fleet.until(DONE, 1).await;
    fleet.until(WORKERS, 0).await;
}

#[tokio::test]
async fn what_does_not_stop_is_given_back_without_an_attempt() {
    let fleet = Fleet::new().await;
    let runner = fleet.start(Toys::new());
    fleet.enqueue(&vec![deaf(); 3]).await;
    fleet.until(HELD, 3).await;
    let begun = Instant::now();
    runner.drain().await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    fleet.until(READY, 3).await;
    fleet.until(FAILURES, 0).await;
    fleet.until(WORKERS, 0).await;
}

#[tokio::test]
async fn what_breaks_while_it_leaves_is_not_counted() {
    let fleet = Fleet::new().await;
    let runner = fleet.start(Toys::new());
    fleet.enqueue(&vec![slow_and_broken(); 2]).await;
    fleet.until(HELD, 2).await;
    runner.drain().await;
    fleet.until(READY, 2).await;
    fleet.until(FAILURES, 0).await;
}

#[tokio::test]
async fn at_a_notice_what_cannot_end_is_given_back_at_once_and_the_rest_may_end() {
    let fleet = Fleet::new().await;
    let departure = Departure::default();
    let patient = RunnerConfig {
        drain: Duration::from_hours(1),
        departure: departure.clone(),
        ..config(fleet.url())
    };
    let runner = fleet.start_as(patient, fleet.queue.clone(), Toys::new());
    fleet.enqueue(&vec![long(); 2]).await;
    fleet.until(LONG_HELD, 2).await;
    fleet.enqueue(&[slow(), quick()]).await;
    fleet.until(HELD, 3).await;
    let begun = Instant::now();
    departure.announce(begun + Duration::from_secs(5));
    runner.stop();
    fleet.until(READY, 2).await;
    let given_back = begun.elapsed();
    assert!(given_back < Duration::from_secs(2), "{given_back:?}");
    runner.left().await;
    let left = begun.elapsed();
    assert!(left < Duration::from_secs(5), "{left:?}");
    fleet.until(DONE, 2).await;
    fleet.until(FAILURES, 0).await;
    fleet.until(WORKERS, 0).await;
}

#[tokio::test]
async fn a_notice_in_a_drain_shortens_it() {
    let fleet = Fleet::new().await;
    let departure = Departure::default();
    let patient = RunnerConfig {
        drain: Duration::from_hours(1),
        departure: departure.clone(),
        ..config(fleet.url())
    };
    let runner = fleet.start_as(patient, fleet.queue.clone(), Toys::new());
    fleet.enqueue(&[long()]).await;
    fleet.until(LONG_HELD, 1).await;
    runner.stop();
    sleep(Duration::from_secs(1)).await;
    fleet.until(LONG_HELD, 1).await;
    departure.announce(Instant::now() + Duration::from_secs(5));
    fleet.until(READY, 1).await;
    timeout(Duration::from_secs(5), runner.left())
        .await
        .unwrap();
    fleet.until(FAILURES, 0).await;
}
