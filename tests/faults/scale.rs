//! Several edges and workers on one database; a full queue.

use std::time::{Duration, Instant};

use anyhow::Result;
use kiskadee_tests::{Client, Options, System, eventually};
use serde_json::json;

use crate::crashes::{assert_each_completed_once, finished};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_edges_and_three_workers_share_one_database() -> Result<()> {
    let system = System::start(Options::default().workers(3)).await?;
    let (_processes, url) = system.start_edge().await?;
    let first = system.client();
    let second = Client::new(&url, system.credentials["api_key"].as_str());
    eventually("the second edge", Duration::from_mins(1), || async {
        Ok(matches!(second.get("/ready").await, Ok(answer) if answer.status == 200).then_some(()))
    })
    .await?;
    let batches = [
        first.submit_batch(100).await?,
        second.submit_batch(100).await?,
    ];
    // Each edge tells of what the other took in.
    finished(&second, &batches[0]).await?;
    finished(&first, &batches[1]).await?;
    assert_each_completed_once(&system, &batches).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_at_once() -> Result<()> {
    let system = System::start(Options::default().with("--queue-cap", "150")).await?;
    let client = system.client();
    let text = "A long sentence that keeps the worker busy for a good while. ".repeat(60);
    let body = json!({"texts": vec![text; 100], "voice_id": "default", "language": "en"});
    let refusal = eventually("a refusal", Duration::from_secs(30), || async {
        let start = Instant::now();
        let answer = client.post("/api/v1/advanced/batch-tts", &body).await?;
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "a refusal is not a time-out"
        );
        Ok((answer.status != 202).then_some(answer))
    })
    .await?;
    assert!(
        [429, 503].contains(&refusal.status.as_u16()),
        "{}",
        refusal.text()
    );
    assert!(
        !refusal.header("retry-after").is_empty(),
        "{:?}",
        refusal.headers
    );
    let status = refusal.status.as_u16();
    refusal.problem(status)?;
    Ok(())
}
