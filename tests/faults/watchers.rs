//! Several who watch jobs that wait for long, in one instance of the edge.

use std::time::Duration;

use anyhow::{Context, Result};
use futures::future::try_join_all;
use kiskadee_tests::{Client, Options, System};
use serde_json::json;
use sqlx::PgPool;

/// Long enough for streams to ask together whether anything has changed, more than once.
const WAIT: Duration = Duration::from_secs(8);
const WATCHERS: usize = 4;

async fn pause(database: &PgPool, paused: bool) -> Result<()> {
    sqlx::query("select queue.set_paused(l.batch_key, $1, 'a test') from queue.lane l")
        .bind(paused)
        .execute(database)
        .await?;
    Ok(())
}

async fn submit(client: &Client) -> Result<String> {
    let body = json!({"text": "It waits.", "voice_id": "default", "language": "en"});
    let accepted = client.post("/api/v1/speech", &body).await?;
    let accepted = accepted.expect(202)?.json()?;
    Ok(accepted["job_id"].as_str().context("no job_id")?.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_wait_long_are_told_the_end() -> Result<()> {
    let system = System::start(Options::default()).await?;
    let (client, database) = (system.client(), system.database().await?);
    pause(&database, true).await?;
    let mut watching = Vec::new();
    for _ in 0..WATCHERS {
        let path = format!("/api/v1/jobs/{}/events", submit(&client).await?);
        let client = client.clone();
        watching.push(tokio::spawn(async move { client.get(&path).await }));
    }
    tokio::time::sleep(WAIT).await;
    pause(&database, false).await?;
    for events in try_join_all(watching).await? {
        let events = events?.expect(200)?.text();
        assert!(events.contains("\"status\":\"completed\""), "{events}");
    }
    Ok(())
}
