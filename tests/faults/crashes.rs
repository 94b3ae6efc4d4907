//! Processes that die.

use std::time::Duration;

use anyhow::Result;
use kiskadee_tests::{Client, Options, System, eventually, process};
use serde_json::Value;

/// Waits for the end of a batch and returns its last status.
pub(crate) async fn finished(client: &Client, batch_id: &str) -> Result<Value> {
    eventually("the batch to end", Duration::from_mins(4), || async {
        let status = client.batch_status(batch_id).await?;
        let over =
            !["queued", "processing"].contains(&status["status"].as_str().unwrap_or_default());
        Ok(over.then_some(status))
    })
    .await
}

/// Submits 100 sentences `times` over.
pub(crate) async fn submit_hundreds(client: &Client, times: usize) -> Result<Vec<String>> {
    let mut batches = Vec::new();
    for _ in 0..times {
        batches.push(client.submit_batch(100).await?);
    }
    Ok(batches)
}

/// Asserts that each of the batches ended well and that each job has exactly one accepted completion.
pub(crate) async fn assert_each_completed_once(system: &System, batches: &[String]) -> Result<()> {
    let client = system.client();
    for batch_id in batches {
        let status = finished(&client, batch_id).await?;
        assert_eq!(
            (&status["status"], &status["completed"]),
            (&"completed".into(), &100.into()),
            "{status}"
        );
    }
    let database = system.database().await?;
    let count: (i64, i64, i64) = sqlx::query_as(
        "select count(*), count(distinct job_id), count(distinct result ->> 'key') from queue.done
         where kind = 'speech' and outcome = 'completed'",
    )
    .fetch_one(&database)
    .await?;
    let expected = i64::try_from(batches.len() * 100)?;
    assert_eq!(count, (expected, expected, expected));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_killed_again_and_again_lose_and_double_nothing() -> Result<()> {
    let system = System::start(Options::default().workers(3).with("--lease-ttl", "3")).await?;
    let client = system.client();
    let batches = submit_hundreds(&client, 3).await?;
    for round in 0..12 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let workers = system.worker_pids()?;
        if let Some(victim) = workers.get(round % workers.len().max(1)) {
            // It may have ended by itself between the look and the kill.
            let _ = process::signal(*victim, "KILL");
        }
    }
    assert_each_completed_once(&system, &batches).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_system_goes_on_with_the_same_jobs() -> Result<()> {
    let system = System::start(Options::default()).await?;
    let batches = submit_hundreds(&system.client(), 2).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let system = system.crash_and_restart().await?;
    assert_each_completed_once(&system, &batches).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_clean_and_gives_back_what_was_not_done() -> Result<()> {
    let mut system = System::start(Options::default()).await?;
    let batches = submit_hundreds(&system.client(), 1).await?;
    assert_eq!(system.stop()?, Some(0));
    let system = system.crash_and_restart().await?;
    let database = system.database().await?;
    let failures: i64 = sqlx::query_scalar("select count(*) from queue.failure")
        .fetch_one(&database)
        .await?;
    assert_eq!(failures, 0, "a drain burns no attempt");
    assert_each_completed_once(&system, &batches).await
}
