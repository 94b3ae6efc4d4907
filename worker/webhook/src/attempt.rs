//! One attempt to deliver one message: check the address, sign, post, judge the answer.

use std::{error::Error, sync::Arc, time::Duration};

use kiskadee_outbound::{Guard, HostResolver, Reach, ResolveError};
use kiskadee_shared::{address::check_webhook_url, id::MessageId, webhook_secret::WebhookSecret};
use reqwest::{Client, Response, StatusCode, Url, header, redirect};
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::{outbox::Claimed, retry_after::retry_after, signature::sign, span::trace_headers};

const USER_AGENT: &str = concat!("kiskadee/", env!("CARGO_PKG_VERSION"));

/// So much of an answer is read, to let the receiver finish; nothing of it is kept.
const ANSWER_BYTES: usize = 4 * 1024;

/// What follows from an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Delivered,
    /// Try again by the schedule, but not before the receiver wants it.
    Retry {
        after: Option<Duration>,
    },
    /// Another attempt would be no use.
    Park,
}

/// How an attempt went. The error is for the message's owner.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) outcome: Outcome,
    pub(super) status_code: Option<u16>,
    pub(super) error: Option<String>,
    pub(super) duration: Duration,
}

impl Report {
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self.outcome {
            Outcome::Retry { after } => after,
            Outcome::Delivered | Outcome::Park => None,
        }
    }
}

/// Why nothing was delivered.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the address is refused: {0}")]
    Address(#[from] kiskadee_shared::address::AddressError),
    #[error("the account has no webhook secret in force to sign with")]
    NoSecret,
    #[error("{}", describe(.0))]
    Request(#[from] reqwest::Error),
    #[error("the receiver answered {status}{}", hint(*.status))]
    Status {
        status: StatusCode,
        after: Option<Duration>,
    },
}

impl Failure {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Address(_)
            | Self::Status {
                status: StatusCode::GONE,
                ..
            } => Outcome::Park,
            Self::Status { after, .. } => Outcome::Retry { after: *after },
            Self::NoSecret | Self::Request(_) => Outcome::Retry { after: None },
        }
    }

    fn status_code(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(status.as_u16()),
            Self::Address(_) | Self::NoSecret | Self::Request(_) => None,
        }
    }
}

/// Makes attempts.
#[derive(Clone)]
pub(super) struct Courier {
    client: Client,
    allow_private: bool,
}

impl Courier {
    pub(super) fn new(
        resolver: Arc<dyn HostResolver>,
        allow_private: bool,
        timeout: Duration,
    ) -> reqwest::Result<Self> {
        // reqwest asks for the choice of the process; the first one holds.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let reach = if allow_private {
            Reach::Everything
        } else {
            Reach::Public
        };
        let client = Client::builder()
            .dns_resolver(Guard::new(resolver, reach))
            .user_agent(USER_AGENT)
            .timeout(timeout)
            .redirect(redirect::Policy::none())
            // A proxy would resolve the name by itself, past the guard.
            .no_proxy()
            // Every delivery makes a connection of its own, and so has its own check of the address.
            .http1_only()
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self {
            client,
            allow_private,
        })
    }

    pub(super) async fn attempt(&self, message: &Claimed) -> Report {
        let started = Instant::now();
        let result = self.deliver(message).await;
        let duration = started.elapsed();
        match result {
            Ok(status) => Report {
                outcome: Outcome::Delivered,
                status_code: Some(status.as_u16()),
                error: None,
                duration,
            },
            Err(failure) => Report {
                outcome: failure.outcome(),
                status_code: failure.status_code(),
                error: Some(failure.to_string()),
                duration,
            },
        }
    }

    async fn deliver(&self, message: &Claimed) -> Result<StatusCode, Failure> {
        let url = check_webhook_url(&message.url, self.allow_private)?;
        let secrets: Vec<_> = message
            .secrets
            .iter()
            .filter_map(|text| WebhookSecret::parse(text).ok())
            .collect();
        if secrets.is_empty() {
            return Err(Failure::NoSecret);
        }
        let answer = self.post(url, message, &secrets).await?;
        let status = answer.status();
        let after = retry_after(answer.headers(), OffsetDateTime::now_utc());
        drain(answer).await;
        if status.is_success() {
            Ok(status)
        } else {
            Err(Failure::Status { status, after })
        }
    }

    async fn post(
        &self,
        url: Url,
        message: &Claimed,
        secrets: &[WebhookSecret],
    ) -> reqwest::Result<Response> {
        let id = MessageId::new(message.message_id).to_string();
        let timestamp = OffsetDateTime::now_utc().unix_timestamp();
        let signature = sign(secrets, &id, timestamp, &message.payload);
        self.client
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .headers(trace_headers(message))
            .body(message.payload.clone())
            .send()
            .await
    }
}

/// The status has decided already, so an error here changes nothing.
async fn drain(mut answer: Response) {
    let mut read = 0;
    while read < ANSWER_BYTES {
        match answer.chunk().await {
            Ok(Some(chunk)) => read += chunk.len(),
            Ok(None) | Err(_) => return,
        }
    }
}

fn hint(status: StatusCode) -> &'static str {
    if status.is_redirection() {
        ": redirects are not followed"
    } else if status == StatusCode::GONE {
        ": it wants no more of these"
    } else {
        ""
    }
}

fn describe(error: &reqwest::Error) -> String {
    let causes = || std::iter::successors(error.source(), |&cause| cause.source());
    if let Some(refusal) = causes().find_map(|cause| cause.downcast_ref::<ResolveError>()) {
        refusal.to_string()
    } else if error.is_timeout() {
        "the receiver did not answer in time".to_owned()
    } else {
        let cause = causes()
            .last()
            .map_or_else(|| "no further cause".to_owned(), ToString::to_string);
        let what = if error.is_connect() {
            "connect to"
        } else {
            "talk to"
        };
        format!("could not {what} the receiver: {cause}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_a_status() {
        let after = Some(Duration::from_secs(90));
        let cases = [
            (
                302,
                Outcome::Retry { after },
                "the receiver answered 302 Found: redirects are not followed",
            ),
            (
                404,
                Outcome::Retry { after },
                "the receiver answered 404 Not Found",
            ),
            (
                410,
                Outcome::Park,
                "the receiver answered 410 Gone: it wants no more of these",
            ),
            (
                503,
                Outcome::Retry { after },
                "the receiver answered 503 Service Unavailable",
            ),
        ];
        for (code, outcome, text) in cases {
            let failure = Failure::Status {
                status: StatusCode::from_u16(code).unwrap(),
                after,
            };
            assert_eq!(
                (failure.outcome(), failure.to_string().as_str()),
                (outcome, text)
            );
        }
    }
}
