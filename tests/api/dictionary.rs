//! Dictionaries as people send them, and how their words are then said.

use anyhow::{Context, Result};
use kiskadee_tests::Client;
use serde_json::{Value, json};

use crate::jobs::{finished, submit};
use crate::shared_system::new_user;

const CASES: &str = include_str!("../cases/dictionary.jsonl");

/// The audio of a text, which is the same each time.
async fn said(client: &Client, text: &str, language: &str) -> Result<Vec<u8>> {
    let body = json!({"text": text, "voice_id": "default", "language": language, "tts_engine": "kiskadee"});
    let job_id = submit(client, body).await?;
    let job = finished(client, &job_id).await?;
    assert_eq!(job["status"], "completed", "{job}");
    let audio = client.get(&format!("/api/v1/jobs/{job_id}/audio")).await?;
    Ok(audio.expect(200)?.body)
}

async fn put(client: &Client, case: &Value) -> Result<()> {
    let path = case["path"].as_str().context("no path")?;
    let request = match &case["json"] {
        Value::Null => {
            let body = case["body"].as_str().context("no body")?.to_owned();
            let request = client.request(reqwest::Method::POST, path).body(body);
            let headers = case["headers"].as_object().into_iter().flatten();
            headers.fold(request, |request, (name, value)| {
                request.header(name, value.as_str().unwrap_or_default())
            })
        }
        json => client.request(reqwest::Method::POST, path).json(json),
    };
    let answer = client.send(request).await?;
    let statuses = case["expect"]["status"].as_array().context("no status")?;
    assert!(
        statuses.contains(&json!(answer.status.as_u16())),
        "{case}: {}",
        answer.text()
    );
    Ok(())
}

#[tokio::test]
async fn dictionaries_are_taken_and_their_words_said_with_their_endings() -> Result<()> {
    let (user, ..) = new_user().await?;
    for case in CASES.lines() {
        put(&user, &serde_json::from_str(case)?).await?;
    }
    for (text, alike, language) in [
        ("I saw Nguyen's house.", "I saw win's house.", "en"),
        ("I saw the NGUYENS.", "I saw the wins.", "en"),
        ("Comi Gnocchi.", "Comi nhoque.", "pt-BR"),
        ("Comi dois gnocchis.", "Comi dois nhoques.", "pt-BR"),
    ] {
        assert!(
            said(&user, text, language).await? == said(&user, alike, language).await?,
            "«{text}» does not sound like «{alike}»"
        );
    }
    Ok(())
}

#[tokio::test]
async fn words_of_letters_beyond_ascii_are_found_in_any_case() -> Result<()> {
    let (user, ..) = new_user().await?;
    let entries = json!({"language": "pt-BR", "entries": [{"word": "Ânia", "alias": "casa"}]});
    user.post("/api/v1/pronunciations", &entries)
        .await?
        .expect(200)?;
    let casa = said(&user, "A casa.", "pt-BR").await?;
    for text in ["A Ânia.", "A ânia.", "A ÂNIA."] {
        assert!(said(&user, text, "pt-BR").await? == casa, "{text}");
    }
    Ok(())
}
