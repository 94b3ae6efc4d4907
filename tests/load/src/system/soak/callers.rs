//! Honest callers: single jobs, batches with their archives, uploads. Each waits for what it was promised.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use kiskadee_tests::{Answer, Client, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::Soak;

/// A job may be taken back from dead workers several times.
const PATIENCE: Duration = Duration::from_mins(5);
const REST: Duration = Duration::from_millis(700);
const BATCH: usize = 20;
const UPLOAD_BYTES: usize = 9 << 20;
const PART: usize = 8 << 20;
const SENTENCES: [&str; 4] = [
    "The morning train leaves at seven, and the evening train at nine.",
    "Hello there.",
    "She counted three hundred and twelve steps to the top of the tower, and then she counted them again on the way down.",
    "Rain is expected in the north; the south stays dry until Thursday.",
];

/// Posts, and again for as long as the system asks to wait.
async fn post(soak: &Soak, client: &Client, path: &str, body: &Value) -> Result<Answer> {
    loop {
        let answer = client.post(path, body).await?;
        let asked_to_wait = [
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::SERVICE_UNAVAILABLE,
        ]
        .contains(&answer.status);
        if !asked_to_wait {
            return Ok(answer);
        }
        soak.tally.count("asked to wait");
        let wait = answer.header("retry-after").parse().unwrap_or(1);
        sleep(Duration::from_secs(wait)).await;
    }
}

/// One text after the other, in turns watched by asking and by its events.
pub(crate) async fn singles(soak: Arc<Soak>, client: Client) {
    for turn in 0usize.. {
        if soak.is_over() {
            return;
        }
        match single(&soak, &client, turn).await {
            Ok(()) => soak.tally.count("singles"),
            Err(error) => soak.tally.fault("a single job", error),
        }
        sleep(REST).await;
    }
}

async fn single(soak: &Soak, client: &Client, turn: usize) -> Result<()> {
    let text = SENTENCES[turn % SENTENCES.len()];
    let body = json!({"text": text, "voice_id": "default", "language": "en", "webhook_url": soak.receiver.url()});
    let accepted = post(soak, client, "/api/v1/speech", &body).await?;
    let accepted = accepted.expect(202)?.json()?;
    let job = accepted["job_id"].as_str().context("no job_id")?;
    soak.tally.owe_webhook(job);
    if turn.is_multiple_of(3) {
        followed(client, job).await?;
    }
    let ended = eventually("the job", PATIENCE, || async {
        sleep(REST).await;
        let job = client.job(job).await?;
        let is_over = !["queued", "running"].contains(&job["status"].as_str().unwrap_or_default());
        Ok(is_over.then_some(job))
    })
    .await?;
    ensure!(ended["status"] == "completed", "{ended}");
    let audio = client.get(&format!("/api/v1/jobs/{job}/audio")).await?;
    let audio = audio.expect(200)?.body;
    let told = ended["result"]["duration_seconds"]
        .as_f64()
        .unwrap_or_default();
    let least = told * 24_000.0;
    ensure!(
        audio.starts_with(b"RIFF") && audio.len() as f64 > least,
        "{} bytes of audio for {told} s",
        audio.len()
    );
    Ok(())
}

/// The stream of events ends with the end of the job, or tells that it does not.
async fn followed(client: &Client, job: &str) -> Result<()> {
    let path = format!("/api/v1/jobs/{job}/events");
    let events = client.get(&path).await?.expect(200)?.text();
    ensure!(
        events.contains("completed"),
        "the events end without the job's end: {events}"
    );
    Ok(())
}

/// Batches, each to its archive.
pub(crate) async fn batches(soak: Arc<Soak>, client: Client) {
    while !soak.is_over() {
        match batch(&soak, &client).await {
            Ok(()) => soak.tally.count("batches"),
            Err(error) => soak.tally.fault("a batch", error),
        }
        sleep(REST * 5).await;
    }
}

async fn batch(soak: &Soak, client: &Client) -> Result<()> {
    let texts: Vec<String> = (0..BATCH)
        .map(|index| format!("{index}: {}", SENTENCES[index % SENTENCES.len()]))
        .collect();
    let body = json!({"texts": texts, "voice_id": "default", "language": "en"});
    let accepted = post(soak, client, "/api/v1/advanced/batch-tts", &body).await?;
    let accepted = accepted.expect(202)?.json()?;
    let batch = accepted["batch_id"].as_str().context("no batch_id")?;
    let ended = eventually("the batch", PATIENCE, || async {
        sleep(REST).await;
        let status = client.batch_status(batch).await?;
        let is_over =
            !["queued", "processing"].contains(&status["status"].as_str().unwrap_or_default());
        Ok(is_over.then_some(status))
    })
    .await?;
    ensure!(ended["completed"] == BATCH, "{ended}");
    let archive = eventually("the archive", PATIENCE, || async {
        let answer = client.download_batch(batch).await?;
        Ok((answer.status == 200).then_some(answer))
    });
    let archive = archive.await?.body;
    let files = archive.windows(4).filter(|bytes| bytes == b"PK\x01\x02");
    ensure!(
        files.count() >= BATCH,
        "the archive lacks files ({} bytes)",
        archive.len()
    );
    Ok(())
}

/// Files in two parts, checked and thrown away.
pub(crate) async fn uploads(soak: Arc<Soak>, client: Client) {
    let content: Vec<u8> = (0..UPLOAD_BYTES).map(|byte| (byte % 251) as u8).collect();
    while !soak.is_over() {
        match upload(&soak, &client, &content).await {
            Ok(()) => soak.tally.count("uploads"),
            Err(error) => soak.tally.fault("an upload", error),
        }
        sleep(REST * 40).await;
    }
}

async fn upload(soak: &Soak, client: &Client, content: &[u8]) -> Result<()> {
    let body = json!({"family": "speech", "filename": "soak.wav", "bytes": content.len()});
    let begun = post(soak, client, "/api/v1/uploads", &body).await?;
    let begun = begun.expect(201)?.json()?;
    let path = begun["status_url"].as_str().context("no address")?;
    for (part, number) in content.chunks(PART).zip(1..) {
        let request = client.request(Method::PUT, &format!("{path}/parts/{number}"));
        client
            .send(request.body(part.to_vec()))
            .await?
            .expect(200)?;
    }
    let complete = format!("{path}/complete");
    client.post(&complete, &json!({})).await?.expect(202)?;
    let checked = eventually("the file", PATIENCE, || async {
        sleep(REST).await;
        let upload = client.get(path).await?.expect(200)?.json()?;
        Ok((upload["status"] != "checking").then_some(upload))
    })
    .await?;
    if checked["status"] != "ready" {
        bail!("{checked}");
    }
    client.delete(path).await?.expect(204)?;
    Ok(())
}
