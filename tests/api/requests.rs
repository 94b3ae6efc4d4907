//! Requests as clients of other makers send them: `cases/requests.jsonl`, one a line, each with what must come back.

use anyhow::{Context, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use kiskadee_tests::{Answer, audio};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::shared_system::admin;

const CASES: &str = include_str!("cases/requests.jsonl");

#[derive(Deserialize)]
struct Case {
    id: String,
    method: String,
    path: String,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    json: Option<Value>,
    body: Option<String>,
    body_base64: Option<String>,
    expect: Expected,
}

#[derive(Deserialize)]
struct Expected {
    status: Vec<u16>,
    content_type: Option<String>,
    #[serde(default)]
    json_has: Vec<String>,
}

impl Case {
    async fn answer(&self) -> Result<Answer> {
        // A case with credentials of its own brings no others.
        let has_own = self.headers.contains_key("Authorization");
        let client = if has_own {
            admin().anonymous()
        } else {
            admin()
        };
        let mut request = client.request(Method::from_bytes(self.method.as_bytes())?, &self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = match (&self.json, &self.body, &self.body_base64) {
            (Some(json), ..) => request.json(json),
            (_, Some(body), _) => request.body(body.clone()),
            (.., Some(body)) => request.body(BASE64.decode(body)?),
            _ => request,
        };
        client.send(request).await
    }

    async fn check(&self) -> Result<()> {
        let answer = self.answer().await?;
        let (status, content_type) = (answer.status.as_u16(), answer.header("content-type"));
        ensure!(
            self.expect.status.contains(&status),
            "{status}: {}",
            answer.text()
        );
        if let Some(expected) = &self.expect.content_type {
            let found = content_type.split(';').next().unwrap_or_default();
            ensure!(found == expected, "{content_type}");
        }
        for member in &self.expect.json_has {
            let pointer = format!("/{}", member.replace('.', "/"));
            let body = answer.json()?;
            ensure!(
                body.pointer(&pointer).is_some(),
                "no {member}: {}",
                answer.text()
            );
        }
        if content_type == "audio/flac" {
            check_flac(&answer.body)?;
        }
        Ok(())
    }
}

/// Readers of files take FLAC whose head tells its length.
fn check_flac(file: &[u8]) -> Result<()> {
    let last: [u8; 8] = file.get(18..26).context("no head")?.try_into()?;
    let told = u64::from_be_bytes(last) & 0xf_ffff_ffff;
    let rate = audio::probe(file)?.sample_rate;
    let samples = audio::decode(file, rate)?.len() as u64;
    ensure!(told == samples && told > 0, "told {told}, found {samples}");
    Ok(())
}

#[tokio::test]
async fn what_clients_of_other_makers_send_is_understood() -> Result<()> {
    let mut wrong = Vec::new();
    for line in CASES.lines() {
        let case: Case = serde_json::from_str(line).with_context(|| line.to_owned())?;
        if let Err(error) = case.check().await {
            wrong.push(format!("{}: {error:#}", case.id));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[tokio::test]
async fn an_error_tells_clients_of_openai_what_to_do() -> Result<()> {
    let body = json!({"model": "tts-1", "input": "Hello.", "voice": "nobody", "speed": 9});
    let answer = admin().post("/v1/audio/speech", &body).await?;
    let problem = answer.problem(422)?;
    let error = &problem["error"];
    let message = error["message"].as_str().context("no message")?;
    for part in [
        "there is no voice \"nobody\"",
        "GET /api/v1/voices",
        "`speed`: must be 0.25 to 4",
    ] {
        ensure!(message.contains(part), "{message}");
    }
    assert_eq!(
        (&error["type"], &error["code"]),
        (&json!("invalid_request_error"), &json!("validation"))
    );
    assert_eq!(error["param"], problem["errors"][0]["field"]);
    Ok(())
}
