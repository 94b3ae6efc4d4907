//! Brings audio to the relay where its listener waits.

use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use http::StatusCode;
use kiskadee_runner::JobError;
use kiskadee_shared::relay::RelayTarget;
use kiskadee_storage::{
    gateway::relay::{STREAM_SECRET, StreamFailure},
    use_ring,
};
use reqwest::{Body, Client, Method, RequestBuilder, Response};

/// The relay answers nearly at once but to audio, which takes as long as it is listened to.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Why audio did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// Nobody listens any more.
    #[error("the listener has gone")]
    Gone,
    #[error("the relay cannot be reached: {0}")]
    Away(#[source] reqwest::Error),
    #[error("the relay answered {0}")]
    Refused(StatusCode),
}

impl From<RelayError> for JobError {
    fn from(error: RelayError) -> Self {
        match error {
            RelayError::Gone => Self::Abandoned,
            other => Self::Retry(other.to_string()),
        }
    }
}

/// What a listener is told of the audio before it begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Description<'a> {
    pub content_type: &'static str,
    pub engine: &'a str,
    pub voice: &'a str,
}

/// A way to relays; cheap to clone.
#[derive(Debug, Clone)]
pub struct RelayClient(Client);

impl RelayClient {
    pub fn new() -> reqwest::Result<Self> {
        use_ring();
        let client = Client::builder()
            .connect_timeout(ANSWER_WITHIN)
            // A relay is named by the deployment's own edge; it does not send anyone elsewhere.
            .redirect(reqwest::redirect::Policy::none());
        client.build().map(Self)
    }

    /// Makes sure that somebody listens.
    pub(crate) async fn find_listener(&self, target: &RelayTarget) -> Result<(), RelayError> {
        let request = self.request(Method::GET, target, "/listener");
        answered(request.timeout(ANSWER_WITHIN).send().await)
    }

    /// Brings the audio to its end, as fast as it is listened to.
    pub(crate) async fn bring<S>(
        &self,
        target: &RelayTarget,
        description: Description<'_>,
        pieces: S,
    ) -> Result<(), RelayError>
    where
        S: Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
    {
        let request = self
            .request(Method::PUT, target, "")
            .header("content-type", description.content_type)
            .header("kiskadee-engine", description.engine)
            .header("kiskadee-voice", description.voice)
            .body(Body::wrap_stream(pieces));
        answered(request.send().await)
    }

    /// Tells the listener that there will be no audio. A listener that does not hear it hears the silence.
    pub(crate) async fn fail(&self, target: &RelayTarget, failure: &StreamFailure) {
        let request = self.request(Method::POST, target, "/failure").json(failure);
        if let Err(error) = answered(request.timeout(ANSWER_WITHIN).send().await) {
            tracing::debug!(%error, "a listener could not be told of a failure");
        }
    }

    fn request(&self, method: Method, target: &RelayTarget, suffix: &str) -> RequestBuilder {
        let url = format!("{}/streams/{}{suffix}", target.url, target.stream);
        self.0
            .request(method, url)
            .header(STREAM_SECRET, &target.secret)
    }
}

fn answered(answer: reqwest::Result<Response>) -> Result<(), RelayError> {
    let status = answer.map_err(RelayError::Away)?.status();
    match status {
        StatusCode::GONE => Err(RelayError::Gone),
        status if status.is_success() => Ok(()),
        status => Err(RelayError::Refused(status)),
    }
}
