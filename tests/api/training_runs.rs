//! From recordings to a voice over HTTP: a dataset, a run that is watched, its checkpoints, a voice, speech with it, and a comparison.

use std::time::Duration;

use anyhow::{Context, Result};
use kiskadee_tests::{Client, audio};
use serde_json::json;

use crate::jobs::finished;
use crate::shared_system::{new_user, system};
use crate::training_events::told_once_over_cuts;

const PATIENCE: Duration = Duration::from_mins(4);
const SENTENCES: [&str; 20] = [
    "The old lighthouse keeper climbed the narrow stairs every evening before the storm came in.",
    "We packed our lunch, filled two bottles with water, and walked along the river until noon.",
    "Nobody in the village could remember a summer as dry and as quiet as this one had been.",
    "She opened the window, listened to the rain for a while, and then went back to her book.",
    "The baker sells seven kinds of bread, but the dark one with walnuts is gone before nine.",
    "If you follow this path through the forest, you will reach the bridge in half an hour.",
    "My grandfather kept his tools in a wooden box, and each of them had its own place there.",
    "The train to the coast was late again, so we drank coffee and watched the pigeons outside.",
    "A small brown bird built its nest above the door, and we used the other one all spring.",
    "He wrote three long letters to his sister, but he never found the courage to send them.",
    "On Monday morning the children found a turtle beside the pond and gave it a funny name.",
    "The museum shows ancient maps, silver coins, and a boat that was carved from a single tree.",
    "Please put the blue cups on the upper shelf, where the young dog cannot reach them easily.",
    "After the concert the musicians sat together in the garden and talked about their journeys.",
    "They measured the width of the valley twice, because the first result seemed far too large.",
    "The teacher asked a simple question, and for a moment the whole classroom became silent.",
    "Fresh snow covered the roofs and the fields, and even the busy road looked peaceful and white.",
    "Her brother repairs bicycles in a workshop that smells of rubber, oil, and strong green tea.",
    "We could hear the ocean long before we saw it, somewhere behind the hills and the tall grass.",
    "The judge read the paper slowly, took off her glasses, and thanked everybody for their patience.",
];

/// A dataset of what a built-in voice says.
async fn dataset(client: &Client) -> Result<()> {
    client
        .new_dataset("mine", &SENTENCES.map(str::to_owned))
        .await
}

#[tokio::test]
async fn recordings_become_a_voice_that_speaks() -> Result<()> {
    let (client, ..) = new_user().await?;
    dataset(&client).await?;
    let body = json!({"model_name": "Swift again", "dataset_folder": "datasets/mine", "steps": 30, "checkpoint_seconds": 2,
        "sample_texts": ["Good morning."]});
    let mut dry = body.clone();
    dry["dry_run"] = json!(true);
    let start = "/training/start";
    let estimate = client.post(start, &dry).await?.expect(200)?.json()?;
    assert_eq!(estimate["estimate"]["steps"], 30, "{estimate}");
    let begun = client.post(start, &body).await?.expect(202)?.json()?;
    let run = begun["run_id"].as_str().context("no run_id")?;
    let refused = client.post(start, &body).await?.problem(409)?;
    assert!(
        refused["detail"].as_str().unwrap().contains(run),
        "{refused}"
    );

    tokio::try_join!(watched(&client, run), told_once_over_cuts(&client, run))?;

    let over = client.ended_run(run, PATIENCE).await?;
    assert_eq!(
        (&over["state"], &over["step"]),
        (&json!("completed"), &json!(30)),
        "{over}"
    );
    let sample = over["samples"][0]["audio_url"]
        .as_str()
        .context("no sample")?;
    let heard = client.get(sample).await?.expect(200)?;
    assert!(audio::loudness(&audio::decode(&heard.body, 16_000)?) > 0.01);
    told(&client, run).await?;

    let path = format!("/training/checkpoints?run_id={run}");
    let listed = client.get(&path).await?.expect(200)?.json()?;
    let checkpoint = listed["items"][0]["checkpoint_id"]
        .as_str()
        .context("no checkpoint")?;
    let voice = loaded(&client, checkpoint).await?;
    let said = json!({"text": "Here I am.", "voice_id": format!("{voice}@1"), "language": "en"});
    assert!(audio::loudness(&audio::decode(&client.speak(&said).await?, 16_000)?) > 0.01);
    compared(&client, checkpoint).await?;

    let kept = client
        .delete("/training/datasets/mine")
        .await?
        .problem(409)?;
    assert_eq!(kept["status"], 409);
    let path = "/training/datasets/mine?cascade=true";
    client.delete(path).await?.expect(204)?;
    let gone = client.get(&format!("/api/v1/voices/{voice}")).await?;
    gone.problem(404)?;
    let gone = client.get(&format!("/training/runs/{run}")).await?;
    gone.problem(404)?;
    Ok(())
}

/// Those who watch ask the database together. Were that refused, each would ask alone, and nobody would notice.
async fn watched(client: &Client, run: &str) -> Result<()> {
    let path = format!("/training/logs?run_id={run}");
    let request = client.request(reqwest::Method::GET, &path);
    let stream = client.send(request.header("accept", "text/event-stream"));
    let _ = tokio::time::timeout(Duration::from_secs(4), stream).await;
    let log = std::fs::read_to_string(&system().edge_log)?;
    let refused = log.lines().find(|line| line.contains("QueryFailed"));
    assert_eq!(refused, None);
    Ok(())
}

/// What the run said, by the page and as a stream.
async fn told(client: &Client, run: &str) -> Result<()> {
    let path = format!("/training/logs?run_id={run}");
    let page = client.get(&path).await?.expect(200)?.json()?;
    assert_eq!(page["end"], true, "{page}");
    assert!(!page["items"].as_array().unwrap().is_empty(), "{page}");
    let request = client.request(reqwest::Method::GET, &path);
    let request = request.header("accept", "text/event-stream");
    let events = client.send(request).await?.expect(200)?.text();
    for name in ["log", "progress", "sample", "checkpoint", "state", "end"] {
        assert!(
            events.contains(&format!("event: {name}\n")),
            "no {name}: {events}"
        );
    }
    let last = events.lines().rfind(|line| line.starts_with("id: "));
    let last = last
        .and_then(|line| line.strip_prefix("id: "))
        .context("no id")?;
    let request = client.request(reqwest::Method::GET, &path);
    let request = request.header("accept", "text/event-stream");
    client
        .send(request.header("last-event-id", last))
        .await?
        .expect(204)?;
    Ok(())
}

async fn loaded(client: &Client, checkpoint: &str) -> Result<String> {
    let body = json!({"checkpoint_id": checkpoint, "name": "Mine"});
    let path = "/training/checkpoints/load";
    let job = client.completed(client.post(path, &body).await?).await?;
    assert_eq!(
        (&job["result"]["version"], &job["result"]["current"]),
        (&json!(1), &json!(true)),
        "{job}"
    );
    let voice = job["result"]["voice_id"].as_str().context("no voice_id")?;
    let body = json!({"checkpoint_id": checkpoint, "voice_id": voice});
    let job = client.completed(client.post(path, &body).await?).await?;
    assert_eq!(
        (
            &job["result"]["version"],
            &job["result"]["previous_version"]
        ),
        (&json!(2), &json!(1)),
        "{job}"
    );
    let path = format!("/training/voices/{voice}/rollback");
    let back = client
        .post(&path, &json!({"version": 1}))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(back["previous_version"], 2, "{back}");
    client
        .post(&path, &json!({"version": 7}))
        .await?
        .problem(422)?;
    Ok(voice.to_owned())
}

async fn compared(client: &Client, checkpoint: &str) -> Result<()> {
    let body = json!({"a": "base", "b": checkpoint, "texts": ["The boat is late today."]});
    let path = "/training/inference/ab-test";
    let begun = client.post(path, &body).await?.expect(202)?.json()?;
    finished(client, begun["job_id"].as_str().context("no job_id")?).await?;
    let path = begun["status_url"].as_str().context("no status_url")?;
    let blind = client.get(path).await?.expect(200)?.json()?;
    let pair = &blind["pairs"][0];
    assert!(
        pair["a"].is_null() && pair["x"]["measures"].is_null(),
        "{pair}"
    );
    let x = pair["x"]["audio_url"].as_str().context("no x")?;
    assert!(
        audio::loudness(&audio::decode(
            &client.get(x).await?.expect(200)?.body,
            16_000
        )?) > 0.01
    );
    let vote = json!({"pair": 0, "choice": "x"});
    let votes = format!("{path}/preferences");
    let seen = client.post(&votes, &vote).await?.expect(200)?.json()?;
    let pair = &seen["pairs"][0];
    assert!(pair["between"]["mcd_db"].as_f64().unwrap() > 0.5, "{pair}");
    assert!(
        ["a", "b"].contains(&pair["choice"].as_str().unwrap()),
        "{pair}"
    );
    assert_eq!(seen["verdict"]["significant"], false, "{seen}");
    client.post(&votes, &vote).await?.problem(409)?;
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_trained_is_refused_in_words() -> Result<()> {
    let (client, ..) = new_user().await?;
    let start = "/training/start";
    let body = json!({"model_name": "m", "dataset": "nothing"});
    client.post(start, &body).await?.problem(404)?;
    let body = json!({"name": "empty", "language": "en"});
    client
        .post("/training/datasets", &body)
        .await?
        .expect(201)?;
    let body = json!({"model_name": "m", "dataset": "empty"});
    let refused = client.post(start, &body).await?.problem(422)?;
    assert!(refused["errors"][0]["message"].is_string(), "{refused}");
    let body =
        json!({"model_name": "m", "dataset": "empty", "engine": "xtts", "steps": 0, "more": 1});
    let refused = client.post(start, &body).await?.problem(422)?;
    let fields: Vec<&str> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|error| error["field"].as_str())
        .collect();
    assert_eq!(fields, ["steps", "more", "engine"], "{refused}");
    client.get("/training/status").await?.problem(404)?;
    client
        .post("/training/stop", &json!({}))
        .await?
        .problem(409)?;
    Ok(())
}
