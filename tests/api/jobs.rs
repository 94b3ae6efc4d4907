//! Single speech as a job: state, events, audio, lists.

use anyhow::{Context, Result};
use kiskadee_tests::{Client, audio};
use serde_json::{Value, json};

use crate::shared_system::{admin, new_user};

pub(crate) async fn submit(client: &Client, body: Value) -> Result<String> {
    let answer = client
        .post("/api/v1/speech", &body)
        .await?
        .expect(202)?
        .json()?;
    Ok(answer["job_id"].as_str().context("no job_id")?.to_owned())
}

pub(crate) async fn finished(client: &Client, job_id: &str) -> Result<Value> {
    client.ended_job(job_id).await
}

#[tokio::test]
async fn a_text_becomes_audio() -> Result<()> {
    let job_id = submit(
        &admin(),
        json!({"text": "Hello, world.", "voice_id": "default", "language": "en"}),
    )
    .await?;
    let job = finished(&admin(), &job_id).await?;
    assert_eq!(
        (&job["status"], &job["progress"]),
        (&json!("completed"), &json!(100))
    );
    assert_eq!(job["result"]["engine"], "kiskadee");
    let answer = admin()
        .get(&format!("/api/v1/jobs/{job_id}/audio"))
        .await?
        .expect(200)?;
    assert_eq!(answer.header("content-type"), "audio/wav");
    let probe = audio::probe(&answer.body)?;
    let told = job["result"]["duration_seconds"]
        .as_f64()
        .context("no duration")?;
    assert!(
        (probe.seconds - told).abs() < 0.05,
        "{} s measured, {told} s told",
        probe.seconds
    );
    Ok(())
}

#[tokio::test]
async fn a_speed_of_two_halves_the_time() -> Result<()> {
    let text = "The quick brown fox jumps over the lazy dog, and then it rests for a while.";
    let mut seconds = Vec::new();
    for speed in [1.0, 2.0] {
        let body = json!({"text": text, "voice_id": "default", "language": "en", "speed": speed});
        let job_id = submit(&admin(), body).await?;
        let job = finished(&admin(), &job_id).await?;
        seconds.push(
            job["result"]["duration_seconds"]
                .as_f64()
                .context("no duration")?,
        );
    }
    let ratio = seconds[0] / seconds[1];
    assert!((1.6..2.4).contains(&ratio), "{seconds:?}");
    Ok(())
}

#[tokio::test]
async fn events_tell_the_states_to_the_end() -> Result<()> {
    let job_id = submit(
        &admin(),
        json!({"text": "Watch me.", "voice_id": "default", "language": "en"}),
    )
    .await?;
    let events = admin()
        .get(&format!("/api/v1/jobs/{job_id}/events"))
        .await?
        .expect(200)?;
    assert!(
        events
            .header("content-type")
            .starts_with("text/event-stream")
    );
    assert!(
        events.text().contains("event: state") && events.text().contains("completed"),
        "{}",
        events.text()
    );
    Ok(())
}

#[tokio::test]
async fn jobs_are_listed_newest_first_in_pages() -> Result<()> {
    let (client, _, _) = new_user().await?;
    let mut submitted = Vec::new();
    for index in 0..5 {
        let text = format!("Number {index}.");
        submitted.push(
            submit(
                &client,
                json!({"text": text, "voice_id": "default", "language": "en"}),
            )
            .await?,
        );
    }
    submitted.reverse();
    let (mut listed, mut path) = (Vec::new(), "/api/v1/jobs?limit=2".to_owned());
    loop {
        let page = client.get(&path).await?.expect(200)?.json()?;
        let items = page["items"].as_array().context("no items")?;
        listed.extend(
            items
                .iter()
                .filter_map(|job| job["job_id"].as_str().map(str::to_owned)),
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/api/v1/jobs?limit=2&cursor={cursor}");
    }
    assert_eq!(listed, submitted);
    Ok(())
}

#[tokio::test]
async fn another_users_job_is_not_found() -> Result<()> {
    let (owner, _, _) = new_user().await?;
    let (stranger, _, _) = new_user().await?;
    let job_id = submit(
        &owner,
        json!({"text": "Mine.", "voice_id": "default", "language": "en"}),
    )
    .await?;
    for path in ["", "/audio", "/events"] {
        stranger
            .get(&format!("/api/v1/jobs/{job_id}{path}"))
            .await?
            .problem(404)?;
    }
    stranger
        .post(&format!("/api/v1/jobs/{job_id}/cancel"), &json!({}))
        .await?
        .problem(404)?;
    Ok(())
}

#[tokio::test]
async fn voices_have_languages_and_models_are_engines() -> Result<()> {
    let voices = admin()
        .get("/api/v1/voices?limit=100")
        .await?
        .expect(200)?
        .json()?;
    let voice = &voices["items"][0];
    assert!(
        voice["languages"]
            .as_array()
            .is_some_and(|list| !list.is_empty()),
        "{voice}"
    );
    let id = voice["voice_id"]
        .as_str()
        .or(voice["id"].as_str())
        .context("no id")?;
    admin()
        .get(&format!("/api/v1/voices/{id}"))
        .await?
        .expect(200)?;
    let models = admin().get("/v1/models").await?.expect(200)?.json()?;
    assert_eq!(models["object"], "list");
    assert!(models.to_string().contains("espeak"));
    Ok(())
}
