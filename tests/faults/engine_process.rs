//! What tests of engines in supervised processes have in common: jobs that are waited for, and the death of a process at work.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kiskadee_tests::{Client, System, eventually, process};
use serde_json::{Value, json};

use crate::crashes::finished;

/// The answer to a request that is accepted.
pub(crate) async fn post(client: &Client, path: &str, body: &Value) -> Result<Value> {
    client.post(path, body).await?.expect(202)?.json()
}

/// The job that was accepted, when it has completed.
pub(crate) async fn completed(client: &Client, answer: &Value) -> Result<Value> {
    let job_id = answer["job_id"].as_str().context("no job_id")?;
    let job = eventually("the job to end", Duration::from_mins(2), || async {
        let job = client.get(&format!("/api/v1/jobs/{job_id}")).await?;
        let job = job.expect(200)?.json()?;
        let over = ["completed", "failed", "cancelled"]
            .contains(&job["status"].as_str().unwrap_or_default());
        Ok(over.then_some(job))
    });
    let job = job.await?;
    ensure!(job["status"] == "completed", "{job}");
    Ok(job)
}

/// An engine is announced a moment after the worker has registered.
pub(crate) async fn wait_for_engine(client: &Client, engine: &str) -> Result<()> {
    eventually("the engine", Duration::from_mins(1), || async {
        let models = client.get("/v1/models").await?.expect(200)?.json()?;
        let models = models["data"].as_array().into_iter().flatten();
        let mut named = models.filter(|model| model["id"] == engine);
        Ok(named.next().map(|_| ()))
    })
    .await
}

/// The processes that run this command, which are children of the workers.
pub(crate) fn processes(system: &System, command: &str) -> Result<Vec<u32>> {
    let mut processes = Vec::new();
    for worker in system.worker_pids()? {
        processes.extend(process::children(worker, command)?);
    }
    Ok(processes)
}

/// Kills the engine's process while it speaks a batch, of which nothing may be lost; gives the process that was killed.
pub(crate) async fn kill_at_work(system: &System, engine: &str, command: &str) -> Result<u32> {
    let client = system.client();
    let texts: Vec<String> = (1..=20)
        .map(|number| format!("This is text {number}."))
        .collect();
    let body =
        json!({"texts": texts, "voice_id": "default", "language": "en", "tts_engine": engine});
    let batch = post(&client, "/api/v1/advanced/batch-tts", &body).await?;
    let batch = batch["batch_id"].as_str().context("no batch_id")?;
    eventually("the batch to begin", Duration::from_mins(1), || async {
        let status = client.batch_status(batch).await?;
        Ok((status["status"] != "queued").then_some(()))
    })
    .await?;
    let before = processes(system, command)?;
    ensure!(before.len() == 1, "{before:?} are no single process");
    process::signal(before[0], "KILL")?;
    let status = finished(&client, batch).await?;
    assert_eq!(
        (&status["status"], &status["completed"]),
        (&json!("completed"), &json!(20)),
        "{status}"
    );
    Ok(before[0])
}

/// That another process has taken the place of the one that was killed, and that the restart is counted.
pub(crate) async fn check_restart(
    system: &System,
    engine: &str,
    command: &str,
    killed: u32,
) -> Result<()> {
    let after = processes(system, command)?;
    assert!(after.len() == 1 && after != [killed], "{after:?}");
    assert_eq!(system.worker_pids()?.len(), 1);
    let client = system.client();
    eventually("the count of restarts", Duration::from_secs(30), || async {
        let metrics = client.get("/metrics").await?.expect(200)?.text();
        let count = format!("tts_engine_restarts_total{{engine=\"{engine}\"}} 1");
        Ok(metrics.contains(&count).then_some(()))
    })
    .await
}
