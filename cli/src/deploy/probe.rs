//! Asking processes: whether they are ready, and of which release they are.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use reqwest::Client;
use serde_json::Value;

use super::file::{DeployFile, Part, Slot};

const ANSWER: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);

pub(super) fn client() -> Result<Client> {
    let builder = Client::builder().no_proxy().timeout(ANSWER);
    Ok(builder.build()?)
}

/// Whether the process of a slot is ready; a machine that cannot be reached is not.
pub(super) async fn is_ready(slot: &Slot) -> bool {
    let Ok(client) = client() else {
        return false;
    };
    let asked = client.get(format!("{}/ready", trimmed(&slot.metrics)));
    let answer = asked.send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// Whether there is a process at all.
pub(super) async fn is_there(slot: &Slot) -> bool {
    let Ok(client) = client() else {
        return false;
    };
    let asked = client.get(format!("{}/ready", trimmed(&slot.metrics)));
    asked.send().await.is_ok()
}

pub(super) async fn wait_until_ready(file: &DeployFile, part: &Part, slot: &Slot) -> Result<()> {
    let what = format!("{} (slot {}) is not ready", part.name, slot.name);
    wait(file.patience, &what, || is_ready(slot)).await
}

/// Until it is true, or an error with what was waited for.
pub(super) async fn wait<F: Future<Output = bool>>(
    seconds: u64,
    what: &str,
    probe: impl Fn() -> F,
) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !probe().await {
        if Instant::now() > end {
            bail!("{what} after {seconds} s");
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// An edge says of which release it is.
pub(super) async fn check_version(file: &DeployFile, url: &str) -> Result<()> {
    let answer = client()?
        .get(format!("{}/health", trimmed(url)))
        .send()
        .await
        .context("nobody answers /health")?;
    let status = answer.status();
    let body: Value = answer.json().await.unwrap_or_default();
    let version = body["version"].as_str().unwrap_or_default();
    if !status.is_success() || version != file.release.version {
        bail!(
            "/health answers {status} of release `{version}`, not {}",
            file.release.version
        );
    }
    Ok(())
}

pub(super) fn trimmed(url: &str) -> &str {
    url.trim_end_matches('/')
}
