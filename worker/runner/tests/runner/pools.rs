//! What is long must not hold up what is quick.

use std::{sync::Arc, time::Duration};

use kiskadee_queue::testing::NewJob;
use kiskadee_runner::RunnerConfig;
use tokio::time::sleep;

use crate::{
    fleet::{Fleet, config},
    toys::{Toys, long, quick},
};

const LONG_HELD: &str = "select count(*) from queue.lease where batch_key = 'toy:long'";
const QUICK_DONE: &str = "select count(*) from queue.done where batch_key = 'toy:quick'";
const LONG_DONE: &str = "select count(*) from queue.done where batch_key = 'toy:long'";

#[tokio::test]
async fn a_full_pool_of_long_jobs_leaves_the_others_their_slots() {
    let fleet = Fleet::new().await;
    let toys = Toys::new();
    let may_end = Arc::clone(&toys.may_end);
    let runner = fleet.start(toys);
    fleet.enqueue(&vec![long(); 6]).await;
    // One runs, and its fetcher holds another that waits for the slot.
    fleet.until(LONG_HELD, 2).await;
    fleet.enqueue(&vec![quick(); 9]).await;
    fleet.until(QUICK_DONE, 9).await;
    fleet.until(LONG_DONE, 0).await;
    may_end.add_permits(6);
    fleet.until(LONG_DONE, 6).await;
    runner.drain().await;
}

#[tokio::test]
async fn a_job_that_runs_alone_does_not_wait_for_a_long_one() {
    let fleet = Fleet::new().await;
    let toys = Toys::new();
    let may_end = Arc::clone(&toys.may_end);
    let runner = fleet.start(toys);
    fleet.enqueue(&[long()]).await;
    fleet.until(LONG_HELD, 1).await;
    fleet.enqueue(&[quick()]).await;
    fleet.until(QUICK_DONE, 1).await;
    fleet
        .execute("alter table queue.ready alter column isolate set default true")
        .await;
    fleet.enqueue(&[quick(), quick()]).await;
    fleet.until(QUICK_DONE, 3).await;
    may_end.add_permits(1);
    fleet.until(LONG_DONE, 1).await;
    runner.drain().await;
}

#[tokio::test]
async fn the_time_of_a_job_counts_from_its_beginning() {
    let fleet = Fleet::new().await;
    let toys = Toys::new();
    let may_end = Arc::clone(&toys.may_end);
    let runner = fleet.start(toys);
    fleet.enqueue(&[long()]).await;
    fleet.until(LONG_HELD, 1).await;
    // Claimed ahead, behind the one that has the slot. Its time is over before it begins, but for a grace of 5 s.
    let short = NewJob {
        timeout_s: Some(2),
        ..long()
    };
    fleet.enqueue(&[short]).await;
    fleet.until(LONG_HELD, 2).await;
    let status = "select count(*) from queue.job_states(array(select id from queue.job)) s where s.status = ";
    fleet.until(&format!("{status} 'running'"), 1).await;
    fleet.until(&format!("{status} 'queued'"), 1).await;
    sleep(Duration::from_secs(8)).await;
    may_end.add_permits(2);
    fleet.until(LONG_DONE, 2).await;
    fleet.until("select count(*) from queue.failure", 0).await;
    runner.drain().await;
}

#[tokio::test]
async fn a_running_job_tells_what_it_does() {
    let fleet = Fleet::new().await;
    let runner = fleet.start(Toys::new());
    fleet.enqueue(&[long()]).await;
    let told = "select count(*) from queue.lease
                where detail = '{\"stage\": \"waiting\", \"detail\": {\"for\": \"the test\"}}'";
    fleet.until(told, 1).await;
    runner.drain().await;
}

#[tokio::test]
async fn a_drain_gives_long_jobs_back() {
    let fleet = Fleet::new().await;
    let runner = fleet.start(Toys::new());
    fleet.enqueue(&vec![long(); 2]).await;
    fleet.until(LONG_HELD, 2).await;
    runner.drain().await;
    fleet.until(LONG_HELD, 0).await;
    fleet.until("select count(*) from queue.ready", 2).await;
}

#[tokio::test]
async fn what_waits_too_long_for_a_slot_ends_as_expired() {
    let fleet = Fleet::new().await;
    let toys = Toys::new();
    let may_end = Arc::clone(&toys.may_end);
    let runner = fleet.start(toys);
    fleet.enqueue(&[long()]).await;
    fleet.until(LONG_HELD, 1).await;
    let soon = NewJob {
        start_before: Some(time::OffsetDateTime::now_utc() + Duration::from_secs(2)),
        ..long()
    };
    fleet.enqueue(&[soon]).await;
    let expired =
        "select count(*) from queue.done where outcome = 'expired' and started_at is null";
    fleet.until(expired, 1).await;
    fleet.until(LONG_HELD, 1).await;
    may_end.add_permits(1);
    fleet.until(LONG_DONE, 2).await;
    runner.drain().await;
}

#[tokio::test]
async fn a_storage_without_room_is_told_and_nothing_is_claimed() {
    let fleet = Fleet::new().await;
    let full = RunnerConfig {
        storage_reserve: u64::MAX,
        ..config(fleet.url())
    };
    let told = "select count(*) from queue.worker where not storage_ok and (load #>> '{storage,free_bytes}')::bigint > 0
        and queue.storage_is_full()";
    let runner = fleet.start_as(full, fleet.queue.clone(), Toys::new());
    fleet.until(told, 1).await;
    fleet.enqueue(&[quick()]).await;
    // Another with room does it.
    let other = fleet.start(Toys::new());
    fleet.until(QUICK_DONE, 1).await;
    fleet
        .until("select queue.storage_is_full()::int::bigint", 0)
        .await;
    runner.drain().await;
    other.drain().await;
}
