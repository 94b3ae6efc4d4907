//! Whether a release works: of one edge, what a user needs first; of the fleet, from a new user to audio.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Response};
use serde_json::Value;

use super::file::DeployFile;
use super::{hosts, probe};
use crate::random;

/// A download is a second or two.
const DOWNLOAD: Duration = Duration::from_secs(30);

/// A user of its own, who is deleted with all that was made.
struct User {
    name: String,
    key: String,
}

/// An edge alone: it knows the user, and takes work.
pub(super) async fn of_one(file: &DeployFile, url: &str) -> Result<()> {
    let user = User::make(file).await?;
    let outcome = takes_work(file, url, &user).await;
    let gone = user.delete(file).await;
    outcome.with_context(|| format!("the smoke test of {url}"))?;
    gone
}

/// The whole: work is done, and can be fetched.
pub(super) async fn of_all(file: &DeployFile) -> Result<()> {
    let Some(url) = url(file) else {
        return Ok(());
    };
    let user = User::make(file).await?;
    let outcome = does_work(file, url, &user).await;
    let gone = user.delete(file).await;
    outcome.context("the smoke test of the fleet")?;
    gone?;
    for command in &file.smoke.commands {
        let words = hosts::filled(file, command, &[("url", url)]);
        hosts::output(file, None, &words).await?;
    }
    Ok(())
}

/// Of the fleet.
fn url(file: &DeployFile) -> Option<&str> {
    let first = || file.edges.first()?.slots[0].url.as_deref();
    file.smoke.url.as_deref().or_else(first)
}

async fn takes_work(file: &DeployFile, url: &str, user: &User) -> Result<String> {
    let url = probe::trimmed(url);
    let client = probe::client()?;
    let me = client.get(format!("{url}/auth/me"));
    answer(
        me.header("X-API-Key", &user.key).send().await,
        "GET /auth/me",
    )
    .await?;
    let batch = client
        .post(format!("{url}/api/v1/advanced/batch-tts"))
        .header("X-API-Key", &user.key)
        .json(&file.smoke.body);
    let taken = answer(batch.send().await, "POST a batch").await?;
    let taken: Value = taken.json().await?;
    let id = taken["batch_id"].as_str();
    let id = id.context("POST a batch: no batch_id in the answer")?;
    let status = status(&client, url, id, user).await?;
    if status["status"].is_null() {
        bail!("a batch that was taken has no status");
    }
    Ok(id.to_owned())
}

async fn does_work(file: &DeployFile, url: &str, user: &User) -> Result<()> {
    let id = takes_work(file, url, user).await?;
    let (url, client) = (probe::trimmed(url), probe::client()?);
    let end = std::time::Instant::now() + Duration::from_secs(file.smoke.within);
    loop {
        let status = status(&client, url, &id, user).await?;
        match status["status"].as_str().unwrap_or_default() {
            "completed" => break,
            "queued" | "processing" if std::time::Instant::now() < end => {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            other => bail!("a batch of two is `{other}` after {} s", file.smoke.within),
        }
    }
    let download = client
        .get(format!("{url}/api/v1/advanced/batch-tts/{id}/download"))
        .timeout(DOWNLOAD)
        .header("X-API-Key", &user.key);
    let archive = answer(download.send().await, "the download").await?;
    if !archive.bytes().await?.starts_with(b"PK") {
        bail!("the download is no archive");
    }
    Ok(())
}

async fn status(client: &Client, url: &str, id: &str, user: &User) -> Result<Value> {
    let asked = client
        .get(format!("{url}/api/v1/advanced/batch-tts/{id}/status"))
        .header("X-API-Key", &user.key);
    let answer = answer(asked.send().await, "the status of a batch").await?;
    Ok(answer.json().await?)
}

async fn answer(sent: reqwest::Result<Response>, what: &str) -> Result<Response> {
    let answer = sent.map_err(reqwest::Error::without_url);
    let answer = answer.with_context(|| format!("{what}: no answer"))?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    let status = answer.status();
    let body: Value = answer.json().await.unwrap_or_default();
    let problem = body["type"].as_str().unwrap_or("no problem document");
    bail!("{what}: {status} ({problem})")
}

impl User {
    async fn make(file: &DeployFile) -> Result<Self> {
        let name = format!("deploy-{}", random::hex(&random::random_bytes::<6>()?));
        let mail = format!("{name}@deploy.invalid");
        hosts::program(file, &["admin", "create-user", &name, "--email", &mail]).await?;
        let printed = hosts::program(file, &["admin", "create-key", &name]).await?;
        let key = key_in(&printed).context("`admin create-key` printed no key")?;
        Ok(Self { name, key })
    }

    async fn delete(&self, file: &DeployFile) -> Result<()> {
        hosts::program(file, &["admin", "users", "delete", &self.name, "--yes"]).await?;
        Ok(())
    }
}

/// The longest word is it; the others say what it is.
fn key_in(printed: &str) -> Option<String> {
    let words = printed.split_whitespace();
    let longest = words.max_by_key(|word| word.len())?;
    (longest.len() > 20 && longest.contains('_')).then(|| longest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_what_is_printed() {
        let key = "kk_0123456789abcdefABCDEF";
        let printed = format!("a key of deploy-x:\n  {key}\n");
        assert_eq!(key_in(&printed).as_deref(), Some(key));
        assert_eq!(key_in("no key here"), None);
    }
}
