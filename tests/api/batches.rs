//! From a batch of texts to a ZIP of audio that says them.

use std::io::{Cursor, Read};
use std::time::Duration;

use anyhow::{Context, Result};
use futures::future::try_join_all;
use kiskadee_tests::{Client, audio, eventually};
use reqwest::Method;
use serde_json::{Value, json};

use crate::shared_system::{admin, new_user};

const BATCH: &str = "/api/v1/advanced/batch-tts";

pub(crate) async fn finished(client: &Client, batch_id: &str) -> Result<Value> {
    eventually("the batch to end", Duration::from_mins(2), || async {
        let status = client.batch_status(batch_id).await?;
        let over =
            !["queued", "processing"].contains(&status["status"].as_str().unwrap_or_default());
        Ok(over.then_some(status))
    })
    .await
}

fn unzip(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        files.push((entry.name()?.into_owned(), content));
    }
    Ok(files)
}

#[tokio::test]
async fn a_batch_becomes_a_zip_of_speech_in_the_order_of_the_request() -> Result<()> {
    let texts = [
        "One.",
        "Two words, and then a good many more of them, so that it lasts.",
        "Three.",
    ];
    let body = json!({"texts": texts, "voice_id": "default", "language": "en"});
    let answer = admin().post(BATCH, &body).await?.expect(202)?.json()?;
    assert_eq!(answer["total_jobs"], 3);
    assert_eq!(answer["job_id"], answer["batch_id"]);
    let batch_id = answer["batch_id"].as_str().context("no batch_id")?;
    assert_eq!(answer["status_url"], format!("{BATCH}/{batch_id}/status"));

    let status = finished(&admin(), batch_id).await?;
    assert_eq!(status["status"], "completed");
    assert_eq!(
        (
            &status["completed"],
            &status["pending"],
            &status["progress"]
        ),
        (&json!(3), &json!(0), &json!(100))
    );
    assert_eq!(status["items"].as_array().map(Vec::len), Some(3));

    let download = admin().download_batch(batch_id).await?.expect(200)?;
    assert_eq!(download.header("content-type"), "application/zip");
    let files = unzip(&download.body)?;
    let mut seconds = Vec::new();
    for name in ["audio_001.wav", "audio_002.wav", "audio_003.wav"] {
        let (_, content) = files
            .iter()
            .find(|(file, _)| file == name)
            .with_context(|| format!("no {name}"))?;
        assert!(
            audio::loudness(&audio::decode(content, 16_000)?) > 0.01,
            "{name} is silent"
        );
        seconds.push(audio::probe(content)?.seconds);
    }
    assert!(
        seconds[1] > 2.0 * seconds[0],
        "the long text is the second: {seconds:?}"
    );
    assert!(
        !files.iter().any(|(name, _)| name == "errors.json"),
        "nothing failed"
    );
    Ok(())
}

#[tokio::test]
async fn a_download_can_be_asked_for_in_parts() -> Result<()> {
    let batch_id = admin().submit_batch(2).await?;
    finished(&admin(), &batch_id).await?;
    let path = format!("{BATCH}/{batch_id}/download");
    let whole = admin().get(&path).await?.expect(200)?;
    let part = admin()
        .send(
            admin()
                .request(Method::GET, &path)
                .header("range", "bytes=10-29"),
        )
        .await?
        .expect(206)?;
    assert_eq!(part.body, whole.body[10..30]);
    assert_eq!(
        part.header("content-range"),
        format!("bytes 10-29/{}", whole.body.len())
    );
    let beyond = admin()
        .request(Method::GET, &path)
        .header("range", "bytes=999999999-");
    admin().send(beyond).await?.expect(416)?;
    Ok(())
}

#[tokio::test]
async fn the_same_idempotency_key_is_the_same_batch() -> Result<()> {
    let key = uuid::Uuid::now_v7().to_string();
    let submit = |texts: Value| {
        let body = json!({"texts": texts, "voice_id": "default", "language": "en"});
        admin()
            .request(Method::POST, BATCH)
            .header("idempotency-key", &key)
            .json(&body)
    };
    let first = admin()
        .send(submit(json!(["a", "b"])))
        .await?
        .expect(202)?
        .json()?;
    let again = admin()
        .send(submit(json!(["a", "b"])))
        .await?
        .expect(202)?
        .json()?;
    assert_eq!(first["batch_id"], again["batch_id"]);
    admin()
        .send(submit(json!(["a", "other"])))
        .await?
        .problem(422)?;
    Ok(())
}

#[tokio::test]
async fn twins_at_the_same_time_are_one_batch() -> Result<()> {
    let (owner, _, _) = new_user().await?;
    let before = ledger(&owner).await?;
    assert_eq!(before, 0);
    for round in 0..3 {
        let key = uuid::Uuid::now_v7().to_string();
        let body = json!({"texts": ["a", "b"], "voice_id": "default", "language": "en"});
        let twins = (0..8).map(|_| {
            let request = owner
                .request(Method::POST, BATCH)
                .header("idempotency-key", &key)
                .json(&body);
            owner.send(request)
        });
        let answers = try_join_all(twins).await?;
        let first = answers[0].clone().expect(202)?.json()?;
        for answer in answers {
            assert_eq!(answer.expect(202)?.json()?, first);
        }
        assert_eq!(ledger(&owner).await?, 2 * (round + 1), "two jobs each time");
    }
    Ok(())
}

/// How many jobs the owner has in all.
async fn ledger(owner: &Client) -> Result<usize> {
    let page = owner
        .get("/api/v1/jobs?limit=100")
        .await?
        .expect(200)?
        .json()?;
    page["items"].as_array().map(Vec::len).context("no items")
}

#[tokio::test]
async fn a_twin_of_a_refused_request_is_refused_alike_and_the_key_stays_free() -> Result<()> {
    let key = uuid::Uuid::now_v7().to_string();
    let submit = |language: &str| {
        let body = json!({"texts": ["a"], "voice_id": "default", "language": language});
        let request = admin().request(Method::POST, BATCH);
        request.header("idempotency-key", &key).json(&body)
    };
    let twins = (0..8).map(|_| async { admin().send(submit("tlh")).await });
    for answer in try_join_all(twins).await? {
        answer.problem(422)?;
    }
    admin().send(submit("en")).await?.expect(202)?;
    Ok(())
}

#[tokio::test]
async fn another_users_batch_is_not_found_and_an_admin_sees_it() -> Result<()> {
    let (owner, _, _) = new_user().await?;
    let (stranger, _, _) = new_user().await?;
    let batch_id = owner.submit_batch(1).await?;
    for path in ["status", "download"] {
        stranger
            .get(&format!("{BATCH}/{batch_id}/{path}"))
            .await?
            .problem(404)?;
    }
    stranger
        .post(&format!("{BATCH}/{batch_id}/cancel"), &json!({}))
        .await?
        .problem(404)?;
    admin()
        .get(&format!("{BATCH}/{batch_id}/status"))
        .await?
        .expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_pending_batch_cannot_be_downloaded_and_can_be_cancelled() -> Result<()> {
    let long = "A long sentence that takes a while to say, again and again. ".repeat(80);
    let body = json!({"texts": vec![long; 100], "voice_id": "default", "language": "en"});
    let (owner, _, _) = new_user().await?;
    let batch_id = owner.post(BATCH, &body).await?.expect(202)?.json()?["batch_id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    owner.download_batch(&batch_id).await?.problem(409)?;
    owner
        .post(&format!("{BATCH}/{batch_id}/cancel"), &json!({}))
        .await?
        .expect(200)?;
    let status = finished(&owner, &batch_id).await?;
    assert_eq!(status["status"], "cancelled");
    assert_eq!(status["pending"], 0);
    Ok(())
}
