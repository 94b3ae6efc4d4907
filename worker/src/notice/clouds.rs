//! How the metadata of clouds tells that a machine is taken away.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use super::{
    LookError, Notice,
    time_left::{told, until},
};

/// Where a notice does not tell: what each cloud gives at least.
const GOOGLE_LEAVES: Duration = Duration::from_secs(30);
const AZURE_LEAVES: Duration = Duration::from_secs(30);
const TOKEN_SECONDS: &str = "21600";
const TOKEN: &str = "X-aws-ec2-metadata-token";
const EVENTS: &str = "/metadata/scheduledevents?api-version=2020-07-01";
const NAME: &str = "/metadata/instance/compute/name?api-version=2021-02-01&format=text";
/// Of Azure's events, those after which this process is gone. A freeze passes.
const ENDS: [&str; 4] = ["Preempt", "Terminate", "Redeploy", "Reboot"];

/// An answer that is none, a body, or an error.
async fn body(answer: Response) -> Result<Option<String>, LookError> {
    match answer.status() {
        StatusCode::NOT_FOUND | StatusCode::NO_CONTENT => Ok(None),
        StatusCode::OK => Ok(Some(answer.text().await?)),
        status => Err(LookError::Answer(status.to_string())),
    }
}

pub(super) async fn look_at_address(
    client: &Client,
    url: &str,
) -> Result<Option<Notice>, LookError> {
    let text = body(client.get(url).send().await?).await?;
    Ok(text.and_then(|text| told(&text)))
}

/// EC2: 404 until there is one, then `{"action": "terminate", "time": "2026-11-30T12:00:00Z"}`.
pub(super) struct Aws {
    client: Client,
    base: String,
    token: Option<String>,
}

impl Aws {
    pub(super) fn new(client: Client, base: String) -> Self {
        Self {
            client,
            base,
            token: None,
        }
    }

    pub(super) async fn look(&mut self) -> Result<Option<Notice>, LookError> {
        let token = match self.token.clone() {
            Some(token) => token,
            None => self.draw_token().await?,
        };
        let url = format!("{}/latest/meta-data/spot/instance-action", self.base);
        let answer = self.client.get(url).header(TOKEN, token).send().await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            // It is over, and the next look draws another.
            self.token = None;
            return Ok(None);
        }
        Ok(body(answer).await?.and_then(|text| told(&text)))
    }

    async fn draw_token(&mut self) -> Result<String, LookError> {
        let url = format!("{}/latest/api/token", self.base);
        let asked = self.client.put(url);
        let asked = asked.header("X-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS);
        let token = asked.send().await?.error_for_status()?.text().await?;
        self.token = Some(token.clone());
        Ok(token)
    }
}

/// `TRUE` or `FALSE`.
pub(super) async fn look_at_google(
    client: &Client,
    base: &str,
) -> Result<Option<Notice>, LookError> {
    let url = format!("{base}/computeMetadata/v1/instance/preempted");
    let asked = client.get(url).header("Metadata-Flavor", "Google");
    let text = body(asked.send().await?).await?.unwrap_or_default();
    match text.trim() {
        "TRUE" => Ok(Some(Some(GOOGLE_LEAVES))),
        "FALSE" => Ok(None),
        other => Err(LookError::Answer(other.chars().take(40).collect())),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Events {
    events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    #[serde(rename = "EventType")]
    kind: String,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    not_before: String,
}

/// Azure: the events of all machines that belong together, of which only those of this one count.
pub(super) struct Azure {
    client: Client,
    base: String,
    name: Option<String>,
}

impl Azure {
    pub(super) fn new(client: Client, base: String) -> Self {
        Self {
            client,
            base,
            name: None,
        }
    }

    pub(super) async fn look(&mut self) -> Result<Option<Notice>, LookError> {
        if self.name.is_none() {
            self.name = self.ask(NAME).await?.map(|name| name.trim().to_owned());
        }
        let Some(text) = self.ask(EVENTS).await? else {
            return Ok(None);
        };
        let found: Events =
            serde_json::from_str(&text).map_err(|error| LookError::Answer(error.to_string()))?;
        let own = found.events.iter().filter(|event| self.is_own(event));
        // Of several the first to come.
        Ok(own.map(Event::time_left).min().map(Some))
    }

    async fn ask(&self, path: &str) -> Result<Option<String>, LookError> {
        let url = format!("{}{path}", self.base);
        let asked = self.client.get(url).header("Metadata", "true");
        body(asked.send().await?).await
    }

    /// A machine that does not know what it is called takes every event for its own.
    fn is_own(&self, event: &Event) -> bool {
        let name = self.name.as_ref();
        ENDS.contains(&event.kind.as_str())
            && name.is_none_or(|name| event.resources.contains(name))
    }
}

impl Event {
    /// One that has begun has no time.
    fn time_left(&self) -> Duration {
        OffsetDateTime::parse(&self.not_before, &Rfc2822).map_or(AZURE_LEAVES, until)
    }
}
