//! A job waits where nobody runs its kind, and the product's worker leaves it alone.

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::system::ToySystem;

const TEXT: &str = "Nobody counts this yet.";

/// Returns the job that waits.
pub(crate) async fn while_speech_speaks(toy: &ToySystem) -> Result<String> {
    let waiting = toy.send(TEXT, 0).await?;
    let body = json!({"text": "I am spoken meanwhile.", "voice_id": "default", "language": "en"});
    let spoken = toy
        .client()
        .post("/api/v1/speech", &body)
        .await?
        .expect(202)?
        .json()?;
    let spoken = spoken["job_id"].as_str().context("no job_id")?;
    assert_eq!(toy.client().ended_job(spoken).await?["status"], "completed");

    let job = toy.client().job(&waiting).await?;
    assert_eq!(
        (&job["kind"], &job["status"]),
        (&json!("toy"), &json!("queued"))
    );
    assert_eq!(
        (&job["attempts"], &job["started_at"]),
        (&json!(0), &json!(null))
    );
    let text = toy.text(&waiting).await?;
    assert_eq!(text["chars"], TEXT.len());
    assert_eq!(
        (&text["outcome"], &text["words"]),
        (&json!(null), &json!(null))
    );
    Ok(waiting)
}

pub(crate) async fn until_a_worker_comes(toy: &ToySystem, waiting: &str) -> Result<()> {
    let job = toy.client().ended_job(waiting).await?;
    assert_eq!(
        (&job["status"], &job["attempts"]),
        (&json!("completed"), &json!(1))
    );
    assert_eq!(job["result"]["words"], 4);
    Ok(())
}
