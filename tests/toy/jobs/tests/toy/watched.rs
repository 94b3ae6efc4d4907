//! A job that takes long enough to be watched, and to be cancelled.

use std::time::Duration;

use anyhow::{Context as _, Result};
use kiskadee_tests::eventually;
use serde_json::{Value, json};

use crate::system::ToySystem;

/// Longer than the heartbeats of the toy's worker are apart, by which a job tells of itself.
const WATCHED_S: u32 = 8;
/// As long as the edge takes: whoever ends sooner was cancelled.
const CANCELLED_S: u32 = 60;

pub(crate) async fn to_the_end(toy: &ToySystem) -> Result<()> {
    let job_id = toy.send("one two three four", WATCHED_S).await?;
    let events = toy
        .client()
        .get(&format!("/api/v1/jobs/{job_id}/events"))
        .await?
        .expect(200)?;
    let events = told(&events.text());
    let counting = events.iter().find(|(_, said)| said["stage"] == "counting");
    let (_, counting) = counting.with_context(|| format!("no stage in {events:?}"))?;
    assert_eq!(counting["detail"]["of"], 4, "{counting}");
    let counted = counting["detail"]["counted"].as_u64();
    let ran = counted.is_some_and(|counted| counted < 4);
    assert!(ran, "told while it ran: {counting}");
    let (name, last) = events.last().unwrap();
    assert_eq!(
        (name.as_str(), &last["status"]),
        ("state", &json!("completed"))
    );
    assert_eq!(last["result"]["words"], 4);
    Ok(())
}

/// The names of events with what they say.
fn told(events: &str) -> Vec<(String, Value)> {
    let field = |event: &str, name: &str| {
        let mut lines = event.lines();
        lines.find_map(|line| line.strip_prefix(name).map(str::to_owned))
    };
    let told = events.split("\n\n").filter_map(|event| {
        let data = field(event, "data: ")?;
        Some((field(event, "event: ")?, data.parse().unwrap()))
    });
    told.collect()
}

pub(crate) async fn and_cancelled(toy: &ToySystem) -> Result<()> {
    let job_id = toy.send("one two three four five six", CANCELLED_S).await?;
    eventually("the job to count", Duration::from_secs(30), || async {
        let job = toy.client().job(&job_id).await?;
        let counts = job["status"] == "running" && job["stage"] == "counting";
        Ok(counts.then_some(()))
    })
    .await?;
    let cancel = format!("/api/v1/jobs/{job_id}/cancel");
    toy.client().post(&cancel, &json!({})).await?.expect(200)?;
    let job = toy.client().ended_job(&job_id).await?;
    assert_eq!(job["status"], "cancelled", "{job}");
    assert!(job["result"].is_null(), "{job}");
    let text = toy.text(&job_id).await?;
    assert_eq!(
        (&text["outcome"], &text["words"]),
        (&json!("cancelled"), &json!(null))
    );
    Ok(())
}
