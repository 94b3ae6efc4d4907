//! `kiskadee health`: whether a process is ready, for machines and images that have nothing else to ask with.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use reqwest::{Client, Url};
use serde_json::Value;

#[derive(Args)]
pub(crate) struct HealthOptions {
    /// http://ADDRESS:PORT of `--metrics-listen`; its /ready is asked where no path is given
    #[arg(value_name = "URL")]
    url: String,
    /// Seconds to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(1..=300))]
    timeout: u32,
}

pub(crate) async fn run(options: &HealthOptions) -> Result<ExitCode> {
    let url = address(&options.url)?;
    // The one implementation of the whole program; the first choice holds.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(options.timeout.into()))
        .build()?;
    match client.get(url).send().await {
        Ok(answer) => {
            let is_good = answer.status().is_success();
            let code = answer.status().as_u16();
            println!("{}", state(code, &answer.text().await.unwrap_or_default()));
            Ok(if is_good {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
        Err(error) => {
            println!("unreachable");
            Err(error).context("nobody answers")
        }
    }
}

fn address(text: &str) -> Result<Url> {
    let text = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let mut url: Url = text
        .parse()
        .with_context(|| format!("`{text}` is no address"))?;
    if url.path() == "/" {
        url.set_path("/ready");
    }
    Ok(url)
}

/// In one word where the process has one.
fn state(status: u16, body: &str) -> String {
    let document: Value = serde_json::from_str(body).unwrap_or_default();
    let is_ready = document["ready"].as_bool();
    let word = document["status"].as_str();
    match (word, is_ready) {
        (Some(word), _) => word.to_owned(),
        (None, Some(true)) => "ready".to_owned(),
        (None, Some(false)) => "not ready".to_owned(),
        (None, None) => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_is_asked_where_nothing_is_said() {
        let asked = |text| address(text).unwrap().to_string();
        assert_eq!(asked("127.0.0.1:9100"), "http://127.0.0.1:9100/ready");
        assert_eq!(asked("http://[::1]:9100/"), "http://[::1]:9100/ready");
        assert_eq!(asked("https://x/health"), "https://x/health");
        assert!(address("http://").is_err());
    }

    #[test]
    fn states_are_words() {
        assert_eq!(state(503, r#"{"status": "draining"}"#), "draining");
        assert_eq!(state(503, r#"{"ready": false, "checks": {}}"#), "not ready");
        assert_eq!(state(200, r#"{"ready": true}"#), "ready");
        assert_eq!(state(404, "here is nothing"), "404");
    }
}
