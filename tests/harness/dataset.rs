//! Datasets of what a built-in voice says, and runs on them.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::process::repository;
use crate::wait::eventually;

impl Client {
    /// The end of a job that an answer names, which must be a good one.
    pub async fn completed(&self, answer: Answer) -> Result<Value> {
        let answer = answer.expect(202)?.json()?;
        let job = self.ended_job(answer["job_id"].as_str().context("no job_id")?);
        let job = job.await?;
        ensure!(job["status"] == "completed", "{job}");
        Ok(job)
    }

    /// The audio that a job of these words makes.
    pub async fn speak(&self, body: &Value) -> Result<Vec<u8>> {
        let job = self.completed(self.post("/api/v1/speech", body).await?);
        let job = job.await?;
        let job = job["job_id"].as_str().context("no job_id")?;
        let heard = self.get(&format!("/api/v1/jobs/{job}/audio")).await?;
        Ok(heard.expect(200)?.body)
    }

    /// A dataset of these sentences, spoken by `swift`, cut, and with its words.
    pub async fn new_dataset(&self, name: &str, sentences: &[String]) -> Result<()> {
        let body = json!({"name": name, "language": "en"});
        self.post("/training/datasets", &body).await?.expect(201)?;
        for text in sentences {
            let said = json!({"text": text, "voice_id": "swift", "language": "en"});
            let recording = self.speak(&said).await?;
            let fields = [("dataset", name), ("text", text.as_str())];
            let path = "/training/dataset/upload";
            let sent = self.post_file(path, &fields, "a.wav", recording).await?;
            self.completed(sent).await?;
        }
        for step in ["segment", "transcribe"] {
            let path = format!("/training/dataset/{step}");
            let sent = self.post(&path, &json!({"dataset": name})).await?;
            self.completed(sent).await?;
        }
        Ok(())
    }

    /// A run when it has ended, however it did.
    pub async fn ended_run(&self, run: &str, patience: Duration) -> Result<Value> {
        let path = format!("/training/status?run_id={run}");
        eventually("the end of the run", patience, || async {
            let run = self.get(&path).await?.expect(200)?.json()?;
            Ok((!run["finished_at"].is_null()).then_some(run))
        })
        .await
    }
}

/// The first of the sentences that are read aloud for a dataset.
pub fn prompts(count: usize) -> Result<Vec<String>> {
    let path = repository().join("shared/text/prompts/english.txt");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let sentences = text.lines().filter(|line| !line.trim().is_empty());
    Ok(sentences.take(count).map(str::to_owned).collect())
}
