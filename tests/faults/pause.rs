//! A worker that stands still past its lease, and then goes on as if nothing had been.

use std::time::Duration;

use anyhow::Result;
use kiskadee_tests::{Options, System, eventually, process};
use serde_json::json;

use crate::crashes::finished;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_late_completion_of_a_paused_worker_is_refused() -> Result<()> {
    let system = System::start(Options::default().workers(1).with("--lease-ttl", "3")).await?;
    let client = system.client();
    let database = system.database().await?;
    let text =
        "A text that takes its time to say, so that the worker can be caught in the middle of it. "
            .repeat(50);
    let body = json!({"texts": [text], "voice_id": "default", "language": "en"});
    let batch = client
        .post("/api/v1/advanced/batch-tts", &body)
        .await?
        .expect(202)?
        .json()?;

    let first: i64 = eventually("a lease", Duration::from_secs(20), || async {
        Ok(sqlx::query_scalar("select token from queue.lease limit 1")
            .fetch_optional(&database)
            .await?)
    })
    .await?;
    let paused = system.worker_pids()?[0];
    process::signal(paused, "STOP")?;
    // With its only worker stopped nobody leads, so another is needed to take the job over.
    let _second = system.start_worker()?;
    let batch_id = batch["batch_id"].as_str().unwrap_or_default();
    let status = finished(&client, batch_id).await?;
    assert_eq!(status["status"], "completed", "{status}");
    process::signal(paused, "CONT")?;
    tokio::time::sleep(Duration::from_secs(4)).await;

    let accepted: Vec<i64> =
        sqlx::query_scalar("select token from queue.done where kind = 'speech'")
            .fetch_all(&database)
            .await?;
    assert_eq!(accepted.len(), 1, "one accepted completion");
    assert!(accepted[0] > first, "the accepted token is the later one");
    let after = client.batch_status(batch_id).await?;
    assert_eq!(after["completed"], 1, "{after}");
    Ok(())
}
