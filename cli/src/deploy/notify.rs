//! Who hears of a deploy: one event as JSON, without secrets.

use std::fmt::Write as _;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::file::{DeployFile, Notify};
use super::journal::{self, Journal};
use super::probe;

pub(super) const STARTED: &str = "deploy.started";
pub(super) const SUCCEEDED: &str = "deploy.succeeded";
pub(super) const ROLLED_BACK: &str = "deploy.rolled_back";
pub(super) const STUCK: &str = "deploy.stuck";

/// Tells it once: what stands in the journal was told. Whoever cannot be reached stops no deploy.
pub(super) async fn tell(file: &DeployFile, journal: &mut Journal, event: &str) -> Result<()> {
    if journal.record.notified.iter().any(|told| told == event) {
        return Ok(());
    }
    let told = event_of(file, journal, event);
    for target in &file.notify {
        if let Err(error) = send(target, &told).await {
            eprintln!("warning: a notification was not delivered: {error:#}");
        }
    }
    journal.record.notified.push(event.to_owned());
    journal.save()
}

fn event_of(file: &DeployFile, journal: &Journal, event: &str) -> Value {
    let record = &journal.record;
    json!({
        "event": event,
        "deploy": record.id,
        "name": file.name,
        "version": record.version,
        "step": record.failed_step,
        "reason": record.reason.as_deref().map(|reason| without_secrets(file, reason)),
        "at": journal::now(),
    })
}

/// Addresses may have passwords: whatever a variable of the file holds is not told, and neither are the words between `://` and `@`.
pub(super) fn without_secrets(file: &DeployFile, text: &str) -> String {
    let targets = file.notify.iter().filter_map(|target| match target {
        Notify::Webhook { url_env } | Notify::Slack { url_env } | Notify::Discord { url_env } => {
            Some(url_env)
        }
        Notify::Command { .. } => None,
    });
    let mut text = text.to_owned();
    for name in targets.chain([&file.database_url_env]) {
        if let Ok(secret) = std::env::var(name)
            && !secret.is_empty()
        {
            text = text.replace(&secret, "***");
        }
    }
    let words = text
        .split(' ')
        .map(|word| match (word.find("://"), word.rfind('@')) {
            (Some(from), Some(to)) if from < to => {
                format!("{}://***{}", &word[..from], &word[to..])
            }
            _ => word.to_owned(),
        });
    words.collect::<Vec<_>>().join(" ")
}

async fn send(target: &Notify, event: &Value) -> Result<()> {
    match target {
        Notify::Webhook { url_env } => post(url_env, event).await,
        Notify::Slack { url_env } => post(url_env, &json!({"text": line(event)})).await,
        Notify::Discord { url_env } => post(url_env, &json!({"content": line(event)})).await,
        Notify::Command { command } => run(command, event).await,
    }
}

/// For people.
fn line(event: &Value) -> String {
    let word = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let mut line = format!("{}: {} {}", word("name"), word("event"), word("version"));
    if event["reason"].is_string() {
        // Writing to a String cannot fail.
        let _ = write!(line, " in the step {}: {}", word("step"), word("reason"));
    }
    line
}

async fn post(url_env: &str, body: &Value) -> Result<()> {
    let url = std::env::var(url_env).with_context(|| format!("{url_env} is not set"))?;
    let sent = probe::client()?.post(url).json(body).send().await;
    let answer = sent.map_err(reqwest::Error::without_url)?;
    if !answer.status().is_success() {
        bail!("it was answered with {}", answer.status());
    }
    Ok(())
}

async fn run(command: &[String], event: &Value) -> Result<()> {
    let (program, arguments) = command.split_first().context("a command without words")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(event.to_string().as_bytes()).await?;
    }
    let status = child.wait().await?;
    if !status.success() {
        bail!("`{program}` failed ({status})");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_told() {
        let text = include_str!("../../../infra/deploy/deploy.example.toml");
        let file: DeployFile = toml::from_str(text).unwrap();
        let told = without_secrets(&file, "cannot reach postgres://owner:geheim@db/x at noon");
        assert_eq!(told, "cannot reach postgres://***@db/x at noon");
    }

    #[test]
    fn a_line_says_what_and_why() {
        let event = json!({"event": ROLLED_BACK, "name": "tts", "version": "0.2.0", "step": "edge edge1", "reason": "it is broken"});
        assert_eq!(
            line(&event),
            "tts: deploy.rolled_back 0.2.0 in the step edge edge1: it is broken"
        );
    }
}
