//! The way to Sentry: by the HTTP client that is here already, on a thread of its own, so that nobody waits for it and a panic of the
//! runtime is told as well.

use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use sentry_core::types::Dsn;
use sentry_core::{Envelope, Transport};
use tokio::sync::mpsc;

/// Events that wait; what comes beyond is not told, for then there are enough of its kind.
const WAITING: usize = 64;
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// After a refusal or without an answer nothing is sent for a while.
const PAUSE: Duration = Duration::from_mins(1);
const AGENT: &str = concat!("kiskadee/", env!("CARGO_PKG_VERSION"));

enum Turn {
    Send(Vec<u8>),
    Told(Sender<()>),
}

pub(super) struct Sending(mpsc::Sender<Turn>);

impl Sending {
    pub(super) fn start(dsn: &Dsn) -> Result<Self> {
        // The one implementation of the whole program; the first choice holds.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (turns, taken) = mpsc::channel(WAITING);
        let (url, auth) = (dsn.envelope_api_url(), dsn.to_auth(Some(AGENT)).to_string());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let client = Client::builder()
            .user_agent(AGENT)
            .timeout(ANSWER_WITHIN)
            .build()
            .context("no errors can be told")?;
        std::thread::Builder::new()
            .name("errors".to_owned())
            .spawn(move || runtime.block_on(send_all(&client, &url, &auth, taken)))?;
        Ok(Self(turns))
    }
}

impl Transport for Sending {
    fn send_envelope(&self, envelope: Envelope) {
        let mut body = Vec::new();
        if envelope.to_writer(&mut body).is_ok() {
            // Full: see `WAITING`.
            let _ = self.0.try_send(Turn::Send(body));
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        let (told, heard) = channel();
        self.0.try_send(Turn::Told(told)).is_ok() && heard.recv_timeout(timeout).is_ok()
    }
}

async fn send_all(client: &Client, url: &Url, auth: &str, mut turns: mpsc::Receiver<Turn>) {
    let mut not_before = Instant::now();
    while let Some(turn) = turns.recv().await {
        match turn {
            Turn::Send(body) if Instant::now() >= not_before => {
                let request = client
                    .post(url.clone())
                    .header("X-Sentry-Auth", auth)
                    .header(CONTENT_TYPE, "application/x-sentry-envelope")
                    .body(body);
                let answer = request.send().await;
                // Not logged: an error about errors would be sent as one.
                if !answer.is_ok_and(|answer| answer.status().is_success()) {
                    not_before = Instant::now() + PAUSE;
                }
            }
            Turn::Send(_) => {}
            Turn::Told(told) => {
                let _ = told.send(());
            }
        }
    }
}
